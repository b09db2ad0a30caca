// What texts have in common that differ in whole numbers alone: see text_shape.h.
#include "inspect/sql/rules/text_shape.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace gabion::inspect::sql {
namespace {

constexpr std::size_t kMostDigits = 9;  // an int4, whatever they are

enum class Kind : std::uint8_t { kOther, kLetter, kDigit, kPoint, kPlus, kSpace, kPlain };

constexpr std::array<Kind, 256> make_kinds() noexcept {
  std::array<Kind, 256> kinds{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")) {
    kinds[static_cast<unsigned char>(c)] = Kind::kLetter;
  }
  for (const char c : std::string_view("0123456789")) {
    kinds[static_cast<unsigned char>(c)] = Kind::kDigit;
  }
  for (const char c : std::string_view(" \t\r\n")) {
    kinds[static_cast<unsigned char>(c)] = Kind::kSpace;
  }
  for (const char c : std::string_view(",()=<>*;")) {
    kinds[static_cast<unsigned char>(c)] = Kind::kPlain;
  }
  kinds[static_cast<unsigned char>('+')] = Kind::kPlus;
  kinds[static_cast<unsigned char>('.')] = Kind::kPoint;
  return kinds;
}

constexpr auto kKinds = make_kinds();

/// Behind the end is a space.
Kind kind_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? kKinds[static_cast<unsigned char>(text[at])] : Kind::kSpace;
}

bool is_space(std::string_view text, std::size_t at) noexcept {
  return kind_at(text, at) == Kind::kSpace;
}

bool ends_number(Kind next) noexcept {
  return next == Kind::kSpace || next == Kind::kPlain;
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

std::optional<std::string_view> TextShape::of(std::string_view text) {
  std::array<std::uint32_t, kMostNumbers> numbers{};
  std::array<char*, kMostNumbers> places{};
  std::size_t count = 0;
  if (text.size() > kMostBytes) {
    return std::nullopt;
  }
  shape_.resize(kMostBytes + 3);  // once: its size comes behind the text's bytes
  char* out = shape_.data();
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    switch (kind_at(text, at)) {
      case Kind::kOther:
        return std::nullopt;
      case Kind::kLetter:
        do {
          *out++ = text[at++];
        } while (kind_at(text, at) == Kind::kLetter || kind_at(text, at) == Kind::kDigit);
        break;
      case Kind::kPoint:
        *out++ = text[at++];
        if (kind_at(text, at) == Kind::kDigit) {
          return std::nullopt;
        }
        break;
      case Kind::kPlus:  // by itself: it could be half of another operator
        if (at == 0 || !is_space(text, at - 1) || !is_space(text, at + 1)) {
          return std::nullopt;
        }
        *out++ = text[at++];
        break;
      case Kind::kSpace:
      case Kind::kPlain:
        *out++ = text[at++];
        break;
      case Kind::kDigit: {
        std::uint32_t number = 0;
        for (; kind_at(text, at) == Kind::kDigit && at - begin <= kMostDigits; ++at) {
          number = 10 * number + static_cast<std::uint32_t>(text[at] - '0');
        }
        if (at - begin > kMostDigits || !ends_number(kind_at(text, at)) || count == kMostNumbers) {
          return std::nullopt;
        }
        places[count] = out++;
        numbers[count++] = number;
        break;
      }
    }
  }
  if (count == 0) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < count; ++i) {
    *places[i] = rank_of(numbers, count, i);
  }
  // Its size stands for that of the text: rules may ask for it.
  *out++ = '\0';
  *out++ = static_cast<char>(text.size() & 0xffU);
  *out++ = static_cast<char>(text.size() >> 8U);
  return std::string_view(shape_).substr(0, static_cast<std::size_t>(out - shape_.data()));
}

}  // namespace gabion::inspect::sql
