// What texts have in common that differ in whole numbers alone: see text_shape.h.
#include "inspect/sql/rules/text_shape.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace gabion::inspect::sql {
namespace {

constexpr std::size_t kMostDigits = 9;  // an int4, whatever they are

enum class Sort : std::uint8_t { kOther, kLetter, kDigit, kPoint, kPlus, kSpace, kPlain, kDollar };

constexpr std::array<Sort, 256> make_sorts() noexcept {
  std::array<Sort, 256> sorts{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")) {
    sorts[static_cast<unsigned char>(c)] = Sort::kLetter;
  }
  for (const char c : std::string_view("0123456789")) {
    sorts[static_cast<unsigned char>(c)] = Sort::kDigit;
  }
  for (const char c : std::string_view(" \t\r\n")) {
    sorts[static_cast<unsigned char>(c)] = Sort::kSpace;
  }
  for (const char c : std::string_view(",()=<>*;")) {
    sorts[static_cast<unsigned char>(c)] = Sort::kPlain;
  }
  sorts[static_cast<unsigned char>('+')] = Sort::kPlus;
  sorts[static_cast<unsigned char>('.')] = Sort::kPoint;
  sorts[static_cast<unsigned char>('$')] = Sort::kDollar;
  return sorts;
}

constexpr auto kSorts = make_sorts();

constexpr std::array<bool, 256> make_is_of_word() noexcept {
  std::array<bool, 256> are{};
  for (std::size_t c = 0; c < are.size(); ++c) {
    are[c] = kSorts[c] == Sort::kLetter || kSorts[c] == Sort::kDigit;
  }
  return are;
}

constexpr auto kIsOfWord = make_is_of_word();

/// Behind the end is a space.
Sort sort_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? kSorts[static_cast<unsigned char>(text[at])] : Sort::kSpace;
}

bool is_space(std::string_view text, std::size_t at) noexcept {
  return sort_at(text, at) == Sort::kSpace;
}

/// The first place from `at` on that is of no word.
std::size_t end_of_word(std::string_view text, std::size_t at) noexcept {
  const char* place = text.data() + at;
  const char* const end = text.data() + text.size();
  while (place != end && kIsOfWord[static_cast<unsigned char>(*place)]) {
    ++place;
  }
  return static_cast<std::size_t>(place - text.data());
}

bool ends_number(Sort next) noexcept {
  return next == Sort::kSpace || next == Sort::kPlain;
}

/// How each compares with the others and with 0, as a byte that is no text's.
char rank_of(const std::array<std::uint32_t, TextShape::kMostNumbers>& numbers, std::size_t count, std::size_t which) {
  char rank = '\1';
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_first = std::find(numbers.begin(), numbers.begin() + i, numbers[i]) == numbers.begin() + i;
    rank = static_cast<char>(rank + (is_first && numbers[i] != 0 && numbers[i] < numbers[which] ? 1 : 0));
  }
  return static_cast<char>(rank + (numbers[which] != 0 ? 1 : 0));
}

}  // namespace

TextShape::Kind TextShape::read(std::string_view text) {
  std::array<std::uint32_t, kMostNumbers> numbers{};
  std::array<char*, kMostNumbers> places{};
  std::size_t count = 0;
  bool has_parameters = false;
  if (text.size() > kMostBytes) {
    return Kind::kNone;
  }
  shape_.resize(kMostBytes + 3);  // once: its size comes behind the text's bytes
  char* out = shape_.data();
  std::size_t copied = 0;  // of the text, up to where no number is
  const auto copy_to = [&](std::size_t end) { out = std::copy(text.data() + copied, text.data() + end, out); };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    switch (sort_at(text, at)) {
      case Sort::kOther:
        return Kind::kNone;
      case Sort::kLetter:
        at = end_of_word(text, at + 1);
        break;
      case Sort::kPoint:
        if (sort_at(text, ++at) == Sort::kDigit) {
          return Kind::kNone;
        }
        break;
      case Sort::kPlus:  // by itself: it could be half of another operator
        if (at == 0 || !is_space(text, at - 1) || !is_space(text, at + 1)) {
          return Kind::kNone;
        }
        ++at;
        break;
      case Sort::kSpace:
      case Sort::kPlain:
        ++at;
        break;
      case Sort::kDollar:  // a name with one in it, or a quote, is none of these
        do {
          ++at;
        } while (sort_at(text, at) == Sort::kDigit);
        if (at - begin == 1 || !ends_number(sort_at(text, at)) ||
            (begin != 0 && !ends_number(sort_at(text, begin - 1)))) {
          return Kind::kNone;
        }
        has_parameters = true;
        break;
      case Sort::kDigit: {
        std::uint32_t number = 0;
        for (; sort_at(text, at) == Sort::kDigit && at - begin <= kMostDigits; ++at) {
          number = 10 * number + static_cast<std::uint32_t>(text[at] - '0');
        }
        if (at - begin > kMostDigits || !ends_number(sort_at(text, at)) || count == kMostNumbers) {
          return Kind::kNone;
        }
        copy_to(begin);
        copied = at;
        places[count] = out++;
        numbers[count++] = number;
        break;
      }
    }
  }
  if (count == 0) {
    bytes_ = text;
    return Kind::kText;
  }
  if (has_parameters) {
    return Kind::kNone;
  }
  copy_to(text.size());
  for (std::size_t i = 0; i < count; ++i) {
    *places[i] = rank_of(numbers, count, i);
  }
  // Its size stands for that of the text: rules may ask for it.
  *out++ = '\0';
  *out++ = static_cast<char>(text.size() & 0xffU);
  *out++ = static_cast<char>(text.size() >> 8U);
  bytes_ = std::string_view(shape_).substr(0, static_cast<std::size_t>(out - shape_.data()));
  return Kind::kStandsFor;
}

}  // namespace gabion::inspect::sql
