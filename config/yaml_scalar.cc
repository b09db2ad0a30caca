// What a plain scalar is: the rules of the API server's YAML reader (go-yaml v2 below sigs.k8s.io/yaml).
//
// Anything that reader would turn into a number must not become a string here, or `port: 010` and `app: 1e3` would mean
// one thing in the cluster and another to us.
#include "config/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace gabion::config {
namespace {

constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 9> kTrues{"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"};
constexpr std::array<std::string_view, 9> kFalses{"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 12> kSpecialNumbers{".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf", "+.INF",
                                                           "-.inf", "-.Inf", "-.INF", ".nan",  ".NaN",  ".NAN"};

template <std::size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& words, std::string_view text) noexcept {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_decimal_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Takes digits of `base` (2, 8, 16) or underscores; true when there was a digit.
bool take_digits(std::string_view& text, int base) noexcept {
  bool any = false;
  while (!text.empty()) {
    const char c = text.front();
    const bool hex = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool digit = is_decimal_digit(c) ? c - '0' < base : hex && base == 16;
    if (!digit && c != '_') {
      break;
    }
    any = any || digit;
    text.remove_prefix(1);
  }
  return any;
}

/// 0x1F, 0b101, 0o17 without their sign.
bool is_prefixed_integer(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '0') {
    return false;
  }
  const char mark = static_cast<char>(text[1] | 0x20);
  const int base = mark == 'x' ? 16 : mark == 'b' ? 2 : mark == 'o' ? 8 : 0;
  text.remove_prefix(2);
  return base != 0 && take_digits(text, base) && text.empty();
}

/// [0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9_]+)? with a digit before the exponent, without a sign.
bool is_decimal_number(std::string_view text) noexcept {
  bool digits = take_digits(text, 10);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    digits = take_digits(text, 10) || digits;
  }
  if (!digits) {
    return false;
  }
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
      text.remove_prefix(1);
    }
    return take_digits(text, 10) && text.empty();
  }
  return text.empty();
}

bool is_strict_integer(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) {
    return false;
  }
  const std::string_view digits = text.substr(text.front() == '-' ? 1 : 0);
  return text == "0" || digits.front() != '0';
}

bool is_number(std::string_view text) noexcept {
  if (is_one_of(kSpecialNumbers, text)) {
    return true;
  }
  const char first = text.front();  // of every number the reader knows: a sign, a digit or a dot, never '_'
  const bool is_signed = first == '+' || first == '-';
  if (!is_signed && !is_decimal_digit(first) && first != '.') {
    return false;
  }
  text.remove_prefix(is_signed ? 1 : 0);
  return is_prefixed_integer(text) || is_decimal_number(text);
}

}  // namespace

bool is_true_word(std::string_view text) noexcept {
  return is_one_of(kTrues, text);
}

YamlKind classify_plain_scalar(std::string_view text) noexcept {
  if (is_one_of(kNulls, text)) {
    return YamlKind::kNull;
  }
  if (is_one_of(kTrues, text) || is_one_of(kFalses, text)) {
    return YamlKind::kBool;
  }
  if (is_strict_integer(text)) {
    return YamlKind::kInteger;
  }
  return is_number(text) ? YamlKind::kNumber : YamlKind::kString;
}

}  // namespace gabion::config
