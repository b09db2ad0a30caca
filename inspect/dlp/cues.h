// Words near a candidate that speak for it or against it: whole words only, in text and in names of fields.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gabion::inspect::dlp {

/// How far cues are looked for.
inline constexpr std::size_t kCueBytesBefore = 64;
inline constexpr std::size_t kCueBytesBehind = 32;
inline constexpr std::size_t kCueWordsBefore = 5;
inline constexpr std::size_t kCueWordsBehind = 3;

/// Cues of a type: lists apart by '|', in small letters; the words of a cue apart by one blank.
struct CueLists {
  std::string_view words;
  std::string_view inner;   ///< found inside words too: scripts without blanks
  std::string_view fields;  ///< count in names only
};

/// What surrounds a candidate in its value. `before` and `behind` hold one byte more than the windows where there is
/// one, so that a word cut by the window is seen to be cut.
struct Surroundings {
  std::string_view before;
  std::string_view behind;
  std::span<const std::string_view> names;
  std::string_view label{};  ///< FieldPlace::label
};

/// Words as bits: text that has none in common with a type's cues holds no cue of it. One in common proves nothing.
class CueWords {
 public:
  /// The words of a text, split at marks and at changes of case.
  void add_text(std::string_view text) noexcept;
  /// The first word of each cue.
  void add_cues(const CueLists& cues) noexcept;
  [[nodiscard]] bool meet(const CueWords& others) const noexcept { return (bits_ & others.bits_).any(); }

 private:
  static constexpr std::size_t kBits = 512;
  void add(std::uint32_t hash) noexcept { bits_.set((hash * 2654435761U) >> 23U); }

  std::bitset<kBits> bits_;
};

/// Adds the words among which find_cue() looks.
void add_names(std::span<const std::string_view> names, CueWords& words) noexcept;
void add_before(std::string_view before, CueWords& words) noexcept;
void add_behind(std::string_view behind, CueWords& words) noexcept;

/// The first cue that is there, as it stands in the list; empty: none.
[[nodiscard]] std::string_view find_cue(const CueLists& cues, const Surroundings& around) noexcept;

/// Whether the field's name or the word before says time, sequence, measure: numbers that look like identities.
[[nodiscard]] bool has_anti_cue(const Surroundings& around) noexcept;

}  // namespace gabion::inspect::dlp
