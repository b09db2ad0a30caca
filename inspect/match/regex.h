// A regular expression of a policy: RE2, so that no pattern and no input takes more than linear time.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "config/result.h"

namespace re2 {
class RE2;
}

namespace gabion::inspect::match {

/// kFold: letters of either case are the same, beyond ASCII too.
enum class Letters : std::uint8_t { kExact, kFold };

/// Immutable and safe to share between threads. UTF-8; '.' also meets a line break.
class Regex {
 public:
  /// Memory one expression may use, program and automaton together; four times that with folded letters, each of
  /// which is several.
  static constexpr std::int64_t kMaxMemoryBytes = 1 << 20;

  /// Error: not RE2 syntax, or larger than kMaxMemoryBytes; `where` is left to the caller.
  [[nodiscard]] static config::Result<Regex> compile(std::string_view pattern, Letters letters = Letters::kExact);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  /// True if the expression meets the whole of `text`. The first calls build the automaton and may allocate.
  [[nodiscard]] bool matches_all_of(std::string_view text) const;

 private:
  explicit Regex(std::unique_ptr<re2::RE2> compiled) noexcept;
  std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace gabion::inspect::match
