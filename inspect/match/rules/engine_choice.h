// Which engine takes which pattern, decided by asking the engines and comparing their answers with PCRE2's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "config/result.h"
#include "inspect/match/rules/exact_set.h"
#include "inspect/match/rules/group_options.h"
#include "inspect/match/rules/rule_pattern.h"

namespace gabion::inspect::match {

/// Values are stored on disk.
enum class Engine : std::uint8_t {
  kPhrases = 1,  ///< Hyperscan's literals
  kExact = 2,    ///< Hyperscan
  kLinear = 3,   ///< RE2, and PCRE2 for what RE2 does not take
  kSingle = 4,   ///< PCRE2
};

/// What takes long to find out. Private to inspect/match.
struct EngineChoice {
  std::vector<Engine> engines;      ///< for each pattern, in order
  std::optional<ExactSet> regexes;  ///< of those on kExact
  std::optional<ExactSet> phrases;  ///< of those on kPhrases; nullopt also where they are still to be compiled
};

/// Every pattern is checked first: errors are of all of them, in order.
[[nodiscard]] config::CheckedResult<EngineChoice> choose_engines(std::span<const RulePattern> patterns,
                                                                 const GroupOptions& options);
/// Without Hyperscan and RE2 for regular expressions.
[[nodiscard]] config::CheckedResult<EngineChoice> choose_quickly(std::span<const RulePattern> patterns);

}  // namespace gabion::inspect::match
