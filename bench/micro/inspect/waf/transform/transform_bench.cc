// What a value costs before it is matched: its classes, and the chain most rules ask for, with and without work to do.
#include "inspect/waf/transform/transform.h"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gabion::inspect::waf::transform {
namespace {

using seclang::Transformation;

constexpr Transformation kChain[] = {Transformation::kUrlDecodeUni, Transformation::kHtmlEntityDecode,
                                     Transformation::kJsDecode, Transformation::kCssDecode,
                                     Transformation::kRemoveNulls};

constexpr std::string_view kAgent =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36";
constexpr std::string_view kAttack =
    "%3Cscript%3Ealert(%26quot;\\x41\\u0042\\43 &#39;)%3C/script%3E+%uff1cimg+src=x+onerror=\\61 lert(1)%3E%00";

/// `piece` repeated to at least `size` bytes and cut there.
std::string of_size(std::string_view piece, std::size_t size) {
  std::string value;
  while (value.size() < size) {
    value += piece;
  }
  value.resize(size);
  return value;
}

void classify(benchmark::State& state, const std::string& value) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(value.data());
    benchmark::DoNotOptimize(classes_of(value));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(value.size()));
}

void BM_ClassesOfWord(benchmark::State& state) {
  classify(state, "order_4711");
}
BENCHMARK(BM_ClassesOfWord);

void BM_ClassesOfProse(benchmark::State& state) {
  classify(state, of_size(kAgent, static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(BM_ClassesOfProse)->Arg(77)->Arg(1024)->Arg(16384);

/// Every step is applied, as if the classes said nothing.
void chain(benchmark::State& state, const std::string& value) {
  std::string from;
  std::string to;
  for (auto _ : state) {
    from.assign(value);
    for (const Transformation step : kChain) {
      benchmark::DoNotOptimize(apply(step, from, to));
      std::swap(from, to);
    }
    benchmark::DoNotOptimize(from.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(value.size()));
}

void BM_ChainOverProse(benchmark::State& state) {
  chain(state, of_size(kAgent, static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(BM_ChainOverProse)->Arg(77)->Arg(1024)->Arg(16384);

void BM_ChainOverEscapes(benchmark::State& state) {
  chain(state, of_size(kAttack, static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(BM_ChainOverEscapes)->Arg(77)->Arg(1024)->Arg(16384);

/// Only the steps that may change the value, as the engine goes.
void BM_ChainByClasses(benchmark::State& state) {
  const std::string value = of_size(kAgent, static_cast<std::size_t>(state.range(0)));
  std::string out;
  for (auto _ : state) {
    benchmark::DoNotOptimize(value.data());
    const ByteClasses classes = classes_of(value);
    for (const Transformation step : kChain) {
      if (may_change(step, classes)) {
        benchmark::DoNotOptimize(apply(step, value, out));
      }
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(value.size()));
}
BENCHMARK(BM_ChainByClasses)->Arg(77)->Arg(1024);

}  // namespace
}  // namespace gabion::inspect::waf::transform
