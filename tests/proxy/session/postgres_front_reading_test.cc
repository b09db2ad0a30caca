// Long texts at a front: the message waits for its text, all behind it waits for the message, rules are those of then.
#include <gtest/gtest.h>

#include "tests/proxy/session/postgres_front_bed.h"

namespace gabion::proxy {
namespace {

using TextRead = PostgresFront::TextRead;

/// What goes to the server once the text that is awaited is there, or cannot be read.
std::string go_on(Session& session, TextRead how) {
  if (how == TextRead::kYes) {
    session.judge.unread.clear();
  }
  session.front.go_on_with_text(how);
  session.pending.erase(0, session.front.take(session.pending));
  return Session::drain(session.out);
}

TEST(PostgresFront, AStatementWaitsForItsTextAndAllBehindItForIt) {
  const std::string before = query("SELECT 1");
  const std::string waits = query("SELECT long");
  const std::string behind = parse("a", "SELECT 2") + bind("", "a") + execute("") + kSync;
  for (std::size_t piece = 1; piece < waits.size() + behind.size(); ++piece) {
    Session session;
    session.judge.unread.emplace("SELECT long");
    EXPECT_EQ(session.say(before + waits + behind, piece), before) << piece;
    EXPECT_EQ(session.front.take_unread(), "SELECT long");
    EXPECT_FALSE(session.front.take_unread());
    EXPECT_TRUE(session.front.is_paused());
    EXPECT_TRUE(session.front.at_message_start());
    EXPECT_EQ(session.front.statements(), 1U);
    EXPECT_EQ(go_on(session, TextRead::kYes), waits + behind) << piece;
    EXPECT_FALSE(session.front.is_paused());
    EXPECT_EQ(session.front.statements(), 3U);
    EXPECT_TRUE(session.told.empty());
  }
}

TEST(PostgresFront, ATextIsJudgedByTheRulesOfWhenItWasRead) {
  Session session;
  session.judge.unread.emplace("SELECT long");
  EXPECT_EQ(session.say(query("SELECT long")), "");
  session.judge.denied.emplace("SELECT long");
  session.judge.rules = 2;
  EXPECT_NE(go_on(session, TextRead::kYes), query("SELECT long"));
  EXPECT_EQ(session.told, std::vector<std::string>{"table"});
  EXPECT_EQ(session.front.statements(), 1U);
}

TEST(PostgresFront, ATextThatNobodyCanReadIsDeniedInItsPlace) {
  for (const bool is_parse : {false, true}) {
    Session session;
    session.judge.unread.emplace("SELECT long");
    const std::string waits = is_parse ? parse("l", "SELECT long") : query("SELECT long");
    const std::string behind = is_parse ? kSync : query("SELECT 1");
    EXPECT_EQ(session.say(waits + behind), "");
    const std::string sent = go_on(session, TextRead::kRefused);
    EXPECT_EQ(session.told, std::vector<std::string>{"readers-busy"});
    EXPECT_TRUE(sent.ends_with(behind));
    EXPECT_EQ(sent.find("SELECT long"), std::string::npos);
    EXPECT_EQ(session.front.statements(), is_parse ? 1U : 2U);
    EXPECT_TRUE(session.answer(kError).find("denied by policy: readers-busy") != std::string::npos);
    // The next one is asked for again.
    EXPECT_EQ(session.say(query("SELECT long")), "");
    EXPECT_EQ(session.front.take_unread(), "SELECT long");
  }
}

TEST(PostgresFront, AUseOfALongStatementWaitsUnderNewRules) {
  const std::string value(20'000, 'v');
  const std::string long_bind = message('B', "p\0a\0\0\0\0\1\0\0\x4e\x20"s + value + "\0\0"s);
  for (const std::string& use : {bind("p", "a") + execute("p") + kSync, long_bind + execute("p") + kSync}) {
    for (const std::size_t piece : {std::size_t{7}, std::size_t{9'000}, std::size_t{1} << 20U}) {
      Session session;
      (void)session.say(parse("a", "SELECT long") + kSync);
      (void)session.answer(message('1', "") + message('Z', "I"));
      session.judge.unread.emplace("SELECT long");
      session.judge.rules = 2;
      EXPECT_EQ(session.say(use, piece), "") << piece;
      EXPECT_EQ(session.front.take_unread(), "SELECT long");
      EXPECT_EQ(go_on(session, TextRead::kYes), use) << piece;
      EXPECT_TRUE(session.told.empty());
      EXPECT_EQ(session.front.state(), PostgresFront::State::kGoing);
    }
  }
}

TEST(PostgresFront, AUseOfALongStatementThatCannotBeReadIsDenied) {
  Session session;
  (void)session.say(parse("a", "SELECT long") + kSync);
  (void)session.answer(message('1', "") + message('Z', "I"));
  session.judge.unread.emplace("SELECT long");
  session.judge.rules = 2;
  EXPECT_EQ(session.say(bind("p", "a") + execute("p") + kSync), "");
  EXPECT_NE(go_on(session, TextRead::kRefused).find(kSync), std::string::npos);
  EXPECT_EQ(session.told, std::vector<std::string>{"readers-busy"});
}

}  // namespace
}  // namespace gabion::proxy
