// What a stranger's values make another's statement cost, counted and not timed.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "inspect/sql/taint/taint_judge.h"

namespace gabion::inspect::sql::taint {
namespace {

constexpr auto kNow = CandidateStore::Clock::time_point(std::chrono::hours(1));
constexpr std::string_view kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A store with the values of requests, 64 each, of one trace or none.
class Strangers {
 public:
  explicit Strangers(const std::vector<std::string>& values, std::string_view traceparent = {}) {
    const auto trace = read_traceparent(traceparent);
    for (std::size_t i = 0; i < values.size(); i += 64) {
      CandidateStore::Request& request = requests_.emplace_back();
      for (std::size_t j = i; j < values.size() && j < i + 64; ++j) {
        const Candidate candidate{values[j], "query:q"};
        store.add(request, trace ? &*trace : nullptr, {&candidate, 1}, kNow);
      }
    }
    EXPECT_EQ(store.counts().dropped, 0U);
  }
  ~Strangers() {
    for (auto& request : requests_) {
      store.close(request, kNow);
    }
  }

  Taint check(std::string_view statement) { return judge.check(store, statement, kNow).taint; }

  CandidateStore store{config::SqlTaintConfig()};
  TaintJudge judge;

 private:
  std::vector<CandidateStore::Request> requests_;
};

TEST(TaintCost, ValuesThatBreakOffALongRunAtEachOfItsLengthsAreNotMetOneByOne) {
  std::vector<std::string> values;
  for (std::size_t i = 5; i <= 900; ++i) {
    values.push_back(std::string(i, '0') + "!");
  }
  Strangers strangers(values);
  const std::string statement = "INSERT INTO files VALUES ('\\x" + std::string(900, '0') + "')";
  EXPECT_EQ(strangers.check(statement), Taint::kClean);
  EXPECT_LT(strangers.judge.work(), 3'000'000U);
  EXPECT_EQ(strangers.check("INSERT INTO files VALUES ('\\x" + std::string(4000, '0') + "')"), Taint::kClean);
}

TEST(TaintCost, ValuesThatStandThereWholeAtEachLengthAreToldAndNoMore) {
  std::vector<std::string> values;
  for (std::size_t i = 5; i <= 600; ++i) {
    values.emplace_back(i, '0');
  }
  Strangers strangers(values);
  EXPECT_EQ(strangers.check("INSERT INTO files VALUES ('\\x" + std::string(600, '0') + "')"), Taint::kClean);
}

/// Values that are a run in each length up to `most`, and a statement with `run` of the same bytes in one literal.
Taint check_runs(std::size_t most, std::size_t run) {
  std::vector<std::string> values;
  for (std::size_t i = 5; i <= most; ++i) {
    values.emplace_back(i, '0');
  }
  Strangers strangers(values);
  return strangers.check("INSERT INTO files VALUES ('\\x" + std::string(run, '0') + "')");
}

/// The shortest run that is given up beside values of all lengths up to its own, or up to `most`.
std::size_t first_given_up(std::size_t most) {
  std::size_t fits = 0;
  std::size_t given_up = 4096;
  while (fits + 1 < given_up) {
    const std::size_t run = (fits + given_up) / 2;
    (check_runs(std::min(most, run), run) == Taint::kTooLong ? given_up : fits) = run;
  }
  return given_up;
}

/// What docs/sql-taint.md says of the default configuration: counted work, the same on every machine.
TEST(TaintCost, ARunBesideValuesThatAreTheRunIsGivenUpAtALengthThatIsKnown) {
  const std::size_t alone = first_given_up(4096);
  const std::size_t short_values = first_given_up(200);
  std::cout << "given up: a run of " << alone << " equal bytes beside values of all lengths up to it, one of "
            << short_values << " beside values of at most 200\n";
  EXPECT_EQ(alone, 988U);
  EXPECT_EQ(short_values, 2619U);
}

TEST(TaintCost, ManyValuesCostAPlaceNothingThatDoesNotBeginLikeOne) {
  std::vector<std::string> values;
  std::uint32_t state = 7;
  for (int i = 0; i < 20'000; ++i) {
    std::string value;
    for (int j = 0; j < 12; ++j) {
      state = state * 1'664'525U + 1'013'904'223U;
      value += static_cast<char>('a' + (state >> 24U) % 26);
    }
    values.push_back(value);
  }
  Strangers strangers(values);
  std::string statement = "SELECT '";
  for (int i = 0; i < 1'000'000; ++i) {
    state = state * 1'664'525U + 1'013'904'223U;
    statement += static_cast<char>('0' + (state >> 24U) % 10);
  }
  EXPECT_EQ(strangers.check(statement + "'"), Taint::kClean);
  EXPECT_LT(strangers.judge.work(), 2 * statement.size()) << "a step for each place at most";
}

TEST(TaintCost, ATraceOfManyRequestsIsReadOnceAStatement) {
  std::vector<std::string> values;
  for (int i = 0; i < 25'000; ++i) {
    values.push_back("value " + std::to_string(i));
  }
  Strangers strangers(values, kTrace);
  CandidateStore::Request other;
  const Candidate candidate{"aaaa!", "query:q"};
  strangers.store.add(other, nullptr, {&candidate, 1}, kNow);
  std::string statement = "SELECT '";
  for (int i = 0; i < 20'000; ++i) {
    statement += "aaaa! ";
  }
  statement += "' /*traceparent='" + std::string(kTrace) + "'*/";
  EXPECT_EQ(strangers.check(statement), Taint::kClean);
  EXPECT_LT(strangers.judge.work(), 14'000'000U) << "and not 20,000 times 25,000";
  strangers.store.close(other, kNow);
}

TEST(TaintCost, AListBehindOrderByIsReadOnceAStatement) {
  Strangers strangers({"ab, cd"});
  std::string statement = "SELECT 1 FROM t ORDER BY ab, cd";
  for (int i = 0; i < 10'000; ++i) {
    statement += ", ab, cd";
  }
  EXPECT_EQ(strangers.check(statement), Taint::kClean);
  EXPECT_LT(strangers.judge.work(), 2'000'000U) << "and not 10,000 times 40,000 tokens";
}

}  // namespace
}  // namespace gabion::inspect::sql::taint
