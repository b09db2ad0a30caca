// How long values are kept, how many of them, and that readers and writers may come at the same time.
#include "inspect/sql/taint/candidate_store.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace gabion::inspect::sql::taint {
namespace {

using namespace std::chrono_literals;

constexpr auto kNow = CandidateStore::Clock::time_point(1h);

void add(CandidateStore& store, CandidateStore::Request& request, std::string_view value,
         CandidateStore::Clock::time_point now = kNow) {
  const Candidate candidate{value, "query:q"};
  store.add(request, nullptr, {&candidate, 1}, now);
}

std::size_t hits(CandidateStore& store, std::string_view statement, CandidateStore::Clock::time_point now = kNow) {
  Found found;
  EXPECT_EQ(store.find(statement, nullptr, now, found), CandidateStore::Search::kAll);
  return found.hits.size();
}

TEST(CandidateStoreTest, KeepsValuesWhileTheirRequestIsOpenAndForTheGraceWindow) {
  CandidateStore store{config::SqlTaintConfig()};
  EXPECT_TRUE(store.empty());
  CandidateStore::Request request;
  add(store, request, "a = 'b");
  EXPECT_FALSE(store.empty());
  EXPECT_EQ(hits(store, "SELECT a = 'b'", kNow + 24h), 1U);
  store.close(request, kNow + 24h);
  EXPECT_FALSE(request.is_open());
  EXPECT_EQ(hits(store, "SELECT a = 'b'", kNow + 24h + 2s), 1U);
  EXPECT_EQ(hits(store, "SELECT a = 'b'", kNow + 24h + 2001ms), 0U);
  EXPECT_TRUE(store.empty());
  EXPECT_EQ(store.counts().bytes, 0U);
}

TEST(CandidateStoreTest, AValueOfTwoRequestsLivesAsLongAsTheLastOfThem) {
  CandidateStore store{config::SqlTaintConfig()};
  CandidateStore::Request first;
  CandidateStore::Request second;
  add(store, first, "a = 'b");
  add(store, second, "A = 'B");
  EXPECT_EQ(store.counts().values, 1U);
  store.close(first, kNow);
  EXPECT_EQ(hits(store, "SELECT a = 'b'", kNow + 1h), 1U);
  store.close(second, kNow + 1h);
  EXPECT_EQ(hits(store, "SELECT a = 'b'", kNow + 1h + 1s), 1U);
  EXPECT_EQ(hits(store, "SELECT a = 'b'", kNow + 1h + 3s), 0U);
}

TEST(CandidateStoreTest, FindsEveryValueAtEveryPlace) {
  for (const std::uint32_t least : {3U, 4U, 5U, 6U, 7U, 8U}) {
    config::SqlTaintConfig config;
    config.min_length = least;
    CandidateStore store{config};
    CandidateStore::Request request;
    const std::string value = std::string("'='='='='").substr(0, least);
    add(store, request, value);
    for (std::size_t before = 0; before < 20; ++before) {
      for (std::size_t after = 0; after < 20; ++after) {
        const std::string statement = std::string(before, 'x') + value + std::string(after, 'x');
        Found found;
        ASSERT_EQ(store.find(statement, nullptr, kNow, found), CandidateStore::Search::kAll);
        ASSERT_EQ(found.hits.size(), 1U) << least << " bytes in " << statement;
        EXPECT_EQ(found.hits.front().begin, before);
        EXPECT_EQ(found.hits.front().end, before + value.size());
      }
    }
    EXPECT_EQ(hits(store, value.substr(1)), 0U);
    EXPECT_EQ(hits(store, ""), 0U);
    store.close(request, kNow);
  }
}

TEST(CandidateStoreTest, ForgetsEndedRequestsFirstWhenItIsFull) {
  config::SqlTaintConfig config;
  config.memory_bytes = 1U << 20U;
  CandidateStore store{config};
  CandidateStore::Request ended;
  add(store, ended, "a = 'b");
  store.close(ended, kNow);
  std::vector<CandidateStore::Request> open(64);
  for (std::size_t i = 0; i < open.size(); ++i) {
    add(store, open[i], std::to_string(i) + std::string(32'000, '\''));
  }
  EXPECT_EQ(store.counts().evicted, 1U);
  EXPECT_GT(store.counts().dropped, 0U);
  EXPECT_LE(store.counts().bytes, config.memory_bytes);
  EXPECT_EQ(hits(store, "SELECT a = 'b'"), 0U);
  EXPECT_EQ(hits(store, "0" + std::string(32'000, '\'')), 1U);
  for (auto& request : open) {
    store.close(request, kNow);
  }
  add(store, ended, "a = 'b", kNow + 1min);
  EXPECT_EQ(store.counts().values, 1U);
  store.close(ended, kNow + 1min);
}

TEST(CandidateStoreTest, ReadersAndWritersMayComeAtTheSameTime) {
  CandidateStore store{config::SqlTaintConfig()};
  CandidateStore::Request stays;
  add(store, stays, "stays = 'here", CandidateStore::Clock::now());
  constexpr int kRounds = 3000;
  const auto write = [&store](int who) {
    for (int i = 0; i < kRounds; ++i) {
      CandidateStore::Request request;
      add(store, request, "'" + std::to_string(who) + "-" + std::to_string(i % 50), CandidateStore::Clock::now());
      store.close(request, CandidateStore::Clock::now());
    }
  };
  const auto read = [&store] {
    for (int i = 0; i < kRounds; ++i) {
      EXPECT_EQ(hits(store, "SELECT stays = 'here'", CandidateStore::Clock::now()), 1U);
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back(write, 1);
  threads.emplace_back(write, 2);
  threads.emplace_back(read);
  threads.emplace_back(read);
  for (std::thread& thread : threads) {
    thread.join();
  }
  store.close(stays, CandidateStore::Clock::now());
  EXPECT_EQ(store.counts().dropped, 0U);
}

}  // namespace
}  // namespace gabion::inspect::sql::taint
