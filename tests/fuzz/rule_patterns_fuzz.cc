// A value: Hyperscan, RE2 and PCRE2 must agree about patterns of every kind, however their group was made.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/match/rules/engine_choice.h"
#include "inspect/match/rules/exact_set.h"
#include "inspect/match/rules/exact_trial.h"
#include "inspect/match/rules/linear_set.h"
#include "inspect/match/rules/pattern_group.h"
#include "inspect/match/rules/rule_regex.h"

using namespace gabion::inspect::match;  // NOLINT(google-build-using-namespace)
using gabion::inspect::Scratch;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// Anchors, line ends, boundaries, white space, bytes above ASCII, case: where engines part.
std::vector<RulePattern> make_patterns() {
  std::vector<RulePattern> patterns;
  for (const char* expression : {R"(^\s+x)",
                                 R"(x\s*$)",
                                 R"(^x)",
                                 R"(x$)",
                                 R"(\bor\b\s*\S)",
                                 R"((?i)union\s+(?:all\s+)?select)",
                                 R"([^\s\w]{3,})",
                                 R"(\x00)",
                                 R"(\xa0|\xff)",
                                 R"([\x80-\xbf]x)",
                                 R"(a.b)",
                                 R"((?:^|[^a-z])sh\W)",
                                 R"(\r?\n\r?\n)",
                                 R"(x\n^)",
                                 R"((?i)<[^>]*script)",
                                 R"(\A\d+\z)",
                                 R"(\B'\B)",
                                 R"([[:space:]][[:punct:]])",
                                 R"((?:\.\./){2})",
                                 R"((?i:SeT)-cookie)"}) {
    patterns.push_back({.id = static_cast<std::uint32_t>(patterns.size()),
                        .kind = RulePattern::Kind::kRegex,
                        .name = expression,
                        .expression = expression,
                        .phrases = {}});
  }
  return patterns;
}

struct Engines {
  std::vector<RulePattern> patterns = make_patterns();
  PatternList exact_patterns;
  PatternList linear_patterns;
  std::vector<RuleRegex> regexes;
  std::optional<ExactSet> exact;
  std::optional<LinearSet> linear;
  std::optional<PatternGroup> group;
  Scratch scratch;

  Engines() {
    PatternList refused;
    PatternList all;
    for (const RulePattern& pattern : patterns) {
      all.push_back(&pattern);
      regexes.push_back(RuleRegex::compile(pattern.expression).value());
      if (suits_hyperscan(pattern, regexes.back(), Platform::kNative)) {
        exact_patterns.push_back(&pattern);
      }
    }
    exact = ExactSet::of_regexes(exact_patterns, refused, Platform::kNative);
    PatternList not_linear;
    linear = LinearSet::compile(all, not_linear, probe_values(), kDefaultMatchLimit);
    std::copy_if(all.begin(), all.end(), std::back_inserter(linear_patterns), [&](const RulePattern* pattern) {
      return std::find(not_linear.begin(), not_linear.end(), pattern) == not_linear.end();
    });
    group = PatternGroup::compile(patterns).value();
    require(exact && linear && exact_patterns.size() > 10 && linear_patterns.size() > 10);
    require(exact->prepare(scratch).has_value() && group->prepare(scratch).has_value());
  }
};

void require_same(const PatternList& patterns, const HitSet& hits, const std::vector<bool>& wanted) {
  for (const RulePattern* pattern : patterns) {
    require(hits.test(pattern->id) == wanted[pattern->id] && !hits.undecided(pattern->id));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Engines engines;
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  std::vector<bool> wanted;
  for (const RuleRegex& regex : engines.regexes) {
    const RegexVerdict verdict = regex.match(value, engines.scratch);
    if (verdict == RegexVerdict::kUndecided) {
      return 0;
    }
    wanted.push_back(verdict == RegexVerdict::kMatch);
  }
  HitSet hits(engines.patterns.size());
  engines.exact->scan(value, engines.scratch, hits);
  require_same(engines.exact_patterns, hits, wanted);
  hits.clear();
  engines.linear->scan(value, engines.scratch, hits);
  require_same(engines.linear_patterns, hits, wanted);
  hits.clear();
  engines.group->scan(value, engines.scratch, hits);
  for (std::size_t id = 0; id < wanted.size(); ++id) {
    require(hits.test(static_cast<std::uint32_t>(id)) == wanted[id]);
  }
  return 0;
}
