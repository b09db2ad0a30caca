// What a scan costs by size: a set of attack-like patterns over text that holds none of them.
#include "inspect/match/pattern_set.h"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <string>

namespace gabion::inspect::match {
namespace {

constexpr std::array kPatterns{
    Pattern{"union", R"(\bunion\s+(?:all\s+)?select\b)"}, Pattern{"script", R"(<script[\s>])"},
    Pattern{"passwd", R"(/etc/(?:passwd|shadow))"},       Pattern{"handler", R"(\bon(?:error|load|click)\s*=)"},
    Pattern{"sleep", R"(\b(?:sleep|benchmark)\s*\()"},    Pattern{"jndi", R"(\$\{jndi:)"},
};

void BM_PatternSetScan(benchmark::State& state) {
  const auto set = PatternSet::compile(kPatterns);
  Scratch scratch;
  if (set.has_error() || set->prepare(scratch).has_error()) {
    std::abort();
  }
  const std::string sentence = "The union of all selected orders was scripted on load; ";
  std::string value;
  while (value.size() < static_cast<std::size_t>(state.range(0))) {
    value += sentence;
  }
  value.resize(static_cast<std::size_t>(state.range(0)));
  MatchList matches;
  for (auto _ : state) {
    matches.clear();
    benchmark::DoNotOptimize(set->scan(value, scratch, matches));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_PatternSetScan)->RangeMultiplier(4)->Range(16, 1 << 20);

}  // namespace
}  // namespace gabion::inspect::match
