// What a rule looks for in a value: a regular expression or a list of phrases.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gabion::inspect::match {

/// Steps of one PCRE2 match before it gives up, SecPcreMatchLimit's default.
inline constexpr std::uint32_t kDefaultMatchLimit = 100'000;

struct RulePattern {
  enum class Kind : std::uint8_t {
    kRegex,    ///< @rx: PCRE2's verdict with DOTALL and MULTILINE, on bytes, case as in the expression
    kPhrases,  ///< @pm, @pmFromFile: one of the phrases is in the value, ASCII letters without case
  };

  std::uint32_t id = 0;  ///< its bit in a HitSet: dense over the plan, once in a group
  Kind kind = Kind::kRegex;
  std::string name;                  ///< for error messages: the rule, or its file and line
  std::string expression;            ///< kRegex; may hold any byte
  std::vector<std::string> phrases;  ///< kPhrases; none is empty. No phrases: never matches
};

}  // namespace gabion::inspect::match
