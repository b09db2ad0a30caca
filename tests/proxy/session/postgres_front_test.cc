// A judge in the way of a session: what is denied is made to fail in its place, cut wherever the bytes are.
#include <gtest/gtest.h>

#include "tests/proxy/session/postgres_front_bed.h"

namespace gabion::proxy {
namespace {

TEST(PostgresFront, EveryQueryOfOneSegmentHasItsOwnVerdictWhereverItIsCut) {
  const std::string said = query("SELECT 1") + query("SELECT secret") + query("SELECT 2");
  const std::string sent =
      query("SELECT 1") + written(postgres::write_poison_query, "shop/orders-db/secrets"s) + query("SELECT 2");
  for (std::size_t piece = 1; piece <= said.size(); ++piece) {
    Session session;
    EXPECT_EQ(session.say(said, piece), sent) << piece;
    EXPECT_EQ(session.judge.asked, 3);
  }
}

TEST(PostgresFront, TheErrorOfAPoisonedQueryIsOurs) {
  Session session;
  (void)session.say(query("SELECT 1") + query("SELECT secret"));
  const std::string first = message('C', "SELECT 1\0"s) + message('Z', "T");
  EXPECT_EQ(session.answer(first), first);
  const std::string ours = session.answer(kError + message('Z', "E"));
  EXPECT_TRUE(ours.find("C42501\0"s) != std::string::npos) << ours;
  EXPECT_TRUE(ours.find("Mdenied by policy: table: public.secret\0"s) != std::string::npos) << ours;
  EXPECT_TRUE(ours.ends_with(message('Z', "E")));
  EXPECT_EQ(session.told, std::vector<std::string>{"table"});
}

TEST(PostgresFront, APipelineIsSkippedToItsSyncByTheServerAlone) {
  Session session;
  const std::string sent = session.say(parse("a", "SELECT 1") + bind("", "a") + execute("") +
                                       parse("b", "SELECT secret") + bind("", "b") + execute("") + kSync);
  EXPECT_EQ(sent, parse("a", "SELECT 1") + bind("", "a") + execute("") +
                      written(postgres::write_poison_parse, "nowhere"s, "shop/orders-db/secrets"s) +
                      written(postgres::write_poison_bind, "nowhere"s) + execute("") + kSync);
  const std::string good = message('1', "") + message('2', "") + message('C', "SELECT 1\0"s);
  const std::string told = session.answer(good + kError + message('Z', "I"));
  EXPECT_TRUE(told.starts_with(good));
  EXPECT_TRUE(told.find("C42501") != std::string::npos);
  EXPECT_TRUE(session.talk.is_quiet());
}

TEST(PostgresFront, WhatIsSkippedBehindADenialIsNoDenialOfItsOwn) {
  Session session;
  const std::string denied = parse("b", "SELECT secret") + bind("", "b") + execute("");
  (void)session.say(denied + kSync);
  EXPECT_EQ(session.told, std::vector<std::string>{"table"});
  EXPECT_EQ(session.front.denied(), 1U);
  (void)session.say(denied + parse("c", "SELECT secret, 2") + kSync + bind("", "b") + kSync);
  EXPECT_EQ(session.told, (std::vector<std::string>{"table", "table", "table", "unknown-name"}));
  EXPECT_EQ(session.front.denied(), 4U);
}

TEST(PostgresFront, NamesNobodyMadeAreDenied) {
  Session session;
  EXPECT_EQ(session.say(bind("", "x") + kSync), written(postgres::write_poison_bind, "nowhere"s) + kSync);
  EXPECT_EQ(session.say(execute("x") + kSync), written(postgres::write_poison_execute, "nowhere"s) + kSync);
  EXPECT_EQ(session.say(query("EXECUTE x")), written(postgres::write_poison_query, "unknown-name"s));
  EXPECT_EQ(session.told, (std::vector<std::string>{"unknown-name", "unknown-name", "unknown-name"}));
}

TEST(PostgresFront, SqlAndProtocolShareTheirNames) {
  Session session;
  const std::string prepared = query("PREPARE x AS SELECT 1") + bind("", "x") + kSync;
  EXPECT_EQ(session.say(prepared), prepared);
  const std::string executed = parse("y", "SELECT 1") + kSync + query("EXECUTE y");
  EXPECT_EQ(session.say(executed), executed);
  EXPECT_TRUE(session.told.empty());
}

TEST(PostgresFront, NewRulesJudgeAStatementAgainAtItsNextUse) {
  Session session;
  (void)session.say(parse("a", "SELECT 1") + kSync);
  (void)session.answer(message('1', "") + message('Z', "I"));
  EXPECT_EQ(session.say(bind("", "a") + execute("") + kSync), bind("", "a") + execute("") + kSync);
  (void)session.answer(message('2', "") + message('C', "x\0"s) + message('Z', "I"));
  session.judge.denied.insert("SELECT 1");
  session.judge.rules = 2;
  EXPECT_EQ(session.say(bind("", "a") + kSync), written(postgres::write_poison_bind, "nowhere"s) + kSync);
  EXPECT_EQ(session.told, std::vector<std::string>{"table"});
}

TEST(PostgresFront, WhatChangesTheSessionHoldsWhatComesBehindIt) {
  Session session;
  EXPECT_EQ(session.say(query("SET x = 1") + query("SELECT 1")), query("SET x = 1"));
  EXPECT_EQ(session.front.state(), PostgresFront::State::kHolding);
  (void)session.answer(message('C', "SET\0"s) + message('Z', "I"));
  EXPECT_EQ(session.say(query("SELECT 2")), query("SELECT 1") + query("SELECT 2"));
}

TEST(PostgresFront, NothingIsParsedBehindASettingOfTheSameBatch) {
  Session session;
  const std::string sent = session.say(parse("", "SET x = 1") + bind("", "") + execute("") + parse("", "SELECT 1") +
                                       kSync + query("SELECT 2"));
  EXPECT_EQ(sent, parse("", "SET x = 1") + bind("", "") + execute("") +
                      written(postgres::write_poison_parse, "nowhere"s, "setting"s) + kSync);
  EXPECT_EQ(session.front.state(), PostgresFront::State::kHolding);
}

TEST(PostgresFront, ADryRunIsToldAndChangesNothing) {
  Session session;
  EXPECT_EQ(session.say(query("SELECT doubtful")), query("SELECT doubtful"));
  EXPECT_EQ(session.dry, std::vector<std::string>{"table"});
  EXPECT_TRUE(session.told.empty());
}

TEST(PostgresFront, AFunctionCallIsDeniedAndATextBeyondItsBoundTooWithoutBeingKept) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{700}, std::size_t{1} << 20}) {
    Session session;
    const std::string call = message('F', std::string(3000, '\0'));
    EXPECT_EQ(session.say(call + query("SELECT 1"), piece),
              written(postgres::write_poison_function_call) + query("SELECT 1"));
    EXPECT_EQ(session.say(query(std::string(5000, 'x')) + query("SELECT 1"), piece),
              written(postgres::write_poison_query, "too-long"s) + query("SELECT 1"));
  }
}

TEST(PostgresFront, AFunctionCallWhoseAnswerWouldHaveToBeCountedIsDenied) {
  const std::string call = message('F', "\0\0\3\xba\0\0\0\0\0\1"s);  // loread
  Session session;
  EXPECT_EQ(session.say(call), call);
  session.judge.limited.emplace("SELECT pg_catalog.loread(0, 0)", 0);
  EXPECT_EQ(session.say(call), written(postgres::write_poison_function_call));
  EXPECT_EQ(session.told, std::vector<std::string>{"row-limit"});
}

TEST(PostgresFront, WhatIsMalformedIsNotForwarded) {
  for (const std::string& bytes :
       {message('Q', "SELECT 1"), query("a\0b"s), message('P', "\0SELECT 1\0\0\0x"s), message('B', "\0\0\0\2\0\0\0\0"s),
        message('D', "Xa\0"s), message('E', "\0\0\0\0\0\0"s), message('p', "x")}) {
    Session session;
    EXPECT_EQ(session.say(query("SELECT 1") + bytes + query("SELECT 2")), query("SELECT 1")) << bytes[0];
    EXPECT_EQ(session.front.state(), PostgresFront::State::kViolated);
  }
}

TEST(PostgresFront, CopyDataPassesUnreadAndOtherMessagesWithinItEndTheSession) {
  Session session;
  (void)session.say(query("COPY t FROM STDIN"));
  (void)session.answer(message('G', "\0\0\0"s));
  const std::string rows = message('d', std::string(100'000, 'r')) + message('d', "secret\n");
  EXPECT_EQ(session.say(rows, 999), rows);
  EXPECT_EQ(session.say(query("SELECT 1")), "");
  EXPECT_EQ(session.front.state(), PostgresFront::State::kViolated);
}

TEST(PostgresBack, AnUnsafeSettingStopsEverything) {
  Session session;
  (void)session.say(query("SELECT 1"));
  const std::string row = message('D', "\0\0"s);
  EXPECT_EQ(session.answer(row + message('S', "standard_conforming_strings\0off\0"s) + row), row);
  EXPECT_EQ(session.back.state(), PostgresBack::State::kUnsafe);
  EXPECT_TRUE(is_safe_setting("client_encoding\0UTF8\0"s));
  EXPECT_FALSE(is_safe_setting("client_encoding\0SJIS\0"s));
  EXPECT_FALSE(is_safe_setting("client_encoding\0UTF8"s));
}

void prepare_both(Session& session) {
  (void)session.say(parse("x", "SELECT 1") + parse("e", "EXECUTE x") + kSync);
  (void)session.answer(message('1', "") + message('1', "") + message('Z', "I"));
}

TEST(PostgresFront, NewRulesJudgeWhatAStatementNamesWhileItsOwnNamesAreInUse) {
  Session session;
  prepare_both(session);
  session.judge.rules = 2;
  const std::string twice = query("EXECUTE x; PREPARE y AS SELECT 2") + query("EXECUTE x");
  EXPECT_EQ(session.say(twice), twice);
  session.judge.rules = 3;
  EXPECT_EQ(session.say(query("EXECUTE y")), query("EXECUTE y"));
  EXPECT_TRUE(session.told.empty());
}

TEST(PostgresFront, AnExecuteOfANameIsDeniedOnceTheNamedTextIs) {
  Session session;
  prepare_both(session);
  (void)session.say(bind("p", "e") + kSync);
  (void)session.answer(message('2', "") + message('Z', "T"));
  session.judge.denied.insert("SELECT 1");
  session.judge.rules = 2;
  EXPECT_EQ(session.say(execute("p") + kSync), written(postgres::write_poison_execute, "nowhere"s) + kSync);
  EXPECT_EQ(session.say(bind("", "e") + kSync), written(postgres::write_poison_bind, "nowhere"s) + kSync);
  EXPECT_EQ(session.told, (std::vector<std::string>{"table", "table"}));
}

TEST(PostgresFront, AnExecuteOfANameThatIsGoneIsDenied) {
  Session session;
  prepare_both(session);
  (void)session.say(message('C', "Sx\0"s) + kSync);
  (void)session.answer(message('3', "") + message('Z', "I"));
  EXPECT_EQ(session.say(bind("", "e") + kSync), written(postgres::write_poison_bind, "nowhere"s) + kSync);
  EXPECT_EQ(session.told, std::vector<std::string>{"unknown-name"});
}

TEST(PostgresFront, ATextMakesItsNamesWheneverItIsRun) {
  Session session;
  (void)session.say(parse("m", "PREPARE y AS SELECT 1") + kSync);
  (void)session.answer(message('1', "") + message('Z', "I"));
  EXPECT_EQ(session.say(query("EXECUTE y")), written(postgres::write_poison_query, "unknown-name"s));
  (void)session.answer(kError + message('Z', "I"));
  const std::string runs = bind("", "m") + execute("") + kSync;
  EXPECT_EQ(session.say(runs), runs);
  EXPECT_EQ(session.say(query("EXECUTE y")), query("EXECUTE y"));
}

TEST(PostgresFront, NamesThatAServerWouldCutAreDenied) {
  Session session;
  const std::string fits(postgres::kMostNameBytes, 'n');
  const std::string longer = fits + "n";
  EXPECT_EQ(session.say(parse(fits, "SELECT 1")), parse(fits, "SELECT 1"));
  EXPECT_EQ(session.say(proxy::bind(fits, fits) + execute(fits) + kSync),
            proxy::bind(fits, fits) + execute(fits) + kSync);
  EXPECT_EQ(session.say(parse(longer, "SELECT 1") + kSync),
            written(postgres::write_poison_parse, "nowhere"s, "name-too-long"s) + kSync);
  EXPECT_EQ(session.say(proxy::bind("", longer) + kSync), written(postgres::write_poison_bind, "nowhere"s) + kSync);
  EXPECT_EQ(session.say(proxy::bind(longer, fits) + kSync), written(postgres::write_poison_bind, "nowhere"s) + kSync);
  EXPECT_EQ(session.say(execute(longer) + kSync), written(postgres::write_poison_execute, "nowhere"s) + kSync);
  EXPECT_EQ(session.told, std::vector<std::string>(4, "name-too-long"));
}

TEST(PostgresFront, ABarrierThatTheServerSkipsHoldsNothingForEver) {
  Session session;
  EXPECT_EQ(session.say(parse("", "SELECT 1") + query("SET x = 1") + kSync),
            parse("", "SELECT 1") + query("SET x = 1"));
  EXPECT_EQ(session.front.state(), PostgresFront::State::kHolding);
  (void)session.answer(kError);
  EXPECT_EQ(session.front.state(), PostgresFront::State::kGoing);
  EXPECT_EQ(session.say(""), "");
  EXPECT_EQ(session.say(query("SET y = 1") + query("SELECT 2")), kSync + query("SET y = 1"));
}

TEST(PostgresFront, ABarrierWithinWhatIsSkippedHoldsNothing) {
  Session session;
  (void)session.say(parse("", "SELECT 1"));
  (void)session.answer(kError);
  EXPECT_EQ(session.say(query("SET x = 1") + kSync), query("SET x = 1") + kSync);
  EXPECT_EQ(session.answer(message('Z', "I")), message('Z', "I"));
  EXPECT_TRUE(session.talk.is_quiet());
}

TEST(PostgresFront, NamesBeyondTheTablesBoundAreDeniedWhereTheyWouldBeMade) {
  Session session;
  for (int i = 0; i < 8; ++i) {
    const std::string text = "PREPARE x AS SELECT " + std::to_string(i);
    EXPECT_EQ(session.say(query(text)), query(text));
  }
  EXPECT_EQ(session.say(query("PREPARE x AS SELECT 8")), written(postgres::write_poison_query, "too-many-statements"s));
}

TEST(PostgresFront, AStatementThatWasBoundAndClosedCountsNoMoreOnceThatIsAnswered) {
  Session session;
  const std::string text = "SELECT 1 " + std::string(900, ' ');
  for (const char name : "abcdefgh"s) {  // as many as have memory that goes round
    (void)session.say(parse(std::string(1, name), text) + kSync);
    (void)session.answer(message('1', "") + message('Z', "I"));
  }
  const std::size_t before = session.talk.memory_bytes();
  const std::string said = parse("i", text) + bind("p", "i") + message('C', "Si\0"s) + message('C', "Pp\0"s) + kSync;
  EXPECT_EQ(session.say(said), said);
  EXPECT_GT(session.talk.memory_bytes(), before + text.size());
  (void)session.answer(message('1', "") + message('2', "") + message('3', "") + message('3', "") + message('Z', "I"));
  EXPECT_TRUE(session.talk.is_quiet());
  EXPECT_EQ(session.talk.memory_bytes(), before);
}

TEST(PostgresFront, ADryRunAndANoteAreToldWhereNewRulesJudgeAgain) {
  Session session;
  (void)session.say(parse("a", "SELECT doubtful") + kSync);
  (void)session.answer(message('1', "") + message('Z', "I"));
  session.judge.rules = 2;
  (void)session.say(bind("", "a") + kSync);
  EXPECT_EQ(session.dry, (std::vector<std::string>{"table", "table"}));
}

TEST(PostgresFront, NothingGoesOnWhilePaused) {
  Session session;
  session.front.pause();
  EXPECT_EQ(session.say(query("SELECT 1")), "");
  session.front.resume();
  EXPECT_EQ(session.say(""), "");
  EXPECT_EQ(session.say(query("SELECT 2")), query("SELECT 1") + query("SELECT 2"));
}

}  // namespace
}  // namespace gabion::proxy
