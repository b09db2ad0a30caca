// Rules for rows between a front and a back: whose rows are whose, limits of portals, formats of long messages.
#include <gtest/gtest.h>

#include "tests/proxy/session/postgres_front_bed.h"

namespace gabion::proxy {
namespace {

const std::string kRow = message('D', "\0\1\0\0\0\1x"s);
const std::string kSuspended = message('s', "");

TEST(PostgresBack, RowsOfAPortalThatIsExecutedTwiceInABatchAreEachTheirs) {
  Session session;
  (void)session.say(parse("", "SELECT 1") + bind("", "") + execute("") + execute("") + kSync);
  (void)session.answer(message('1', "") + message('2', "") + kRow + kSuspended + kRow + kRow + kSuspended +
                       message('Z', "T"));
  using Told = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  EXPECT_EQ(session.answers, (Told{{1, 1}, {2, 2}}));
}

TEST(PostgresFront, AnOpenPortalHasTheLimitsOfNewRules) {
  Session session;
  session.judge.limited.emplace("SELECT 1", 5);
  (void)session.say(parse("a", "SELECT 1") + bind("p", "a") + kSync);
  (void)session.answer(message('1', "") + message('2', "") + message('Z', "T"));
  session.judge.limited["SELECT 1"] = 2;
  session.judge.rules = 2;
  (void)session.say(execute("p") + kSync);
  EXPECT_EQ(session.answer(kRow + kRow), kRow + kRow);
  EXPECT_EQ(session.answer(kRow), "");
}

postgres::RowDescription described() {
  postgres::RowDescription description;
  EXPECT_TRUE(description.read("\0\1column\0\0\0\0\0\0\0\0\0\0\x19\0\0\0\0\0\0\0\0"s));
  return description;
}

/// Rules that only count are many texts': what is known of one's columns must not become another's.
TEST(PostgresFront, ColumnsStayTheirTextsWhereRulesAreShared) {
  Session session;
  session.judge.limited = {{"SELECT 1", 5}, {"SELECT 2", 5}};
  (void)session.say(parse("a", "SELECT 1") + parse("b", "SELECT 2") + kSync);
  (void)session.answer(message('1', "") + message('1', "") + message('Z', "I"));
  const auto rows_of = [&](const char* name) {
    std::vector<postgres::StatementRef> found;
    session.talk.find_statements(name, found);
    EXPECT_EQ(found.size(), 1U);
    return found.front()->rows;
  };
  const auto use_both = [&] {
    (void)session.say(bind("", "a") + execute("") + bind("", "b") + execute("") + kSync);
    (void)session.answer(message('2', "") + message('C', "x\0"s) + message('2', "") + message('C', "x\0"s) +
                         message('Z', "I"));
  };
  rows_of("a")->columns->keep(described());
  session.judge.counting = postgres::make_local<postgres::RowRules>();
  session.judge.counting->columns.reset();
  session.judge.rules = 2;
  use_both();
  EXPECT_EQ(session.judge.counting->columns, nullptr);
  EXPECT_NE(rows_of("a")->columns->find(), nullptr);
  session.judge.counting.reset();
  session.judge.rules = 3;
  use_both();
  EXPECT_NE(rows_of("a")->columns->find(), nullptr);
  EXPECT_EQ(rows_of("b")->columns->find(), nullptr);
}

/// The memory of portals goes round, not what was counted and told of them.
TEST(PostgresFront, APortalBeginsAsNoneBeforeIt) {
  Session session;
  session.judge.limited.emplace("SELECT 1", 2);
  (void)session.say(parse("a", "SELECT 1") + kSync);
  (void)session.answer(message('1', "") + message('Z', "I"));
  for (int round = 0; round < 20; ++round) {
    (void)session.say(bind("", "a") + execute("") + bind("p", "a") + execute("p") + kSync);
    std::vector<postgres::StatementRef> meanings;
    for (const char* name : {"", "p"}) {
      const auto rows = session.talk.find_portals(name, meanings).rows;
      ASSERT_NE(rows, nullptr);
      EXPECT_EQ(rows->limit.rows(), 0U);
      EXPECT_EQ(rows->columns.find(), nullptr);
      EXPECT_TRUE(rows->formats.empty());
      rows->columns.keep(described());
      rows->formats.push_back(postgres::Format::kBinary);
    }
    const std::string answer = message('2', "") + kRow + kRow + message('C', "x\0"s);
    EXPECT_EQ(session.answer(answer + answer + message('Z', "I")), answer + answer + message('Z', "I"));
  }
  const auto before = session.talk.memory_bytes();
  (void)session.say(bind("", "a") + execute("") + kSync);
  EXPECT_LT(session.talk.memory_bytes(), before + 1000);
}

TEST(PostgresFront, ALongBindPassesByPiecesAndItsFormatsAreKnown) {
  const std::string value(100'000, 'v');
  const std::string body = "p\0a\0\0\1\0\1\0\1\0\1\x86\xa0"s + value + "\0\1\0\1"s;
  for (const std::size_t piece : {std::size_t{999}, std::size_t{70'000}}) {
    Session session;
    session.judge.limited.emplace("SELECT 1", 2);
    (void)session.say(parse("a", "SELECT 1") + kSync);
    (void)session.answer(message('1', "") + message('Z', "I"));
    const std::string long_bind = message('B', body);
    EXPECT_EQ(session.say(long_bind + execute("p") + kSync, piece), long_bind + execute("p") + kSync);
    EXPECT_TRUE(session.told.empty());
    std::vector<postgres::StatementRef> meanings;
    const auto rows = session.talk.find_portals("p", meanings).rows;
    ASSERT_NE(rows, nullptr);
    EXPECT_EQ(rows->formats, std::vector{postgres::Format::kBinary});
    EXPECT_EQ(session.answer(message('2', "") + kRow + kRow + kRow), message('2', "") + kRow + kRow);
  }
  Session session;
  session.judge.limited.emplace("SELECT 1", 2);
  (void)session.say(parse("a", "SELECT 1") + kSync);
  (void)session.say(message('B', body + "more"), 999);
  EXPECT_EQ(session.front.state(), PostgresFront::State::kViolated);
}

}  // namespace
}  // namespace gabion::proxy
