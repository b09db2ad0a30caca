// A judge in the way of a session: what is denied is made to fail in its place, cut wherever the bytes are.
#include "proxy/session/postgres_front.h"

#include <gtest/gtest.h>

#include <set>

#include "proxy/protocol/postgres/write.h"
#include "proxy/session/postgres_back.h"
#include "tests/proxy/protocol/postgres/reading.h"

namespace gabion::proxy {
namespace {

using namespace std::string_literals;
using postgres::message;

/// Denies what holds the word "secret"; SET is a barrier; PREPARE x / EXECUTE x name x.
class WordJudge final : public StatementJudge {
 public:
  StatementVerdict judge(std::string_view text) override {
    ++asked;
    std::vector<StatementName>().swap(names_);  // views into the last verdict end
    StatementVerdict verdict;
    const bool is_denied = text.find("secret") != std::string_view::npos || denied.contains(std::string(text));
    verdict.allowed = !is_denied;
    verdict.reason = is_denied ? "table" : "allowed";
    verdict.object = is_denied ? "public.secret" : "";
    verdict.rule = is_denied ? "shop/orders-db/secrets" : "";
    verdict.dry_run = {text.find("doubtful") != std::string_view::npos, false, "table", {}, {}};
    verdict.is_barrier = text.starts_with("SET");
    if (text.starts_with("PREPARE ")) {
      names_.push_back({StatementName::Use::kPrepares, text.substr(8, 1)});
    } else if (text.starts_with("EXECUTE ")) {
      names_.push_back({StatementName::Use::kNeedsPrepared, text.substr(8, 1)});
    }
    if (const auto also = text.find("; PREPARE "); also != std::string_view::npos) {
      names_.push_back({StatementName::Use::kPrepares, text.substr(also + 10, 1)});
    }
    verdict.names = names_;
    verdict.rows = limited.contains(std::string(text)) ? std::make_shared<postgres::RowRules>() : nullptr;
    return verdict;
  }
  [[nodiscard]] std::uint64_t generation() const noexcept override { return rules; }
  [[nodiscard]] std::uint32_t most_bytes() const noexcept override { return 1000; }

  std::set<std::string> denied;
  std::set<std::string> limited;  // rules for the rows of its answer
  std::uint64_t rules = 1;
  int asked = 0;

 private:
  std::vector<StatementName> names_;
};

struct Session final : PostgresFrontOwner {
  void on_denied(const PostgresDenial& denial) override { told.emplace_back(denial.reason); }
  void on_dry_run(const StatementDryRun& dry_run) override { dry.emplace_back(dry_run.reason); }
  void on_noted(const PostgresDenial& note) override { noted.emplace_back(note.reason); }
  std::uint64_t on_run(std::string_view) override { return 0; }

  /// Given in pieces; what went to the server.
  std::string say(const std::string& bytes, std::size_t piece = 1 << 20) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      pending += bytes.substr(at, piece);
      pending.erase(0, front.take(pending));
    }
    return drain(out);
  }
  std::string answer(const std::string& bytes) {
    std::string copy = bytes;
    [[maybe_unused]] const std::size_t taken = back.take(copy);
    front.on_answered();
    return drain(to_client);
  }
  static std::string drain(SendQueue& queue) {
    std::string found(queue.unsent());
    queue.clear();
    return found;
  }

  BufferPool pool;
  SendQueue out{pool, 1 << 20};
  SendQueue to_client{pool, 1 << 20};
  postgres::Conversation talk;
  WordJudge judge;
  PostgresFront front{{talk, out, *this, &judge, "nowhere"}};
  PostgresBack back{talk, to_client, {}};
  std::vector<std::string> told;
  std::vector<std::string> dry;
  std::vector<std::string> noted;
  std::string pending;
};

std::string query(const std::string& text) {
  return message('Q', text + "\0"s);
}
std::string parse(const std::string& name, const std::string& text) {
  return message('P', name + "\0"s + text + "\0\0\0"s);
}
std::string bind(const std::string& portal, const std::string& name) {
  return message('B', portal + "\0"s + name + "\0\0\0\0\0\0\0"s);
}
std::string execute(const std::string& portal) {
  return message('E', portal + "\0\0\0\0\0"s);
}
const std::string kSync = message('S', "");
const std::string kError = message('E', "SERROR\0VERROR\0C42601\0Msyntax error\0\0"s);

template <class Write, class... Arguments>
std::string written(Write write, const Arguments&... arguments) {
  std::string found;
  write(found, arguments...);
  return found;
}

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
  session.judge.limited.insert("SELECT pg_catalog.loread(0, 0)");
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
