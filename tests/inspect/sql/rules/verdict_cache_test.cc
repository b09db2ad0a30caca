// What the cache keeps, when, for whom and for how many bytes.
#include "inspect/sql/rules/verdict_cache.h"

#include <string>

#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

TEST(KeyedDigest, IsSipHash24With128Bits) {
  // The reference's vectors_sip128 for the key 00 01 … 0f, of no byte and of the bytes 00 … 0e.
  const KeyedDigest digest({0x0706050403020100ULL, 0x0F0E0D0C0B0A0908ULL});
  EXPECT_EQ(digest(""), (Digest{0xE6A825BA047F81A3ULL, 0x930255C71472F66DULL}));
  std::string bytes;
  for (char c = 0; c < 15; ++c) {
    bytes.push_back(c);
  }
  EXPECT_EQ(digest(bytes), (Digest{0x11A8B03399E99354ULL, 0xD9C3CF970FEC087EULL}));
  EXPECT_NE(digest(bytes), digest(bytes + '\0'));
  EXPECT_NE(KeyedDigest::random()("a"), KeyedDigest::random()("a"));
}

SqlSubject subject_of(const std::string& allow, const std::string& user = "app") {
  auto context = app_context();
  context.user = user;
  return {rules_of(allow, ""), context};
}

/// Texts by number; every one has an answer of its own.
std::string text_of(int number) {
  return "SELECT c" + std::to_string(number) + " FROM t" + std::to_string(number) + " WHERE id = $1";
}

Digest digest_of(std::uint64_t number) {
  return {number, ~number};
}

/// Whatever drives an entry out, no name of it is left.
TEST(VerdictCache, WhatIsRememberedIsTheEntryUntilItIsDropped) {
  constexpr std::size_t kBytes = 16 << 10;  // of some 20 entries
  VerdictCache cache(kBytes);
  const auto name_of = [](std::uint64_t number) { return "text " + std::to_string(number); };
  EXPECT_EQ(cache.recall("text 0"), nullptr);
  EXPECT_EQ(cache.recall(""), nullptr);
  std::uint64_t recalled = 0;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    Judged judged;
    judged.enforced.object = name_of(number);
    cache.keep(digest_of(number), Facts(), judged);
    ASSERT_NE(cache.find(digest_of(number)), nullptr);
    cache.remember(name_of(number));
    for (std::uint64_t earlier = number < 70 ? 0 : number - 70; earlier <= number; ++earlier) {
      if (auto* known = cache.recall(name_of(earlier))) {
        ++recalled;
        EXPECT_EQ(known->text, digest_of(earlier));
        EXPECT_EQ(known->judged.front().enforced.object, name_of(earlier));
        EXPECT_EQ(cache.find(digest_of(earlier)), known);
      }
    }
    EXPECT_NE(cache.recall(name_of(number)), nullptr);
  }
  EXPECT_GT(cache.counts().evictions, 900U);
  EXPECT_GT(recalled, 5000U);
}

TEST(VerdictCache, ToBeRecalledIsToBeUsed) {
  VerdictCache cache(16 << 10);
  cache.keep(digest_of(0), Facts(), {});
  ASSERT_NE(cache.find(digest_of(0)), nullptr);
  cache.remember("often");
  for (std::uint64_t number = 1; number < 1000; ++number) {
    cache.keep(digest_of(number), Facts(), {});
    ASSERT_NE(cache.recall("often"), nullptr) << number;
    ASSERT_EQ(cache.recall("often")->text, digest_of(0));
  }
}

class Cached : public testing::Test {
 protected:
  /// A judge needs a parser, a parser one of few thread keys: one for all of these.
  static void SetUpTestSuite() { judge_ = new SqlJudge(SqlJudge::make(kBytes).value()); }
  static void TearDownTestSuite() { delete judge_; }
  static constexpr std::size_t kBytes = 64 << 10;
  static SqlJudge* judge_;
};
SqlJudge* Cached::judge_ = nullptr;

TEST_F(Cached, ATextIsKeptWhenItIsSeenAgainAndThenNeverParsed) {
  const auto subject = subject_of("{statements: [SELECT]}");
  const auto before = judge_->parses();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(judge_->judge("SELECT again FROM t", subject).allow);
  }
  EXPECT_EQ(judge_->parses() - before, 2U);
  EXPECT_GE(judge_->cache_counts().hits, 8U);
}

TEST_F(Cached, OneSubjectsAnswerIsNotAnothers) {
  const auto reader = subject_of("{users: [app], statements: [SELECT]}");
  const auto other = subject_of("{users: [app], statements: [SELECT]}", "other");
  const auto writer = subject_of("{statements: [INSERT]}");
  const std::string text = "SELECT mine FROM t";
  const auto before = judge_->parses();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(judge_->judge(text, reader).reason, SqlReason::kAllowed);
    EXPECT_EQ(judge_->judge(text, other).reason, SqlReason::kNoRule);
    EXPECT_EQ(judge_->judge(text, writer).reason, SqlReason::kKind);
  }
  EXPECT_EQ(judge_->parses() - before, 2U) << "facts serve every subject";
}

TEST_F(Cached, RulesThatSayTheSameShareAnswersAndOthersDoNot) {
  const std::string text = "SELECT reload FROM t";
  const auto first = subject_of("{statements: [SELECT], tables: [t]}");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(judge_->judge(text, first).allow);
  }
  const auto hits = judge_->cache_counts().hits;
  EXPECT_TRUE(judge_->judge(text, subject_of("{statements: [SELECT], tables: [t]}")).allow);
  EXPECT_EQ(judge_->cache_counts().hits, hits + 1);
  EXPECT_FALSE(judge_->judge(text, subject_of("{statements: [SELECT], tables: [u]}")).allow);
  auto context = app_context();
  context.search_path = {"other"};
  EXPECT_EQ(describe(SqlReason::kTable, judge_->judge(text, {rules_of("{tables: [public.t]}", ""), context}).object),
            "table: other.t");
}

TEST_F(Cached, StaysWithinItsBytes) {
  const auto subject = subject_of("{statements: [SELECT]}");
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 2000; ++i) {
      for (int twice = 0; twice < 2; ++twice) {
        EXPECT_TRUE(judge_->judge(text_of(i), subject).allow);
      }
      ASSERT_LE(judge_->cache_counts().bytes, kBytes);
    }
  }
  EXPECT_GT(judge_->cache_counts().evictions, 0U);
  EXPECT_GT(judge_->cache_counts().entries, 10U);
}

TEST_F(Cached, TextsThatComeOnceEvictNothing) {
  const auto subject = subject_of("{statements: [SELECT]}");
  const std::string text = "SELECT steady FROM t";
  (void)judge_->judge(text, subject);
  (void)judge_->judge(text, subject);
  const auto evicted = judge_->cache_counts().evictions;
  for (int i = 0; i < 2000; ++i) {
    (void)judge_->judge("SELECT id FROM t WHERE name = '" + std::to_string(i) + "'", subject);
  }
  EXPECT_EQ(judge_->cache_counts().evictions, evicted);
  const auto before = judge_->parses();
  (void)judge_->judge(text, subject);
  EXPECT_EQ(judge_->parses(), before);
}

TEST_F(Cached, FactsComeWithAHit) {
  const auto subject = subject_of("{statements: [PREPARE, SELECT]}");
  for (int i = 0; i < 4; ++i) {
    const auto verdict = judge_->judge("PREPARE p AS SELECT x FROM t", subject);
    ASSERT_EQ(verdict.facts->statements().size(), 1U);
    ASSERT_EQ(verdict.facts->statements()[0].defined.size(), 1U);
    EXPECT_EQ(verdict.facts->statements()[0].defined[0].name, "p");
  }
}

TEST_F(Cached, LongerTextsThanOneSubjectMaySendAreNotMistakenForAnothers) {
  const std::string text = "SELECT '" + std::string(2U << 20U, 'x') + "' FROM t";
  const auto wide = subject_of("{tables: [t], limits: {statementBytes: 4194304}}");
  const auto plain = subject_of("{tables: [t]}");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(judge_->judge(text, wide).reason, SqlReason::kAllowed);
    EXPECT_EQ(judge_->judge(text, plain).reason, SqlReason::kTooLong);
  }
}

TEST(VerdictCache, WithoutBytesKeepsNothing) {
  VerdictCache cache(0);
  EXPECT_FALSE(cache.admit({1, 2}));
  EXPECT_FALSE(cache.admit({1, 2}));
  EXPECT_EQ(cache.find({1, 2}), nullptr);
}

TEST(VerdictCache, KeepsAFewSubjectsOfAText) {
  VerdictCache cache(1 << 20);
  cache.keep({1, 2}, Facts(), Judged{{0, 0}, {}, {}});
  auto* entry = cache.find({1, 2});
  ASSERT_NE(entry, nullptr);
  for (std::uint64_t i = 1; i < 2 * VerdictCache::kMostSubjects; ++i) {
    (void)cache.add(*entry, Judged{{i, 0}, {}, {}});
  }
  EXPECT_EQ(entry->judged.size(), VerdictCache::kMostSubjects);
  EXPECT_EQ(entry->find({0, 0}), nullptr);
  EXPECT_NE(entry->find({2 * VerdictCache::kMostSubjects - 1, 0}), nullptr);
}

}  // namespace
}  // namespace gabion::inspect::sql
