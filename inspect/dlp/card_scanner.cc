// A scanner of digit runs, written by hand.
// An ordinary response has few runs of digits that are long enough: a vector search for digits skips the rest of it.
#include "inspect/dlp/card_scanner.h"

#include <algorithm>
#include <array>

#include "inspect/dlp/checks/payment_card.h"
#include "inspect/dlp/checks/text.h"
#include "inspect/dlp/digit_search.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kMinDigits = 13;
constexpr std::size_t kMaxDigits = 19;
constexpr std::size_t kKeptDigits = 4;

/// How many digits stand at `at`; counts no further than `limit`.
std::size_t count_digits(std::string_view text, std::size_t at, std::size_t limit) noexcept {
  std::size_t count = 0;
  while (count < limit && at + count < text.size() && is_digit(text[at + count])) {
    ++count;
  }
  return count;
}

enum class Edge : std::uint8_t { kClean, kJoined, kUnknown };

/// What stands behind a number that ends before text[at]. A '.' that nothing continues ends a sentence.
Edge edge_behind(std::string_view text, std::size_t at, CardScanner::More more) noexcept {
  const Edge at_end = more == CardScanner::More::kEnd ? Edge::kClean : Edge::kUnknown;
  if (at >= text.size()) {
    return at_end;
  }
  const char c = text[at];
  if (is_digit(c) || is_letter(c) || c == '-') {
    return Edge::kJoined;
  }
  if (c != '.') {
    return Edge::kClean;
  }
  if (at + 1 >= text.size()) {
    return at_end;
  }
  return is_digit(text[at + 1]) || is_letter(text[at + 1]) ? Edge::kJoined : Edge::kClean;
}

/// Digits without their separators.
struct Digits {
  std::array<char, kMaxDigits> bytes{};
  std::size_t size = 0;

  void append(std::string_view digits) noexcept {
    for (const char c : digits.substr(0, bytes.size() - size)) {
      bytes[size++] = c;
    }
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), size}; }
};

/// Reads the groups behind the first four digits at `begin`.
struct GroupReader {
  std::string_view text;
  CardScanner::More more;
  Digits digits;
  std::size_t at = 0;  ///< behind the last group read

  enum class Group : std::uint8_t { kRead, kNone, kUnknown };

  /// One separator and one group, whose digits are counted into `size` (at most 7).
  [[nodiscard]] Group read(char separator, std::size_t& size) noexcept {
    constexpr std::size_t kTooMany = 7;
    const Group at_end = more == CardScanner::More::kEnd ? Group::kNone : Group::kUnknown;
    if (at >= text.size()) {
      return at_end;
    }
    if (text[at] != separator) {
      return Group::kNone;
    }
    size = count_digits(text, at + 1, kTooMany);
    const std::size_t end = at + 1 + size;
    if (end >= text.size() && size < kTooMany && more == CardScanner::More::kFollows) {
      return Group::kUnknown;
    }
    digits.append(text.substr(at + 1, size));
    at = end;
    return Group::kRead;
  }
};

/// Whether the groups read so far may go on with one of `size` digits: 4-4-4-4, 4-6-5, 4-6-4.
bool may_follow(std::size_t group, std::size_t second_group, std::size_t size) noexcept {
  switch (group) {
    case 1:
      return size == 4 || size == 6;
    case 2:
      return size == 4 || (second_group == 6 && size == 5);
    default:
      return size == 4;
  }
}

}  // namespace

void CardScanner::reset(TextKind kind) noexcept {
  *this = CardScanner(kind);
}

char CardScanner::before(std::string_view text, std::size_t at, std::size_t back) const noexcept {
  if (at >= back) {
    return text[at - back];
  }
  return back - at == 1 ? last_ : last_but_one_;
}

bool CardScanner::may_begin(std::string_view text, std::size_t at) const noexcept {
  const char c = before(text, at, 1);
  if (is_letter(c)) {
    constexpr std::string_view kEscapes = "nrtbf";
    return kind_ == TextKind::kJson && before(text, at, 2) == '\\' && kEscapes.find(c) != std::string_view::npos;
  }
  return !is_digit(c) && c != '.' && c != '-';
}

CardScanner::Attempt CardScanner::try_at(std::string_view text, std::size_t begin, More more) noexcept {
  const std::size_t run = count_digits(text, begin, kMaxDigits + 1);
  const std::size_t run_end = begin + run;
  const Attempt no_card{Try::kNoCard, run_end};
  if (run > kMaxDigits) {
    return no_card;
  }
  if (run_end == text.size() && more == More::kFollows) {
    return {Try::kUndecided, begin};
  }
  GroupReader reader{text, more, {}, run_end};
  reader.digits.append(text.substr(begin, run));
  if (run == 4 && run_end < text.size() && (text[run_end] == ' ' || text[run_end] == '-')) {
    const char separator = text[run_end];
    std::size_t second_group = 0;
    const auto groups = [&](std::size_t group) { return second_group == 6 ? group < 3 : group < 4; };
    for (std::size_t group = 1; groups(group); ++group) {
      std::size_t size = 0;
      const GroupReader::Group read = reader.read(separator, size);
      if (read == GroupReader::Group::kUnknown) {
        return {Try::kUndecided, begin};
      }
      if (read == GroupReader::Group::kNone || !may_follow(group, second_group, size)) {
        return no_card;
      }
      second_group = group == 1 ? size : second_group;
    }
  } else if (run < kMinDigits) {
    return no_card;
  }
  const Edge edge = edge_behind(text, reader.at, more);
  if (edge == Edge::kUnknown) {
    return {Try::kUndecided, begin};
  }
  const bool is_card = edge == Edge::kClean && is_payment_card(reader.digits.view());
  return is_card ? Attempt{Try::kCard, reader.at} : no_card;
}

bool CardScanner::next(std::string_view text, More more, CardSpan& found) noexcept {
  while (position_ < text.size()) {
    const std::size_t begin = resumes_in_card_ ? position_ : find_digit_or<>(text, position_);
    if (begin == text.size()) {
      position_ = begin;
      return false;
    }
    if (!resumes_in_card_ && !may_begin(text, begin)) {
      position_ = begin + count_digits(text, begin, text.size());
      continue;
    }
    const Attempt attempt = try_at(text, begin, more);
    if (attempt.outcome == Try::kUndecided) {
      position_ = begin;
      return false;
    }
    resumes_in_card_ = false;
    position_ = attempt.end;
    if (attempt.outcome == Try::kCard) {
      found = {.begin = begin, .end = attempt.end};
      accept(text, found);
      return true;
    }
  }
  return false;
}

/// A number in JSON is covered with digits, which begin nothing; else the digits that stay may begin another card.
void CardScanner::accept(std::string_view text, CardSpan& found) noexcept {
  const bool is_bare = count_digits(text, found.begin, kMaxDigits) == found.end - found.begin;
  if (kind_ == TextKind::kJson && is_bare) {
    follow_strings(text, found.begin);
    found.is_json_number = !in_string_;
  }
  if (!found.is_json_number) {
    position_ = found.end - kKeptDigits;
    resumes_in_card_ = true;
  }
}

void CardScanner::follow_strings(std::string_view text, std::size_t to) noexcept {
  for (; strings_to_ < to; ++strings_to_) {
    const char c = text[strings_to_];
    if (after_backslash_) {
      after_backslash_ = false;
    } else if (c == '\\') {
      after_backslash_ = in_string_;
    } else if (c == '"') {
      in_string_ = !in_string_;
    }
  }
}

void CardScanner::rebase(std::string_view text, std::size_t count) noexcept {
  if (count == 0) {
    return;
  }
  if (kind_ == TextKind::kJson) {
    follow_strings(text, count);
    strings_to_ -= count;
  }
  last_but_one_ = before(text, count, 2);
  last_ = text[count - 1];
  position_ -= count;
}

}  // namespace gabion::inspect::dlp
