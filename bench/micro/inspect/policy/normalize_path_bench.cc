// What it costs to know what a path really is: nothing to change, something to change, the worst that fits a line.
#include "inspect/policy/normalize_path.h"

#include <benchmark/benchmark.h>

#include <string>

namespace gabion::inspect::policy {
namespace {

void normalize(benchmark::State& state, const std::string& target) {
  std::string buffer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(normalize_target(target, config::PathLevel::kBase, buffer));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(target.size()));
}

void BM_NormalizeOrdinary(benchmark::State& state) {
  normalize(state, "/api/v1/orders/4711/lines?page=2&sort=price");
}
BENCHMARK(BM_NormalizeOrdinary);

void BM_NormalizeEscapes(benchmark::State& state) {
  normalize(state, "/api/%7Euser/./orders/../lines%2Ejson?page=2");
}
BENCHMARK(BM_NormalizeEscapes);

void BM_NormalizeDotSegments(benchmark::State& state) {
  std::string target;
  while (target.size() < 8000) {
    target += "/a/..";
  }
  normalize(state, target);
}
BENCHMARK(BM_NormalizeDotSegments);

}  // namespace
}  // namespace gabion::inspect::policy
