// The shape of a value, as short text in the catalogue, compiled to steps that walk over bytes without ever going back.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "inspect/dlp/outline.h"

namespace gabion::inspect::dlp {

/// Most bytes a value has; longer ones are runs (run.h) or not found.
inline constexpr std::size_t kMaxValueBytes = 110;

/// The value without what people write between its groups: what checks are given.
struct Cleaned {
  std::array<char, kMaxValueBytes + 2> bytes{};
  std::size_t size = 0;

  void add(char c) noexcept {
    if (size < bytes.size()) {
      bytes[size++] = c;
    }
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), size}; }
};

/// One character of the text as shapes see it.
struct Folded {
  char c = '\0';           ///< '\0': none of those shapes know
  std::uint8_t width = 0;  ///< bytes it takes, with the zero-width characters before it
};

/// The character at text[at]: full-width digits are digits, no-break and figure spaces are blanks, hyphens and dashes
/// are '-', zero-width characters are skipped. REQUIRES: at < text.size().
[[nodiscard]] Folded folded_at(std::string_view text, std::size_t at) noexcept;

/// Bytes of the zero-width character at text[at]; 0: none begins there.
[[nodiscard]] std::size_t zero_width_at(std::string_view text, std::size_t at) noexcept;

/// What a shape's text means:
///   9 digit · A capital · a letter of either case, cleaned to a capital · X digit or capital · x digit or letter,
///   cleaned to a capital · [..] one of these bytes, ranges allowed · - separator: one of `separators`, the same one
///   throughout, cleaned away · \c that character · !c that character, cleaned away · ^c nothing in the text, c in the
///   cleaned value · {n} or {n,m} behind a class: so many of it, as many as there are.
class Shape {
 public:
  /// Error: not written so.
  [[nodiscard]] static config::Result<Shape> compile(std::string_view shape, std::string_view separators);

  /// Bytes of `text`, from its beginning, that have the shape; 0: they have not. `cleaned` is then the value.
  [[nodiscard]] std::size_t match(std::string_view text, Cleaned& cleaned) const noexcept;

  /// Length of the first run of digits and letters, from and to; whether it may be digits only or has to hold a
  /// letter. What dispatches on tokens asks these.
  struct FirstToken {
    std::size_t min = 0;
    std::size_t max = 0;
    bool may_be_digits = true;
    bool may_be_mixed = false;
    bool is_whole = true;  ///< nothing follows it in the shape
  };
  [[nodiscard]] FirstToken first_token() const noexcept;
  /// What a text that has the shape has at its beginning, if its first token has `token_length` characters.
  [[nodiscard]] OutlineNeed outline(std::size_t token_length) const noexcept;
  /// The character before the first token that belongs to the shape ('(' or '+'); '\0': none.
  [[nodiscard]] char lead() const noexcept;
  /// Of a shape that is one class: whether `c` is in it, and how often.
  [[nodiscard]] bool spreads_over(char c) const noexcept {
    return static_cast<unsigned char>(c) < 128 && steps_.front().accepts[static_cast<unsigned char>(c)];
  }
  [[nodiscard]] std::size_t min_count() const noexcept { return steps_.front().min; }
  [[nodiscard]] std::size_t max_count() const noexcept { return steps_.front().max; }
  /// Whether a separator stands in it.
  [[nodiscard]] bool is_grouped() const noexcept { return is_grouped_; }

 private:
  enum class Kind : std::uint8_t { kClass, kSeparator, kDropped, kEmit };
  struct Step {
    Kind kind = Kind::kClass;
    std::bitset<128> accepts;
    std::uint8_t min = 1;
    std::uint8_t max = 1;
    char emits = '\0';
    bool to_capital = false;
  };
  struct Reader;
  [[nodiscard]] static bool is_token_step(const Step& step) noexcept;
  std::vector<Step> steps_;
  std::bitset<128> separators_;
  bool is_grouped_ = false;
};

}  // namespace gabion::inspect::dlp
