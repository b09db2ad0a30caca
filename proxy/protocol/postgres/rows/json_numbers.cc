// Numbers in JSON that are written with an exponent, by their digits: see json_numbers.h.
#include "proxy/protocol/postgres/rows/json_numbers.h"

#include <algorithm>
#include <charconv>

namespace gabion::proxy::postgres {
namespace {

constexpr std::size_t kLeastDigits = 5;
constexpr int kMostDigits = 40;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Behind the string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    at += text[at] == '\\' ? 1 : 0;
  }
  return std::min(at + 1, text.size());
}

/// RFC 8259 §6, without its sign. `number` is what could be one.
std::optional<std::string> digits_before_point(std::string_view number) {
  const std::size_t mark = number.find_first_of("eE");
  if (mark == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view power = number.substr(mark + 1);
  power.remove_prefix(power.starts_with('+') ? 1 : 0);
  int moved = 0;
  const auto read = std::from_chars(power.data(), power.data() + power.size(), moved);
  if (read.ec != std::errc() || read.ptr != power.data() + power.size()) {
    return std::nullopt;
  }
  const std::string_view mantissa = number.substr(0, mark);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  std::string digits(mantissa.substr(0, point));
  if (point < mantissa.size()) {
    digits.append(mantissa.substr(point + 1));
  }
  const bool are_digits = std::all_of(digits.begin(), digits.end(), is_digit);
  if (!are_digits || moved < -kMostDigits || moved > kMostDigits ||
      static_cast<int>(std::min<std::size_t>(point, kMostDigits + 1)) + moved > kMostDigits) {
    return std::nullopt;
  }
  const int count = static_cast<int>(point) + moved;
  digits.resize(count < 0 ? 0 : static_cast<std::size_t>(count), '0');
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return digits.size() < kLeastDigits ? std::nullopt : std::optional(std::move(digits));
}

}  // namespace

std::optional<std::string> json_without_exponents(std::string_view text) {
  if (text.find_first_of("eE") == std::string_view::npos) {
    return std::nullopt;
  }
  std::optional<std::string> found;
  std::size_t kept = 0;  // of `text`, in `found` or to be
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '"') {
      at = string_end(text, at);
      continue;
    }
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    at = std::min(text.find_first_not_of("0123456789.eE+-", at), text.size());
    if (auto digits = digits_before_point(text.substr(begin, at - begin))) {
      found = found ? std::move(found) : std::optional<std::string>(std::in_place);
      found->append(text.substr(kept, begin - kept)).append(*digits);
      kept = at;
    }
  }
  if (found) {
    found->append(text.substr(kept));
  }
  return found;
}

}  // namespace gabion::proxy::postgres
