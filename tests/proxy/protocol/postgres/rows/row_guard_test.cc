// A server's messages with a guard among them, cut anywhere: plans, rows, limits, and what ends the session.
#include "proxy/protocol/postgres/rows/row_guard.h"

#include <gtest/gtest.h>

#include <array>

#include "inspect/sql/copy_options.h"
#include "inspect/sql/parse.h"
#include "tests/proxy/protocol/postgres/rows/rows.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;
using To = Answering::To;
using Fate = RowGuard::Fate;

std::string message(char type, const std::string& body) {
  std::string out(1, type);
  put_number(out, body.size() + 4, 4);
  return out + body;
}

std::string description(const std::vector<std::pair<std::uint32_t, std::uint16_t>>& columns) {
  std::string body;
  put_number(body, columns.size(), 2);
  for (const auto& [table, number] : columns) {
    body += "c\0"s;
    put_number(body, table, 4);
    put_number(body, number, 2);
    put_number(body, 25, 4);
    put_number(body, 0, 6);
    put_number(body, 0, 2);
  }
  return message('T', body);
}

MaskCatalogue catalogue() {
  MaskCatalogue made({{"public", "people", "email"}});
  const std::string_view rows[][4] = {{"masked", "100", "2", ""}, {"clear", "100", "0", ""}};
  for (const auto& row : rows) {
    EXPECT_TRUE(made.add(row));
  }
  return made;
}

RowRules rules_of(std::string_view text) {
  auto parser = inspect::sql::Parser::make();
  EXPECT_TRUE(parser.has_value());
  RowRules rules;
  parser->parse(text, {}, rules.facts);
  rules.copy = inspect::sql::read_copy_options(text);
  return rules;
}

/// What leaves; "LIMIT" where the answer was cut, "END why" where the session ends.
std::string run(RowGuard& guard, std::string stream, const Answering& answering, std::size_t piece) {
  FrameReader reader(Sender::kServer, 0);
  std::string out;
  std::string waiting;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    waiting += stream.substr(at, piece);
    while (true) {
      const auto step = reader.next(waiting);
      if (step.event == FrameReader::Event::kNeedMore) {
        break;
      }
      EXPECT_NE(step.event, FrameReader::Event::kError);
      switch (guard.ignores(step) ? Fate::kPass : guard.take(step, answering, out)) {
        case Fate::kPass:
          out += waiting.substr(0, step.consumed);
          break;
        case Fate::kReplace:
          break;
        case Fate::kCut:
          out += "LIMIT";
          break;
        case Fate::kEnd:
          return out + "END " + std::string(guard.why());
      }
      waiting.erase(0, step.consumed);
    }
  }
  return out;
}

const std::string kDone = message('C', "SELECT 1\0"s);
const std::string kReady = message('Z', "I");

TEST(RowGuard, WithholdsWhatIsDescribedAtEveryCut) {
  const MaskCatalogue masks = catalogue();
  const std::string described = description({{100, 1}, {100, 2}});
  const std::string error = message('E', "C22P02\0Mbad \"ada@x\"\0DKey\0\0"s);
  const std::string stream = described + row_message({{"1"}, {"ada@x"}}) + row_message({{"2"}, {}}) + kDone + error +
                             message('A', "\0\0\0\1ch\0ada@x\0"s) + message('S', "application_name\0ada@x\0"s) + kReady;
  const std::string leaves = described + row_message({{"1"}, {"[REDACTED]"}}) + row_message({{"2"}, {}}) + kDone +
                             message('E', "C22P02\0Mbad (withheld by gabion)\0\0"s) + message('A', "\0\0\0\1ch\0\0"s) +
                             message('S', "application_name\0\0"s) + kReady;
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    RowGuard guard({.masks = &masks});
    RowRules rules;
    ASSERT_EQ(run(guard, stream, {.to = To::kQuery, .rules = &rules}, piece), leaves) << piece;
  }
}

TEST(RowGuard, PlansAnExecuteByWhatItsStatementWasDescribedAs) {
  const MaskCatalogue masks = catalogue();
  RowGuard guard({.masks = &masks});
  RowRules rules = rules_of("SELECT email FROM people");
  const std::string described = description({{100, 2}});
  EXPECT_EQ(run(guard, described, {.to = To::kDescribe, .rules = &rules}, 7), described);
  const Format binary[] = {Format::kBinary};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(run(guard, row_message({{"ada@x"}}) + message('s', ""),
                  {.to = To::kExecute, .rules = &rules, .formats = binary}, 3),
              row_message({{"[REDACTED]"}}) + message('s', ""));
  }
  const Format three[3] = {};
  EXPECT_EQ(run(guard, row_message({{"x"}}), {.to = To::kExecute, .rules = &rules, .formats = three}, 3),
            "END formats that do not fit the columns");
}

TEST(RowGuard, DoesNotTakeTheColumnsOfAnotherTextForItsOwn) {
  const MaskCatalogue masks = catalogue();
  for (const auto* text : {"EXECUTE s", "FETCH ALL FROM c"}) {
    RowGuard guard({.masks = &masks});
    RowRules rules = rules_of(text);
    const std::string described = description({{100, 1}});  // what s was then
    EXPECT_EQ(run(guard, described, {.to = To::kDescribe, .rules = &rules}, 7), described);
    EXPECT_EQ(run(guard, row_message({{"ada@x"}}), {.to = To::kExecute, .rules = &rules}, 3),
              "END rows of columns that nobody described")
        << text;
  }
}

TEST(RowGuard, LetsNoCopyOutThatMayReadAWithheldColumn) {
  MaskCatalogue masks = catalogue();
  const std::string_view view[] = {"view", "200", "0", "everybody"};
  EXPECT_TRUE(masks.add(view));
  const std::string copy = message('H', "\0\0\1\0\0"s);
  for (const auto& [text, passes] : {std::pair("COPY (SELECT * FROM everybody) TO STDOUT", false),
                                     std::pair("COPY (SELECT id FROM other) TO STDOUT", true)}) {
    RowGuard guard({.masks = &masks});
    RowRules rules = rules_of(text);
    EXPECT_EQ(run(guard, copy, {.to = To::kQuery, .rules = &rules}, 7), passes ? copy : "END a COPY of who knows what")
        << text;
  }
}

TEST(RowGuard, EndsWhereNobodyCanTellWhatLeaves) {
  const MaskCatalogue masks = catalogue();
  const struct {
    std::string name, stream;
    To to;
    std::string end;
  } rows[] = {
      {"lost lineage", description({{0, 0}}), To::kQuery, "END lost lineage"},
      {"lost lineage, described", description({{0, 0}}), To::kDescribe, "END lost lineage"},
      {"no description", row_message({{"x"}}), To::kExecute, "END rows of columns that nobody described"},
      {"COPY", message('H', "\0\0\0"s), To::kQuery, "END a COPY of who knows what"},
      {"no description at all", message('T', "\0\1x"s), To::kQuery, "END a description that is none"},
      {"no error", message('E', "x"), To::kOther, "END a message that is none"},
  };
  for (const auto& row : rows) {
    RowGuard guard({.masks = &masks});
    RowRules rules;
    EXPECT_EQ(run(guard, row.stream, {.to = row.to, .rules = &rules}, 4), row.end) << row.name;
  }
  RowGuard guard({.masks = &masks});
  RowRules rules;
  const std::string described = description({{100, 2}});
  EXPECT_EQ(run(guard, described + row_message({{"x"}, {"y"}}), {.to = To::kQuery, .rules = &rules}, 99),
            described + "END a row that does not fit its description");
}

TEST(RowGuard, PassesEverythingWhereNothingIsWithheld) {
  const std::string stream = description({{0, 0}}) + row_message({{"x"}}) + message('H', "\0\0\0"s) +
                             message('d', "x\n") + kDone + message('E', "C1\0DKey\0\0"s) + kReady;
  for (std::size_t piece = 1; piece < 40; ++piece) {
    RowGuard guard({});
    EXPECT_EQ(run(guard, stream, {.to = To::kQuery}, piece), stream);
  }
}

TEST(RowGuard, CutsAnAnswerAtItsLimit) {
  const std::string row = row_message({{"x"}});
  const std::string described = description({{0, 0}});
  const std::string error = message('E', "C57014\0Mcanceled\0\0"s);
  for (std::size_t piece = 1; piece < 60; ++piece) {
    RowRules rules;
    rules.limits.rows = 2;
    RowGuard guard({});
    // It had finished: the rest of the query is not told.
    EXPECT_EQ(run(guard,
                  described + row + row + row + row + kDone + described + row + kDone + error + kReady + described +
                      row + kDone,
                  {.to = To::kQuery, .rules = &rules}, piece),
              described + row + row + "LIMIT" + kReady + described + row + kDone);
    EXPECT_EQ(run(guard, described + row + row + row + error + kReady, {.to = To::kQuery, .rules = &rules}, piece),
              described + row + row + "LIMIT" + kReady);
    rules.effect = Effect::kWrites;
    EXPECT_EQ(run(guard, described + row + row + row + kDone, {.to = To::kQuery, .rules = &rules}, piece),
              described + row + row + "END more rows than the rule allows, of a statement that was done");
  }
}

TEST(RowGuard, CoversWhatTheJudgeFindsAtEveryCut) {
  const std::string described = description({{0, 0}, {0, 0}});
  const std::string stream = described + row_message({{"a 4111"}, {"b"}}) + row_message({{"c"}, {}}) + kDone +
                             message('N', "MD 4111\0Dat 4111\0C00000\0\0"s) + message('A', "\0\0\0\1ch\0pay 4111\0"s) +
                             kReady;
  const std::string leaves = described + row_message({{"[CARD]"}, {"b"}}) + row_message({{"c"}, {}}) + kDone +
                             message('N', "M[CARD]\0D[CARD]\0C00000\0\0"s) + message('A', "\0\0\0\1ch\0[CARD]\0"s) +
                             kReady;
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    StarJudge judge;
    RowGuard guard({.judge = &judge});
    RowRules rules;
    ASSERT_EQ(run(guard, stream, {.to = To::kQuery, .rules = &rules}, piece), leaves) << piece;
    EXPECT_EQ(judge.answers, 1);
    EXPECT_EQ(guard.covered_values(), 1U);
    EXPECT_FALSE(guard.is_torn());
  }
}

TEST(RowGuard, CutsAnAnswerThatTheJudgeRefusesAndWantsTheServerToStop) {
  const std::string described = description({{0, 0}});
  const std::string good = row_message({{"x"}});
  const std::string stream =
      described + good + row_message({{"refuse"}}) + good + kDone + kReady + described + good + kDone + kReady;
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    StarJudge judge;
    RowGuard guard({.judge = &judge});
    RowRules rules;
    ASSERT_EQ(run(guard, stream, {.to = To::kQuery, .rules = &rules}, piece),
              described + good + "LIMIT" + kReady + described + good + kDone + kReady)
        << piece;
    EXPECT_TRUE(guard.take_wish_to_cancel());
    EXPECT_FALSE(guard.take_wish_to_cancel());
  }
}

TEST(RowGuard, CutsWhatComesOfATableThatIsNotKnownYet) {
  const MaskCatalogue masks = catalogue();
  RowGuard guard({.masks = &masks});
  RowRules rules = rules_of("SELECT x FROM later");
  const std::string stream = description({{300, 1}}) + row_message({{"ada@x"}}) + kDone + kReady;
  EXPECT_EQ(run(guard, stream, {.to = To::kQuery, .rules = &rules}, 7), "LIMIT" + kReady);
  EXPECT_EQ(guard.cut_by(), Cut::kUnknown);
  EXPECT_TRUE(guard.take_wish_for_catalogue());
  const std::string described = description({{300, 1}});
  EXPECT_EQ(run(guard, described, {.to = To::kDescribe, .rules = &rules}, 7), described);
  EXPECT_EQ(run(guard, row_message({{"ada@x"}}) + kDone, {.to = To::kExecute, .rules = &rules}, 7), "LIMIT");
}

TEST(RowGuard, WithholdsColumnsOfACopyAtEveryCut) {
  MaskCatalogue masks = catalogue();
  for (const auto& row : {std::array<std::string_view, 4>{"schema", "100", "0", "public"},
                          {"table", "100", "0", "people"},
                          {"column", "100", "1", "id"},
                          {"column", "100", "2", "email"}}) {
    EXPECT_TRUE(masks.add(row));
  }
  const std::string begin = message('H', "\0\0\2\0\0\0\0"s);
  const std::string end = message('c', "") + message('C', "COPY 2\0"s);
  for (const auto* text : {"COPY people TO STDOUT", "COPY people (id, email) TO STDOUT",
                           "COPY (SELECT id, email FROM people) TO STDOUT", "COPY (SELECT * FROM people) TO STDOUT"}) {
    RowRules rules = rules_of(text);
    const std::string stream = begin + message('d', "1\tada@x\n") + message('d', "2\tbob@y\n") + end;
    for (std::size_t piece = stream.size(); piece > stream.size() - 20; --piece) {
      RowGuard guard({.masks = &masks});
      EXPECT_EQ(run(guard, stream, {.to = To::kQuery, .rules = &rules}, piece),
                begin + message('d', "1\t\\N\n") + message('d', "2\t\\N\n") + end)
          << text;
      EXPECT_EQ(guard.withheld_values(), 2U);
    }
  }
  for (const auto* text : {"COPY (SELECT *, email FROM people) TO STDOUT", "COPY people TO STDOUT (DELIMITER ';')"}) {
    RowRules rules = rules_of(text);
    RowGuard guard({.masks = &masks});
    EXPECT_EQ(run(guard, begin, {.to = To::kQuery, .rules = &rules}, 99), "END a COPY of who knows what") << text;
  }
}

TEST(RowGuard, NothingIsTornBehindAWholeRow) {
  const MaskCatalogue masks = catalogue();
  RowGuard guard({.masks = &masks});
  RowRules rules;
  const std::string described = description({{100, 2}});
  EXPECT_EQ(run(guard, described + row_message({{"ada@x"}}), {.to = To::kQuery, .rules = &rules}, 99),
            described + row_message({{"[REDACTED]"}}));
  EXPECT_FALSE(guard.is_torn());
}

std::string ignored_by(const RowGuard& guard) {
  std::string types;
  for (const char type : "RSKZTDtnEINAC123sGHWVcdv"s) {
    const FrameReader::Step step{.event = FrameReader::Event::kWhole, .type = type};
    types += guard.ignores(step) ? std::string(1, type) : "";
  }
  return types;
}

TEST(RowGuard, IgnoresWhatIsOfNoAnswerWhereRowsAreOnlyCounted) {
  const MaskCatalogue masks = catalogue();
  EXPECT_EQ(ignored_by(RowGuard({.masks = &masks})), "");
  RowGuard guard({});
  EXPECT_EQ(ignored_by(guard), "RSKTtnNA123GVv");
  EXPECT_FALSE(guard.ignores({.event = FrameReader::Event::kBegin, .type = 'N'}));
  RowRules rules = rules_of("SELECT 1");
  rules.limits.rows = 1;
  const Answering answering{.to = To::kQuery, .rules = &rules};
  EXPECT_EQ(run(guard, message('D', "\0\0"s) + message('D', "\0\0"s) + kDone, answering, 100),
            message('D', "\0\0"s) + "LIMIT");
  EXPECT_EQ(ignored_by(guard), "");  // what is left of the query is swallowed
  EXPECT_EQ(run(guard, message('T', "\0\0"s) + kReady, answering, 100), kReady);
  EXPECT_EQ(ignored_by(guard), "RSKTtnNA123GVv");
}

TEST(RowGuard, CountsAPortalsPiecesTogether) {
  RowRules rules;
  RowLimit limit({.rows = 3}, Effect::kReads);
  RowGuard guard({});
  const Answering portal{.to = To::kExecute, .rules = &rules, .limit = &limit};
  const std::string row = row_message({{"x"}});
  EXPECT_EQ(run(guard, row + row + message('s', ""), portal, 5), row + row + message('s', ""));
  EXPECT_EQ(run(guard, row + row + message('s', ""), portal, 5), row + "LIMIT");
}

}  // namespace
}  // namespace gabion::proxy::postgres
