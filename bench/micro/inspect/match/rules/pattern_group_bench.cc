// What the patterns of Debian's Core Rule Set cost: first links at paranoia level 1 over an argument and over 8 KB.
#include "inspect/match/rules/pattern_group.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "inspect/match/rules/rule_regex.h"
#include "tests/inspect/match/rules/crs_patterns.h"

namespace gabion::inspect::match {
namespace {

using waf::seclang::Link;
using waf::seclang::Rule;
using waf::seclang::Target;
using waf::seclang::Variable;

bool looks_at_arguments(const Rule& rule, const Link& link) {
  const bool arguments = std::any_of(link.targets.begin(), link.targets.end(), [](const Target& target) {
    return target.variable == Variable::kArgs && !target.count && !target.exclude;
  });
  const auto& tags = rule.tags;
  return arguments && rule.phase == 2 && &link == &rule.links.front() &&
         std::find(tags.begin(), tags.end(), "paranoia-level/1") != tags.end();
}

const std::vector<RulePattern>& argument_patterns() {
  static const std::vector<RulePattern> patterns = crs_patterns(looks_at_arguments);
  return patterns;
}

const std::vector<RulePattern>& all_patterns() {
  static const std::vector<RulePattern> patterns = crs_patterns([](const Rule&, const Link&) { return true; });
  return patterns;
}

std::string value_of(std::int64_t size) {
  constexpr std::string_view kText = "The quick brown fox, page=17&sort=price it is 42% done at shop.example.com/a ";
  std::string value;
  while (value.size() < static_cast<std::size_t>(size)) {
    value += kText;
  }
  value.resize(static_cast<std::size_t>(size));
  return value;
}

/// The folder is kept for the next run: databases are compiled once.
GroupOptions with_cache() {
  GroupOptions options;
  options.cache_directory = (std::filesystem::temp_directory_path() / "gabion-bench-patterns").string();
  return options;
}

void show(benchmark::State& state, const GroupContents& contents) {
  state.counters["hyperscan"] = static_cast<double>(contents.exact);
  state.counters["re2"] = static_cast<double>(contents.linear);
  state.counters["pcre2"] = static_cast<double>(contents.single);
  state.counters["phrases"] = static_cast<double>(contents.phrases);
  state.counters["db_bytes"] = static_cast<double>(contents.database_bytes);
}

void scan(benchmark::State& state, const PatternGroup& group) {
  Scratch scratch;
  if (!group.prepare(scratch)) {
    std::abort();
  }
  HitSet hits;
  const std::string value = value_of(state.range(0));
  group.scan(value, scratch, hits);  // warm
  for (auto _ : state) {
    hits.clear();
    group.scan(value, scratch, hits);
    benchmark::DoNotOptimize(hits.any());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
  show(state, group.contents());
}

void scan_group(benchmark::State& state, const std::vector<RulePattern>& patterns) {
  if (patterns.empty()) {
    state.SkipWithError("modsecurity-crs is not installed");
    return;
  }
  scan(state, PatternGroup::compile(patterns, with_cache()).value());
}

void ArgumentsScan(benchmark::State& state) {
  scan_group(state, argument_patterns());
}
void AllScan(benchmark::State& state) {
  scan_group(state, all_patterns());
}

void ArgumentsScanFast(benchmark::State& state) {
  if (argument_patterns().empty()) {
    state.SkipWithError("modsecurity-crs is not installed");
    return;
  }
  scan(state, PatternGroup::compile_fast(argument_patterns()).value());
}

BENCHMARK(ArgumentsScan)->Arg(77)->Arg(8192);
BENCHMARK(ArgumentsScanFast)->Arg(77)->Arg(8192);
BENCHMARK(AllScan)->Arg(77)->Arg(8192);

void compile(benchmark::State& state, const std::vector<RulePattern>& patterns) {
  if (patterns.empty()) {
    state.SkipWithError("modsecurity-crs is not installed");
    return;
  }
  for (auto _ : state) {
    show(state, PatternGroup::compile(patterns).value().contents());
  }
}

void ArgumentsCompile(benchmark::State& state) {
  compile(state, argument_patterns());
}
void AllCompile(benchmark::State& state) {
  compile(state, all_patterns());
}

void AllCompileFast(benchmark::State& state) {
  for (auto _ : state) {
    show(state, PatternGroup::compile_fast(all_patterns()).value().contents());
  }
}

void AllLoad(benchmark::State& state) {
  const GroupOptions options = with_cache();
  static_cast<void>(PatternGroup::compile(all_patterns(), options).value());
  for (auto _ : state) {
    show(state, PatternGroup::load(all_patterns(), options).value().contents());
  }
}

BENCHMARK(ArgumentsCompile)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(AllCompile)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(AllCompileFast)->Unit(benchmark::kMillisecond);
BENCHMARK(AllLoad)->Unit(benchmark::kMillisecond);

/// Memory of every expression on PCRE2, were all compiled for captures; compiled at the first hit they hold nothing.
void CapturesCompile(benchmark::State& state) {
  for (auto _ : state) {
    std::size_t bytes = 0;
    for (const RulePattern& pattern : all_patterns()) {
      if (pattern.kind == RulePattern::Kind::kRegex) {
        bytes += RuleRegex::compile(pattern.expression).value().bytes();
      }
    }
    state.counters["bytes"] = static_cast<double>(bytes);
  }
}
BENCHMARK(CapturesCompile)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gabion::inspect::match
