// Finds payment card numbers in a stream: the same ones wherever it is cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gabion::inspect::dlp {

/// A card number and its separators.
struct CardSpan {
  std::size_t begin = 0;  ///< in the bytes given to next()
  std::size_t end = 0;
  bool is_json_number = false;  ///< stands where JSON may have a number: covering must leave digits
};

/// How the text around a number is to be read.
enum class TextKind : std::uint8_t { kPlain, kJson };

/// Found are 13 to 19 digits, bare or grouped 4-4-4-4, 4-6-5, 4-6-4 with one separator (blank or '-') throughout, that
/// pass is_payment_card() and stand alone: no letter or digit beside them, no '-', no '.' before, and none behind
/// unless it ends a sentence (a fraction or a version goes on after it). In JSON the escapes \n, \t, \r, \b, \f before
/// a number are no letters.
///
/// The scanner keeps no bytes: next() says how many at the end of the text it must see again, at most kMaxTail.
class CardScanner {
 public:
  /// 19 digits of a bare number or 16 with 3 separators, and the two bytes behind that decide.
  static constexpr std::size_t kMaxTail = 21;

  explicit CardScanner(TextKind kind = TextKind::kPlain) noexcept : kind_(kind) {}

  /// Forgets everything: the next text is the beginning of another message.
  void reset(TextKind kind) noexcept;

  enum class More : std::uint8_t { kFollows, kEnd };

  /// Looks for the next card in `text` from position() on. True: `found` is it, call again. False: bytes before
  /// position() are decided; give those from there on again at the beginning of the next text, after rebase().
  [[nodiscard]] bool next(std::string_view text, More more, CardSpan& found) noexcept;

  [[nodiscard]] std::size_t position() const noexcept { return position_; }

  /// The first `count` <= position() bytes of `text` will not be in the next text.
  void rebase(std::string_view text, std::size_t count) noexcept;

 private:
  enum class Try : std::uint8_t { kCard, kNoCard, kUndecided };
  struct Attempt {
    Try outcome = Try::kNoCard;
    std::size_t end = 0;  ///< behind the card, or behind the first run of digits of what is none
  };
  [[nodiscard]] static Attempt try_at(std::string_view text, std::size_t begin, More more) noexcept;
  [[nodiscard]] bool may_begin(std::string_view text, std::size_t at) const noexcept;
  /// The byte `back` (1 or 2) before text[at].
  [[nodiscard]] char before(std::string_view text, std::size_t at, std::size_t back) const noexcept;
  void follow_strings(std::string_view text, std::size_t to) noexcept;
  void accept(std::string_view text, CardSpan& found) noexcept;

  TextKind kind_ = TextKind::kPlain;
  std::size_t position_ = 0;
  bool resumes_in_card_ = false;  ///< position_ is at the last four digits of a card: they may begin another
  char last_ = '\0';              ///< the byte before text[0]
  char last_but_one_ = '\0';
  std::size_t strings_to_ = 0;  ///< up to where the JSON strings of the text were followed
  bool in_string_ = false;
  bool after_backslash_ = false;
};

}  // namespace gabion::inspect::dlp
