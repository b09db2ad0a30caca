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
    const auto rows = session.talk.find_portal_rows("p");
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
