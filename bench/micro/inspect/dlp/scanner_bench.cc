// MB/s of the default types over text in which nothing is to be found, and over text that is full of numbers.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <vector>

#include "inspect/dlp/scanner.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kBodyBytes = 1U << 20;

std::string repeated(std::string_view text) {
  std::string body;
  while (body.size() < kBodyBytes) {
    body += text;
  }
  return body;
}

std::string prose() {
  return repeated("The quick brown fox jumps over the lazy dog, while nobody counts what it costs to look at it. ");
}

std::string json() {
  return repeated(
      R"({"id":48213,"name":"Ada Lovelace","tags":["blue","green"],"price":12.50,"active":true,"note":"ships in a week",)"
      R"("url":"https://shop.example/items/48213","description":"A small thing that does what it should"},)");
}

/// Every value is a number or an identifier: what costs most.
std::string numbers() {
  return repeated(
      R"({"ts":1690000000000,"user":"7f9c24e8-3b1a-4f6d-9c2e-5a8b7d6e4f3c","seq":4821399182,"lat":52.520008,"n":)"
      R"([130692547,9434765918,44051401459],"at":"2024-05-06T07:08:09.123Z","etag":"9b74c9897bac770ffc029102a200c5de"},)");
}

void scan(benchmark::State& state, const std::string& body) {
  auto types = TypeSet::compile({});
  Scratch scratch;
  if (!types || !types->prepare(scratch)) {
    state.SkipWithError("the types do not compile");
    return;
  }
  Scanner scanner(*types);
  std::vector<Match> found;
  const auto piece = static_cast<std::size_t>(state.range(0));
  std::size_t matches = 0;
  for (auto _ : state) {
    if (scanner.begin() != match::ScanStatus::kDone) {
      state.SkipWithError("no stream");
      return;
    }
    found.clear();
    for (std::size_t given = 0; given < body.size();) {
      given = std::min(body.size(), given + piece);
      const auto from = static_cast<std::size_t>(scanner.decided());
      const std::string_view window = std::string_view(body).substr(from, given - from);
      const auto more = given == body.size() ? Scanner::More::kEnd : Scanner::More::kFollows;
      if (scanner.scan(window, from, more, NoFields(), scratch, found) != match::ScanStatus::kDone) {
        state.SkipWithError("no scan");
        return;
      }
    }
    matches = found.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
  state.counters["matches"] = static_cast<double>(matches);
}

void BM_DlpProse(benchmark::State& state) {
  scan(state, prose());
}
void BM_DlpJson(benchmark::State& state) {
  scan(state, json());
}
void BM_DlpNumbers(benchmark::State& state) {
  scan(state, numbers());
}

constexpr std::int64_t kRecord = 16 << 10;
constexpr std::int64_t kPacket = 1460;

BENCHMARK(BM_DlpProse)->Arg(kRecord)->Arg(kPacket);
BENCHMARK(BM_DlpJson)->Arg(kRecord)->Arg(kPacket);
BENCHMARK(BM_DlpNumbers)->Arg(kRecord)->Arg(kPacket);

}  // namespace
}  // namespace gabion::inspect::dlp
