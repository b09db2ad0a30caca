// What one call of Scanner::scan has at hand. Private to the scanner.
#pragma once

#include <array>
#include <optional>

#include "inspect/dlp/cues.h"
#include "inspect/dlp/scanner.h"

namespace gabion::inspect::dlp {

/// Bytes behind a value that decide about it: the cue window, and what its edge needs.
inline constexpr std::size_t kBytesBehind = 34;
/// Bytes behind the place where a value is found to begin, before which it is not looked at.
inline constexpr std::size_t kLookahead = kMaxValueBytes + kBytesBehind;
/// Begin of the held tail, from the end of the text.
inline constexpr std::size_t kHeldBytes = kLookahead + kMaxValueBytes;
static_assert(kHeldBytes <= Scanner::kMaxTail);

struct Scanner::Call {
  HeldText text;
  More more = More::kFollows;
  const FieldSource& fields;
  Scratch& scratch;
  std::vector<Match>& out;
  const TypeSet::Tables& tables;

  /// What surrounds the values that begin at one place, read once for all forms that are tried there.
  struct Nearby {
    FlatOffset begin = kNowhere;
    FlatOffset end = kNowhere;
    FieldPlace place;
    std::string_view before;                       ///< in the text, or in `copied`
    std::array<char, kCueBytesBefore + 1> copied;  ///< where some of it is history
    CueWords words;                                ///< before it, and of the field's names
    CueWords words_behind;                         ///< behind `end`
    static constexpr FlatOffset kNowhere = ~FlatOffset{0};
  };
  Nearby nearby;

  /// Values found to begin before it can be decided: all that may decide them is there.
  [[nodiscard]] FlatOffset limit() const noexcept {
    if (more == More::kEnd) {
      return text.end() + 1;
    }
    return text.end() - std::min<FlatOffset>(text.end(), kLookahead - 1);
  }

  /// The match a form that passed makes, with its score; nothing: it lies across values, or is not sure enough.
  [[nodiscard]] std::optional<Match> judge(TypeIndex type, const Worth& worth, FlatOffset begin,
                                           FlatOffset end) noexcept;
  /// False: a value of this worth that stood there would not be sure enough. Much cheaper than judge().
  [[nodiscard]] bool may_count(TypeIndex type, const Worth& worth, FlatOffset begin, FlatOffset end) noexcept;

 private:
  void look_around(FlatOffset begin, FlatOffset end) noexcept;
  [[nodiscard]] std::string_view before(FlatOffset begin) noexcept;
  [[nodiscard]] std::string_view behind(FlatOffset end) const noexcept;
};

}  // namespace gabion::inspect::dlp
