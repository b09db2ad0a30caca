// Whose answer an answer is: order, errors up to Sync, names old and new, COPY, and servers that make no sense.
#include "proxy/protocol/postgres/conversation.h"

#include <gtest/gtest.h>

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;
using Answer = Conversation::Answer;
using Expect = Conversation::Expect;
using How = NameUse::How;

const std::string kError = "SERROR\0VERROR\0C42601\0Mx\0\0"s;

StatementRef statement(const std::string& text) {
  return make_local<KnownStatement>(KnownStatement{.text = text, .generation = 1});
}

std::vector<std::string> meanings(const Conversation& talk, std::string_view name) {
  std::vector<StatementRef> found;
  talk.find_statements(name, found);
  std::vector<std::string> texts;
  for (const auto& one : found) {
    texts.push_back(one->text);
  }
  return texts;
}

TEST(PostgresConversation, AnErrorIsRewrittenOnlyInThePlaceOfWhatWasDenied) {
  Conversation talk;
  talk.said(Expect::kQuery);
  talk.said(Expect::kQuery, "no");
  talk.said(Expect::kQuery);
  EXPECT_EQ(talk.answered('E', kError), Answer::kForward);
  EXPECT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_EQ(talk.answered('E', kError), Answer::kRewrite);
  EXPECT_EQ(talk.denial(), "no");
  EXPECT_EQ(talk.answered('Z', "E"), Answer::kForward);
  EXPECT_TRUE(talk.in_transaction());
  EXPECT_EQ(talk.answered('C', "SELECT 1\0"s), Answer::kForward);
  EXPECT_FALSE(talk.is_quiet());
  EXPECT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(talk.is_quiet());
}

TEST(PostgresConversation, WhatWasMadeToFailMustFail) {
  for (const char type : {'C', 'D', 'Z', 'T', 'I', 'G'}) {
    Conversation talk;
    talk.said(Expect::kQuery, "no");
    EXPECT_EQ(talk.answered(type, type == 'Z' ? "I" : "x"), Answer::kBroken) << type;
  }
  for (const auto& [what, type] :
       {std::pair(Expect::kParse, '1'), std::pair(Expect::kBind, '2'), std::pair(Expect::kExecute, 'C')}) {
    Conversation talk;
    talk.said(what, "no");
    talk.said(Expect::kSync);
    EXPECT_EQ(talk.answered(type, ""), Answer::kBroken) << type;
  }
}

TEST(PostgresConversation, AfterAnErrorEverythingToTheNextSyncIsSkipped) {
  Conversation talk;
  talk.said_parse("a", statement("A"));
  talk.said(Expect::kParse, "no");
  talk.said_bind("", {statement("A")});
  talk.said(Expect::kExecute);
  talk.said(Expect::kQuery);
  talk.said(Expect::kSync);
  talk.said(Expect::kQuery);
  EXPECT_EQ(talk.answered('1', ""), Answer::kForward);
  EXPECT_EQ(talk.answered('E', kError), Answer::kRewrite);
  EXPECT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_EQ(talk.answered('C', "x"), Answer::kForward);
  EXPECT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(talk.is_quiet());
  EXPECT_EQ(meanings(talk, "a"), std::vector<std::string>{"A"});
}

TEST(PostgresConversation, AnErrorBeforeItsSyncWasSaid) {
  Conversation talk;
  talk.said_parse("a", statement("A"));
  EXPECT_EQ(talk.answered('E', kError), Answer::kForward);
  EXPECT_FALSE(talk.is_quiet());
  talk.said(Expect::kQuery);  // ignored by the server
  talk.said_bind("p", {statement("A")});
  talk.said(Expect::kSync);
  EXPECT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(talk.is_quiet());
  EXPECT_TRUE(meanings(talk, "a").empty());
}

TEST(PostgresConversation, ANameMeansWhatWasParsedLastAndBeyondASyncPerhapsWhatItMeantBefore) {
  Conversation talk;
  EXPECT_TRUE(meanings(talk, "a").empty());
  talk.said_parse("a", statement("old"));
  EXPECT_EQ(meanings(talk, "a"), std::vector<std::string>{"old"});
  talk.said(Expect::kSync);
  ASSERT_EQ(talk.answered('1', ""), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  talk.said_parse("a", statement("new"));
  EXPECT_EQ(meanings(talk, "a"), std::vector<std::string>{"new"});
  talk.said(Expect::kSync);
  EXPECT_EQ(meanings(talk, "a"), (std::vector<std::string>{"new", "old"}));
  ASSERT_EQ(talk.answered('E', kError), Answer::kForward);  // 42P05: the old one stays
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_EQ(meanings(talk, "a"), std::vector<std::string>{"old"});
  talk.said_close({Target::kStatement, "a"});
  talk.said(Expect::kSync);
  ASSERT_EQ(talk.answered('3', ""), Answer::kForward);
  EXPECT_TRUE(meanings(talk, "a").empty());
}

TEST(PostgresConversation, TheUnnamedStatementEndsWithAQuery) {
  Conversation talk;
  talk.said_parse("", statement("A"));
  talk.said(Expect::kSync);
  ASSERT_EQ(talk.answered('1', ""), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_EQ(meanings(talk, "").size(), 1U);
  talk.said(Expect::kQuery);
  ASSERT_EQ(talk.answered('I', ""), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(meanings(talk, "").empty());
}

TEST(PostgresConversation, PortalsEndWithTheirTransactionAndCursorsMayNot) {
  Conversation talk;
  talk.said_bind("p", {statement("A")});
  talk.said(Expect::kSync);
  ASSERT_TRUE(talk.may_make({How::kDeclares, "c"}, statement("DECLARE c CURSOR WITH HOLD FOR B")));
  ASSERT_TRUE(talk.may_make({How::kDeclares, "d"}, statement("DECLARE d CURSOR FOR B")));
  ASSERT_EQ(talk.answered('2', ""), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "T"), Answer::kForward);
  std::vector<StatementRef> found;
  talk.find_portals("p", found);
  EXPECT_EQ(found.size(), 1U);
  talk.find_portals("d", found);
  EXPECT_EQ(found.size(), 2U);
  talk.said(Expect::kQuery);
  ASSERT_EQ(talk.answered('C', "COMMIT\0"s), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  found.clear();
  talk.find_portals("p", found);
  talk.find_portals("d", found);
  EXPECT_TRUE(found.empty());
  talk.find_portals("c", found);
  EXPECT_EQ(found.size(), 1U);
}

TEST(PostgresConversation, ASyncSaidBeforeCopyInIsSwallowed) {
  Conversation talk;
  talk.said_parse("", statement("COPY"));
  talk.said_bind("", {statement("COPY")});
  talk.said(Expect::kDescribe);
  talk.said(Expect::kExecute);
  talk.said(Expect::kSync);
  for (const char type : {'1', '2', 'n', 'G'}) {
    ASSERT_EQ(talk.answered(type, type == 'G' ? "\0\0\0"s : ""s), Answer::kForward) << type;
  }
  EXPECT_TRUE(talk.copies_in());
  talk.said_copy_end();
  EXPECT_FALSE(talk.copies_in());
  talk.said(Expect::kSync);
  ASSERT_EQ(talk.answered('C', "COPY 1\0"s), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(talk.is_quiet());
}

TEST(PostgresConversation, CopyDoneSaidBeforeTheServerCopies) {
  Conversation talk;
  talk.said(Expect::kQuery);
  talk.said_copy_end();
  talk.said(Expect::kQuery);
  ASSERT_EQ(talk.answered('G', "x"), Answer::kForward);
  EXPECT_FALSE(talk.copies_in());
  ASSERT_EQ(talk.answered('C', "COPY 1\0"s), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  ASSERT_EQ(talk.answered('C', "x"), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(talk.is_quiet());
}

TEST(PostgresConversation, AStrayCopyDoneIsNobodys) {
  Conversation talk;
  talk.said(Expect::kQuery);
  talk.said_copy_end();
  ASSERT_EQ(talk.answered('E', kError), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  talk.said(Expect::kQuery);
  ASSERT_EQ(talk.answered('I', ""), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(talk.is_quiet());
}

TEST(PostgresConversation, NothingIsAnsweredToStrayEndsOfCopy) {
  Conversation talk;
  talk.said_with_rows(Expect::kQuery, {.tag = 1});
  talk.said_copy_end();
  talk.said_copy_end();
  talk.said_parse("", statement("SELECT 1"));
  talk.said_copy_end();
  talk.said_with_rows(Expect::kExecute, {.tag = 2});
  talk.said_copy_end();
  talk.said(Expect::kSync);
  EXPECT_EQ(talk.front_tag(), 1U);
  EXPECT_EQ(talk.fronting().to, Answering::To::kQuery);
  ASSERT_EQ(talk.answered('C', "x\0"s), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_EQ(talk.front_tag(), 0U);
  EXPECT_EQ(talk.fronting().to, Answering::To::kOther);
  EXPECT_EQ(talk.following(), RowLimit::Following::kMessages);
  ASSERT_EQ(talk.answered('1', ""), Answer::kForward);
  EXPECT_EQ(talk.front_tag(), 2U);
  EXPECT_EQ(talk.fronting().to, Answering::To::kExecute);
  ASSERT_EQ(talk.answered('E', kError), Answer::kForward);
  EXPECT_EQ(talk.front_tag(), 0U);
  EXPECT_EQ(talk.following(), RowLimit::Following::kNothing);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(talk.is_quiet());
}

TEST(PostgresConversation, AnswersToNothingAreBroken) {
  for (const char type : {'1', '2', '3', 'C', 'D', 'T', 'n', 's', 'I', 'Z', 'G', 'H', 'W', 'V', 'R', 'K', 'v', 'd'}) {
    Conversation talk;
    EXPECT_EQ(talk.answered(type, "I"), Answer::kBroken) << type;
  }
  for (const char type : {'N', 'A', 'S'}) {
    Conversation talk;
    EXPECT_EQ(talk.answered(type, ""), Answer::kForward) << type;
  }
}

TEST(PostgresConversation, TheServersLastWordPassesAtAnyTime) {
  Conversation talk;
  EXPECT_EQ(talk.answered('E', "SFATAL\0VFATAL\0C57P01\0\0"s), Answer::kForward);
  EXPECT_TRUE(talk.has_ended());
}

TEST(PostgresConversation, TablesAreBounded) {
  Conversation talk;
  EXPECT_FALSE(talk.can_prepare(Conversation::kMostStatementBytes + 1));
  for (std::size_t i = 0; i < Conversation::kMostPending; ++i) {
    ASSERT_TRUE(talk.has_room());
    talk.said(Expect::kQuery);
  }
  EXPECT_FALSE(talk.has_room());
  Conversation names;
  for (std::size_t i = 0; i < Conversation::kMostStatements; ++i) {
    ASSERT_TRUE(names.can_prepare(1));
    ASSERT_TRUE(names.may_make({How::kPrepares, std::to_string(i)}, statement("x")));
  }
  EXPECT_FALSE(names.can_prepare(1));
}

PortalRowsRef rows_of(const Conversation& talk, std::string_view portal) {
  std::vector<StatementRef> found;
  return talk.find_portals(portal, found).rows;
}

StatementRef removing(How how, const std::string& name) {
  return make_local<KnownStatement>(KnownStatement{.text = {}, .generation = 1, .names = {{how, name}}});
}

std::size_t portals(const Conversation& talk, std::string_view name) {
  std::vector<StatementRef> found;
  talk.find_portals(name, found);
  return found.size();
}

void answer_query(Conversation& talk, const char* status = "I") {
  ASSERT_EQ(talk.answered('C', "X\0"s), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', status), Answer::kForward);
}

TEST(PostgresConversation, WhatSqlMadeLaterOutlivesAnEarlierParseOfItsName) {
  Conversation talk;
  talk.said_parse("x", statement("B"));
  talk.said(Expect::kSync);
  talk.said_run(Expect::kQuery, removing(How::kRemovesPrepared, "x"));
  ASSERT_TRUE(talk.may_make({How::kPrepares, "x"}, statement("A")));
  talk.said(Expect::kQuery);
  EXPECT_EQ(meanings(talk, "x"), (std::vector<std::string>{"B", "A"}));
  ASSERT_EQ(talk.answered('1', ""), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  answer_query(talk);
  answer_query(talk);
  EXPECT_EQ(meanings(talk, "x"), std::vector<std::string>{"A"});
}

TEST(PostgresConversation, WithinASegmentANameMeansWhatWasParsedOrWhatSqlMadeSince) {
  Conversation talk;
  ASSERT_TRUE(talk.may_make({How::kPrepares, "x"}, statement("old")));
  talk.said(Expect::kQuery);
  talk.said_parse("x", statement("B"));
  EXPECT_EQ(meanings(talk, "x"), std::vector<std::string>{"B"});
  ASSERT_TRUE(talk.may_make({How::kPrepares, "x"}, statement("A")));
  talk.said(Expect::kExecute);
  EXPECT_EQ(meanings(talk, "x"), (std::vector<std::string>{"B", "A"}));
}

TEST(PostgresConversation, NoFailingDefinitionHidesTheTrueOne) {
  Conversation talk;
  for (std::size_t i = 0; i < Conversation::kMostMeanings; ++i) {
    ASSERT_TRUE(talk.may_make({How::kPrepares, "x"}, statement("P" + std::to_string(i))));
    ASSERT_TRUE(talk.may_make({How::kDeclares, "c"}, statement("D" + std::to_string(i))));
  }
  EXPECT_FALSE(talk.may_make({How::kPrepares, "x"}, statement("one more")));
  EXPECT_FALSE(talk.may_make({How::kDeclares, "c"}, statement("one more")));
  EXPECT_TRUE(talk.may_make({How::kPrepares, "x"}, statement("P0"))) << "it is one of those already";
  EXPECT_EQ(meanings(talk, "x").size(), Conversation::kMostMeanings);
  EXPECT_EQ(meanings(talk, "x").front(), "P0");
  EXPECT_EQ(portals(talk, "c"), Conversation::kMostMeanings);
}

TEST(PostgresConversation, APortalHasAllMeaningsOfItsStatement) {
  Conversation talk;
  talk.said_bind("p", {statement("new"), statement("old")});
  talk.said(Expect::kSync);
  EXPECT_EQ(portals(talk, "p"), 2U);
  ASSERT_EQ(talk.answered('2', ""), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "T"), Answer::kForward);
  EXPECT_EQ(portals(talk, "p"), 2U);
}

TEST(PostgresConversation, WhatSqlRemovedIsForgottenOnceItIsDone) {
  for (const std::string& name : {"x"s, ""s}) {
    Conversation talk;
    talk.said_parse("x", statement("A"));
    talk.said(Expect::kSync);
    ASSERT_EQ(talk.answered('1', ""), Answer::kForward);
    ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
    ASSERT_TRUE(talk.may_make({How::kDeclares, "x"}, statement("DECLARE x CURSOR WITH HOLD FOR B")));
    talk.said(Expect::kQuery);
    answer_query(talk);
    talk.said_run(Expect::kQuery, removing(How::kRemovesPrepared, name));
    EXPECT_EQ(meanings(talk, "x").size(), 1U);
    ASSERT_EQ(talk.answered('E', kError), Answer::kForward);
    ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
    EXPECT_EQ(meanings(talk, "x").size(), 1U) << "it failed";
    talk.said_run(Expect::kQuery, removing(How::kRemovesPrepared, name));
    answer_query(talk);
    EXPECT_TRUE(meanings(talk, "x").empty());
    talk.said_run(Expect::kExecute, removing(How::kRemovesCursor, name));
    EXPECT_EQ(portals(talk, "x"), 1U);
    ASSERT_EQ(talk.answered('C', "CLOSE\0"s), Answer::kForward);
    EXPECT_EQ(portals(talk, "x"), 0U);
  }
}

TEST(PostgresConversation, ManyNamesMadeAndRemovedNeverFillTheTables) {
  Conversation talk;
  for (std::size_t i = 0; i < 2 * Conversation::kMostStatements; ++i) {
    const std::string name = "s" + std::to_string(i);
    ASSERT_TRUE(talk.may_make({How::kPrepares, name}, statement("x")));
    talk.said(Expect::kQuery);
    talk.said_run(Expect::kQuery, removing(How::kRemovesPrepared, name));
    answer_query(talk);
    answer_query(talk);
  }
  EXPECT_LT(talk.memory_bytes(), 100'000U);
}

TEST(PostgresConversation, CursorsAndTextsThatOnlyAPortalHasCount) {
  Conversation talk;
  for (std::size_t i = 0; i < Conversation::kMostStatements; ++i) {
    ASSERT_TRUE(talk.may_make({How::kDeclares, std::to_string(i)}, statement("hold")));
  }
  EXPECT_FALSE(talk.may_make({How::kDeclares, "more"}, statement("hold")));
  Conversation texts;
  {
    const auto large = statement(std::string(Conversation::kMostStatementBytes, 'x'));
    texts.charge(*large);
    texts.said_bind("p", {large});
  }
  texts.said(Expect::kSync);
  EXPECT_FALSE(texts.can_prepare(1));
  ASSERT_EQ(texts.answered('2', ""), Answer::kForward);
  EXPECT_FALSE(texts.can_prepare(1));
  ASSERT_EQ(texts.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(texts.can_prepare(1));
}

TEST(PostgresConversation, AnEndOfCopyThatStandsAloneLeavesTheSessionQuiet) {
  Conversation talk;
  talk.said(Expect::kQuery);
  talk.said_copy_end();
  ASSERT_EQ(talk.answered('E', kError), Answer::kForward);
  ASSERT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(talk.is_quiet());
}

TEST(PostgresConversation, WhatAStatementIsDescribedAsCountsAndIsSharedByItsRules) {
  Conversation talk;
  StatementRef one = statement("SELECT 1");
  one->rows = make_local<RowRules>();
  talk.charge(*one);
  const std::size_t before = talk.memory_bytes();
  RowDescription description;
  ASSERT_TRUE(description.read("\0\1column\0\0\0\0\0\0\0\0\0\0\x19\0\0\0\0\0\0\0\0"s));
  RowRules newer;
  newer.columns = one->rows->columns;  // the rules changed while the answer was under way
  one->rows->columns->keep(description);
  EXPECT_NE(newer.columns->find(), nullptr);
  EXPECT_GT(talk.memory_bytes(), before);
}

TEST(PostgresConversation, APortalsRowsAreOfItsMeaning) {
  Conversation talk;
  const auto rows = make_local<PortalRows>(PortalRows{{}, RowLimit({.rows = 1}, Effect::kReads)});
  talk.said_bind("p", {statement("SELECT 1")}, rows);
  talk.said(Expect::kSync);
  EXPECT_EQ(talk.answered('2', ""), Answer::kForward);
  EXPECT_EQ(talk.answered('Z', "T"), Answer::kForward);
  talk.said_with_rows(Expect::kExecute, {.portal = rows_of(talk, "p")});
  EXPECT_EQ(talk.fronting().portal, rows);
  talk.said(Expect::kSync);
  EXPECT_EQ(talk.answered('C', "x\0"s), Answer::kForward);
  EXPECT_EQ(talk.answered('Z', "T"), Answer::kForward);
  talk.said_bind("p", {statement("SELECT 2")});  // without rules
  talk.said(Expect::kSync);
  EXPECT_EQ(talk.answered('2', ""), Answer::kForward);
  EXPECT_EQ(talk.answered('Z', "T"), Answer::kForward);
  talk.said_with_rows(Expect::kExecute, {.portal = rows_of(talk, "p")});
  EXPECT_EQ(talk.fronting().portal, nullptr);
}

/// A Bind behind a Sync may fail, and then its name is the portal of one before it.
TEST(PostgresConversation, APortalMayBeAnotherWhereItsBindMayFail) {
  Conversation talk;
  std::vector<StatementRef> found;
  const StatementRef one = statement("SELECT 1");
  talk.said_bind("p", {one});
  EXPECT_FALSE(talk.find_portals("p", found).may_be_another);
  talk.said(Expect::kSync);
  EXPECT_FALSE(talk.find_portals("p", found).may_be_another);  // else it is none
  talk.said_bind("p", {one});
  EXPECT_FALSE(talk.find_portals("p", found).may_be_another);  // what follows in its segment runs with it or not at all
  talk.said(Expect::kSync);
  EXPECT_TRUE(talk.find_portals("p", found).may_be_another);
  EXPECT_EQ(talk.answered('2', ""), Answer::kForward);
  EXPECT_EQ(talk.answered('Z', "T"), Answer::kForward);
  EXPECT_TRUE(talk.find_portals("p", found).may_be_another);
  EXPECT_EQ(talk.answered('2', ""), Answer::kForward);
  EXPECT_FALSE(talk.find_portals("p", found).may_be_another);
}

TEST(PostgresConversation, ACursorIsCountedAsLongAsItMayBeTheSame) {
  Conversation talk;
  StatementRef declared = statement("DECLARE c CURSOR FOR SELECT 1");
  declared->rows = make_local<RowRules>();
  declared->rows->limits.rows = 3;
  ASSERT_TRUE(talk.may_make({How::kDeclares, "c"}, declared));
  const RowLimitRef limit = talk.find_cursor_limit("c");
  ASSERT_NE(limit, nullptr);
  ASSERT_TRUE(talk.may_make({How::kDeclares, "c"}, declared));
  EXPECT_EQ(talk.find_cursor_limit("c"), limit);
  EXPECT_EQ(talk.find_limit("c"), limit);
  talk.said(Expect::kQuery);
  EXPECT_EQ(talk.answered('C', "x\0"s), Answer::kForward);
  EXPECT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_EQ(talk.find_cursor_limit("c"), nullptr);
}

TEST(PostgresConversation, KnowsWhereNothingWaits) {
  Conversation talk;
  EXPECT_TRUE(talk.is_between_segments());
  talk.said_with_rows(Expect::kExecute, {});
  EXPECT_TRUE(talk.is_last_answer());
  EXPECT_EQ(talk.answered('C', "x\0"s), Answer::kForward);
  EXPECT_FALSE(talk.is_between_segments());  // no Sync yet
  talk.said(Expect::kSync);
  EXPECT_EQ(talk.answered('Z', "I"), Answer::kForward);
  EXPECT_TRUE(talk.is_between_segments());
  talk.said(Expect::kQuery);
  EXPECT_TRUE(talk.is_last_answer());
  talk.said(Expect::kQuery);
  EXPECT_FALSE(talk.is_last_answer());
}

}  // namespace
}  // namespace gabion::proxy::postgres
