// HTML's numeric character references, and the five named ones ModSecurity knows.
#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {
namespace {

constexpr std::size_t kLongestName = 4;
constexpr char kNoBreakSpace = '\xA0';
constexpr unsigned long long kGreatest = 0x7FFFFFFFFFFFFFFF;

/// The byte of a name in any letter case, or NUL.
char named_byte(std::string_view name) noexcept {
  if (name.size() > kLongestName) {
    return '\0';
  }
  char buffer[kLongestName];
  for (std::size_t i = 0; i < name.size(); ++i) {
    buffer[i] = lowered(name[i]);
  }
  const std::string_view low(buffer, name.size());
  if (low == "quot") {
    return '"';
  }
  if (low == "amp") {
    return '&';
  }
  if (low == "lt") {
    return '<';
  }
  if (low == "gt") {
    return '>';
  }
  return low == "nbsp" ? kNoBreakSpace : '\0';
}

/// The low byte of a number; one that does not fit 63 bits counts as the greatest that does.
char number_byte(std::string_view digits, unsigned base) noexcept {
  unsigned long long number = 0;
  for (const char digit : digits) {
    const unsigned long long value = nibble(digit);
    if (number > (kGreatest - value) / base) {
      return static_cast<char>(kGreatest & 0xFFU);
    }
    number = number * base + value;
  }
  return static_cast<char>(number & 0xFFU);
}

template <typename Predicate>
std::size_t span(std::string_view in, std::size_t from, Predicate belongs) noexcept {
  std::size_t to = from;
  while (to < in.size() && belongs(in[to])) {
    ++to;
  }
  return to;
}

/// Decodes the reference at the '&' at `at` if it is one; moves `at` behind what it took.
char* reference(std::string_view in, std::size_t& at, char* out) noexcept {
  std::size_t end = 0;
  if (at + 1 < in.size() && in[at + 1] == '#') {
    const bool hex = at + 2 < in.size() && lowered(in[at + 2]) == 'x';
    const std::size_t from = at + (hex ? 3 : 2);
    end = span(in, from, hex ? is_hex : is_digit);
    if (end <= from) {
      *out++ = in[at++];
      return out;
    }
    *out++ = number_byte(in.substr(from, end - from), hex ? 16 : 10);
  } else {
    end = span(in, at + 1, is_alnum);
    const char byte = named_byte(in.substr(at + 1, end - at - 1));
    if (byte == '\0') {
      *out++ = in[at++];
      return out;
    }
    *out++ = byte;
  }
  at = end < in.size() && in[end] == ';' ? end + 1 : end;
  return out;
}

}  // namespace

char* html_entity_decode(std::string_view in, char* out) noexcept {
  std::size_t at = 0;
  while ((out = copy_until('&', in, at, out), at < in.size())) {
    out = reference(in, at, out);
  }
  return out;
}

}  // namespace gabion::inspect::waf::transform
