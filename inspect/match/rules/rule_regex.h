// One regular expression of a rule on PCRE2: the verdict all other engines must agree with, and its captures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "config/result.h"
#include "inspect/match/rules/rule_pattern.h"
#include "inspect/scratch.h"

struct pcre2_real_code_8;

namespace gabion::inspect::match {

/// kUndecided: the match limit, or no memory. The caller must not take it for kNoMatch.
enum class RegexVerdict : std::uint8_t { kNoMatch, kMatch, kUndecided };

/// Views into the value that was matched.
struct Captures {
  static constexpr std::size_t kGroups = 10;
  /// TX.0 (the whole match) to TX.9; nullopt: the group took no part.
  std::array<std::optional<std::string_view>, kGroups> groups;
};

enum class CaseRule : std::uint8_t { kAsWritten, kWithoutCase };

struct RegexOptions {
  std::uint32_t match_limit = kDefaultMatchLimit;
  CaseRule letters = CaseRule::kAsWritten;
};

/// Immutable, shared by all workers. DOTALL and MULTILINE, as ModSecurity v3; compiled to machine code where the
/// machine allows it.
class RuleRegex {
 public:
  /// Error: not PCRE2 syntax, or larger than PCRE2 takes; `where` is left to the caller.
  [[nodiscard]] static config::Result<RuleRegex> compile(std::string_view pattern, RegexOptions options = {});
  RuleRegex(RuleRegex&&) noexcept;
  RuleRegex& operator=(RuleRegex&&) noexcept;
  ~RuleRegex();

  /// Anywhere in `value`. Allocates at the first use of `scratch` only.
  [[nodiscard]] RegexVerdict match(std::string_view value, Scratch& scratch) const noexcept;
  /// The same; sets `captures` on kMatch, else leaves it alone.
  [[nodiscard]] RegexVerdict match(std::string_view value, Scratch& scratch, Captures& captures) const noexcept;

  /// Memory it holds.
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  struct Deleter {
    void operator()(pcre2_real_code_8* code) const noexcept;
  };
  RuleRegex(pcre2_real_code_8* code, std::uint32_t match_limit) noexcept : code_(code), match_limit_(match_limit) {}
  [[nodiscard]] int run(std::string_view value, Scratch& scratch) const noexcept;

  std::unique_ptr<pcre2_real_code_8, Deleter> code_;
  std::uint32_t match_limit_;
};

/// A RuleRegex that is compiled at the first match(), by whichever worker comes first: for captures, which only values
/// with a hit need. A pattern that does not compile is undecided for ever.
class LazyRegex {
 public:
  explicit LazyRegex(std::string pattern, RegexOptions options = {}) noexcept
      : pattern_(std::move(pattern)), options_(options) {}

  [[nodiscard]] RegexVerdict match(std::string_view value, Scratch& scratch, Captures& captures) const noexcept;
  /// Compiles it now, where the first value would have to wait for it.
  void prepare() const noexcept;
  [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }

 private:
  std::string pattern_;
  RegexOptions options_;
  mutable std::once_flag once_;
  mutable std::optional<RuleRegex> compiled_;
};

}  // namespace gabion::inspect::match
