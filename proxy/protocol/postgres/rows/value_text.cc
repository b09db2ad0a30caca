// Values of a row as texts that can be looked at: see value_text.h.
#include "proxy/protocol/postgres/rows/value_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "proxy/protocol/postgres/rows/json_numbers.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::string_view kExponent = "e+";
constexpr std::size_t kMostNumberBytes = 24;  // -1.7976931348623157e+308

std::uint64_t read_number(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (const char c : bytes) {
    value = value << 8U | static_cast<unsigned char>(c);
  }
  return value;
}

/// src/backend/utils/adt/numeric.c: digits of base 10,000, the first of them worth 10,000 to the `weight`.
std::optional<std::string> digits_of_numeric(std::string_view value) {
  constexpr std::size_t kHeadBytes = 8;
  constexpr int kMostWeight = 16;
  constexpr std::uint64_t kBase = 10'000;
  if (value.size() < kHeadBytes) {
    return std::nullopt;
  }
  const auto count = static_cast<std::size_t>(read_number(value.substr(0, 2)));
  const int weight = static_cast<std::int16_t>(read_number(value.substr(2, 2)));
  if (value.size() != kHeadBytes + 2 * count || weight < 0 || weight > kMostWeight) {
    return std::nullopt;
  }
  std::string digits;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(weight); ++i) {
    const std::uint64_t digit = i < count ? read_number(value.substr(kHeadBytes + 2 * i, 2)) % kBase : 0;
    const std::string four = std::to_string(kBase + digit).substr(1);
    digits += digits.empty() ? std::to_string(digit) : four;
  }
  return digits;
}

std::optional<std::string> digits_of_whole(double value) {
  constexpr double kMost = 9e18;
  const double number = std::trunc(std::fabs(value));
  return number < kMost ? std::optional(std::to_string(static_cast<std::uint64_t>(number))) : std::nullopt;
}

std::optional<std::string> digits_of_double(std::string_view value) {
  return value.size() == sizeof(double) ? digits_of_whole(std::bit_cast<double>(read_number(value))) : std::nullopt;
}

std::optional<std::string> digits_of_int8(std::string_view value) {
  if (value.size() != sizeof(std::int64_t)) {
    return std::nullopt;
  }
  const auto number = static_cast<std::int64_t>(read_number(value));
  const auto bits = static_cast<std::uint64_t>(number);
  return std::to_string(number < 0 ? ~bits + 1 : bits);
}

/// A number as the server writes it: 4111111111111111.00, -4.111111111111111e+15. Nothing of NaN and Infinity.
std::optional<std::string> digits_of_text(std::string_view value) {
  if (value.starts_with('-')) {
    value.remove_prefix(1);
  }
  if (value.find('e') != std::string_view::npos) {
    double number = std::numeric_limits<double>::infinity();
    std::from_chars(value.data(), value.data() + value.size(), number);
    return digits_of_whole(number);
  }
  const std::string_view whole = value.substr(0, value.find('.'));
  const bool is_number = std::all_of(whole.begin(), whole.end(), [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::optional<std::string>(whole) : std::nullopt;
}

/// src/common/d2s.c: a sign, digits with a point, `e+` and two digits or three.
bool has_exponent(std::string_view number) noexcept {
  const std::size_t mark = number.size() > kMostNumberBytes ? std::string_view::npos : number.find(kExponent);
  if (mark == std::string_view::npos) {
    return false;
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string_view mantissa =
      number.substr(number.front() == '-' ? 1 : 0, mark - (number.front() == '-' ? 1 : 0));
  const std::string_view power = number.substr(mark + kExponent.size());
  return !mantissa.empty() && is_digit(mantissa.front()) && !power.empty() &&
         std::all_of(mantissa.begin(), mantissa.end(), [&](char c) { return is_digit(c) || c == '.'; }) &&
         std::all_of(power.begin(), power.end(), is_digit);
}

/// The element of an array in text that `mark` lies in, not before `least`. Empty: it is longer than any number.
std::string_view element_around(std::string_view text, std::size_t least, std::size_t mark) noexcept {
  constexpr std::string_view kBetween = "{},";
  const std::size_t from = std::max(least, mark - std::min(mark, kMostNumberBytes));
  const std::size_t before = text.substr(from, mark - from).find_last_of(kBetween);
  if (before == std::string_view::npos) {
    return {};
  }
  const std::size_t begin = from + before + 1;
  const std::size_t length = text.substr(begin, kMostNumberBytes + 1).find_first_of(kBetween);
  return length == std::string_view::npos ? std::string_view() : text.substr(begin, length);
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// src/backend/utils/adt/arrayfuncs.c, array_send: dimensions, a flag, the elements' type, length and lower bound of
/// each dimension, then the elements with their lengths.
std::optional<std::string> digits_of_array(std::string_view value, Reading element) {
  constexpr std::size_t kHeadBytes = 12;
  constexpr std::size_t kDimensionBytes = 8;
  constexpr std::uint64_t kMostDimensions = 6;
  constexpr std::uint64_t kNull = 0xffffffff;
  const std::uint64_t dimensions = value.size() < kHeadBytes ? 0 : read_number(value.substr(0, 4));
  if (dimensions == 0 || dimensions > kMostDimensions) {
    return std::nullopt;
  }
  std::string found;
  std::size_t at = kHeadBytes + kDimensionBytes * dimensions;
  while (at + 4 <= value.size()) {
    const std::uint64_t length = read_number(value.substr(at, 4));
    at += 4;
    if (length == kNull) {
      continue;
    }
    if (const auto digits = digits_of(value.substr(at, length), element)) {
      found.append(found.empty() ? "" : ",").append(*digits);
    }
    at += length;
  }
  return found.empty() ? std::nullopt : std::optional(std::move(found));
}

/// {"\\x3431","\\x3131",NULL}: elements of any depth. Where bytea_output is escape the text is what it is.
std::optional<std::string> bytes_of_array(std::string_view value) {
  constexpr std::string_view kBegin = "\\\\x";
  if (value.find(kBegin) == std::string_view::npos) {
    return std::string(value);
  }
  std::string found;
  for (std::size_t at = value.find(kBegin); at != std::string_view::npos; at = value.find(kBegin, at)) {
    const std::size_t end = std::min(value.find('"', at), value.size());
    if (const auto bytes = from_hex(value.substr(at + 1, end - at - 1))) {
      found.append(found.empty() ? "" : ",").append(*bytes);
    }
    at = end;
  }
  return found;
}

}  // namespace

std::optional<std::string> digits_of(std::string_view value, Reading reading) {
  switch (reading) {
    case Reading::kInt8:
      return digits_of_int8(value);
    case Reading::kNumber:
      return digits_of_text(value);
    case Reading::kNumeric:
      return digits_of_numeric(value);
    case Reading::kFloat8:
      return digits_of_double(value);
    case Reading::kNothing:
    case Reading::kText:
    case Reading::kJson:
    case Reading::kJsonb:
    case Reading::kHex:
    case Reading::kNumbers:
    case Reading::kInt8s:
    case Reading::kNumerics:
    case Reading::kFloat8s:
    case Reading::kHexes:
    case Reading::kRaw:
      break;
  }
  return std::nullopt;
}

std::optional<std::string> elements_of(std::string_view value, Reading reading) {
  switch (reading) {
    case Reading::kInt8s:
      return digits_of_array(value, Reading::kInt8);
    case Reading::kNumerics:
      return digits_of_array(value, Reading::kNumeric);
    case Reading::kFloat8s:
      return digits_of_array(value, Reading::kFloat8);
    case Reading::kHexes:
      return bytes_of_array(value);
    case Reading::kNothing:
    case Reading::kText:
    case Reading::kJson:
    case Reading::kJsonb:
    case Reading::kNumber:
    case Reading::kInt8:
    case Reading::kNumeric:
    case Reading::kFloat8:
    case Reading::kHex:
    case Reading::kNumbers:
    case Reading::kRaw:
      break;
  }
  return std::nullopt;
}

bool is_array_text(std::string_view text) noexcept {
  return text.starts_with('{') || (text.starts_with('[') && text.find("]={") != std::string_view::npos);
}

bool holds_many_values(std::string_view text) noexcept {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  return begin < text.size() && (text[begin] == '{' || text[begin] == '[');
}

std::optional<std::string> without_exponents(std::string_view text) {
  constexpr std::string_view kMayBegin = "{[-0123456789 \t\r\n";
  if (text.empty() || kMayBegin.find(text.front()) == std::string_view::npos) {
    return std::nullopt;
  }
  if (!is_array_text(text)) {
    return holds_many_values(text) ? json_without_exponents(text)
           : has_exponent(text)    ? digits_of_text(text)
                                   : std::nullopt;
  }
  std::optional<std::string> found;
  std::size_t kept = 0;  // of `text`, in `found` or to be
  for (std::size_t mark = text.find(kExponent); mark != std::string_view::npos; mark = text.find(kExponent, mark + 1)) {
    const std::string_view element = element_around(text, kept, mark);
    const auto digits = has_exponent(element) ? digits_of_text(element) : std::nullopt;
    if (digits) {
      found = found ? std::move(found) : std::optional<std::string>(std::in_place);
      const auto begin = static_cast<std::size_t>(element.data() - text.data());
      found->append(text.substr(kept, begin - kept)).append(*digits);
      kept = begin + element.size();
    }
  }
  if (!found) {
    return json_without_exponents(text);
  }
  found->append(text.substr(kept));
  auto of_json = json_without_exponents(*found);
  return of_json ? std::move(of_json) : std::move(found);
}

std::optional<std::string> from_hex(std::string_view value) {
  if (!value.starts_with("\\x") || value.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  bytes.reserve(value.size() / 2);
  for (std::size_t i = 2; i < value.size(); i += 2) {
    const int high = hex_digit(value[i]);
    const int low = hex_digit(value[i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(16 * high + low));
  }
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "\\x";
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4U]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 15U]);
  }
  return text;
}

}  // namespace gabion::proxy::postgres
