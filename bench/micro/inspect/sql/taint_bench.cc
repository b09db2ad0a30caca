// What taint costs: a statement without a candidate, with some, with thousands; a hit; a request's values.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "inspect/sql/taint/collector.h"
#include "inspect/sql/taint/taint_judge.h"

namespace gabion::inspect::sql::taint {
namespace {

constexpr std::string_view kPointSelect = "SELECT abalance FROM pgbench_accounts WHERE aid = 42";

/// A store with `count` values of requests that are open.
class Values {
 public:
  explicit Values(std::int64_t count) : requests_(static_cast<std::size_t>(count)) {
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      const std::string value = "user-" + std::to_string(i) + "@example.com";
      const Candidate candidate{value, "query:q"};
      store.add(requests_[i], nullptr, {&candidate, 1}, CandidateStore::Clock::now());
    }
  }

  CandidateStore store{config::SqlTaintConfig()};

 private:
  std::vector<CandidateStore::Request> requests_;
};

void check(benchmark::State& state, const std::string& statement, std::int64_t values) {
  Values kept(values);
  TaintJudge judge;
  for (auto _ : state) {
    if (!kept.store.empty()) {
      benchmark::DoNotOptimize(judge.check(kept.store, statement, CandidateStore::Clock::now()));
    }
  }
}

void BM_TaintPointSelect(benchmark::State& state) {
  check(state, std::string(kPointSelect), state.range(0));
}
BENCHMARK(BM_TaintPointSelect)->Arg(0)->Arg(1)->Arg(100)->Arg(10'000);

void BM_TaintInsertOf5KB(benchmark::State& state) {
  std::string statement = "INSERT INTO t VALUES ";
  for (int i = 0; i < 100; ++i) {
    statement += "(" + std::to_string(i) + ", 'some text of a row', 12.5, 'and more of it', now()),";
  }
  check(state, statement, state.range(0));
}
BENCHMARK(BM_TaintInsertOf5KB)->Arg(0)->Arg(100);

void BM_TaintHitInALiteral(benchmark::State& state) {
  check(state, "SELECT id, name FROM users WHERE email = 'user-7@example.com' AND live", 100);
}
BENCHMARK(BM_TaintHitInALiteral);

void BM_TaintRequest(benchmark::State& state) {
  CandidateStore store{config::SqlTaintConfig()};
  Collector collector{config::SqlTaintConfig()};
  for (auto _ : state) {
    collector.reset();
    collector.add_form("query", "page=2&sort=price&q=red+shoes%2C+size+9&email=a%40example.com");
    collector.add_path("/api/v1/items");
    collector.add({"header", "user-agent"}, "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0");
    CandidateStore::Request request;
    store.add(request, nullptr, collector.fresh(), CandidateStore::Clock::now());
    store.close(request, CandidateStore::Clock::now());
  }
}
BENCHMARK(BM_TaintRequest);

}  // namespace
}  // namespace gabion::inspect::sql::taint
