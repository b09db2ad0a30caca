// Patterns on RE2's set automaton: those Hyperscan does not take or is slow with, still all in one pass.
#pragma once

#include <re2/set.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "inspect/match/rules/exact_set.h"
#include "inspect/match/rules/hit_set.h"
#include "inspect/match/rules/rule_regex.h"

namespace gabion::inspect::match {

/// Shared by all workers. RE2 builds its automaton while it scans: up to kMaxMemoryBytes, from then on it starts anew.
/// Each pattern has its RuleRegex too, which decides where RE2 cannot. Private to inspect/match.
class LinearSet {
 public:
  static constexpr std::int64_t kMaxMemoryBytes = 16 << 20;

  /// Which of `patterns` RE2 takes and, on `probes`, judges as PCRE2 does; the rest goes to `refused`. Null: none.
  [[nodiscard]] static std::optional<LinearSet> compile(const PatternList& patterns, PatternList& refused,
                                                        std::span<const std::string_view> probes,
                                                        std::uint32_t match_limit);

  void scan(std::string_view value, Scratch& scratch, HitSet& hits) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }

 private:
  struct Member {
    std::uint32_t id;
    RuleRegex regex;
  };

  LinearSet(re2::RE2::Set set, std::vector<Member> members) noexcept;
  [[nodiscard]] bool scan_with_re2(std::string_view value, Scratch& scratch, HitSet& hits) const;

  re2::RE2::Set set_;
  std::vector<Member> members_;  ///< in the order of the set
};

/// Sets what `verdict` says of pattern `id`.
void note(RegexVerdict verdict, std::uint32_t id, HitSet& hits) noexcept;

}  // namespace gabion::inspect::match
