// Backslash escapes: JavaScript's, CSS's, and those of C and the shell.
#include <utility>

#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {
namespace {

constexpr std::size_t kOctalDigits = 3;
constexpr std::size_t kCssDigits = 6;

/// \a \b \f \n \r \t \v; any other byte stands for itself.
constexpr char named_control(char c) noexcept {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return c;
  }
}

/// How many octal digits stand at `at`, three at most.
std::size_t octal_digits(std::string_view in, std::size_t at) noexcept {
  std::size_t count = 0;
  while (count < kOctalDigits && at + count < in.size() && is_octal(in[at + count])) {
    ++count;
  }
  return count;
}

char octal_byte(std::string_view digits) noexcept {
  unsigned number = 0;
  for (const char digit : digits) {
    number = number * 8U + static_cast<unsigned>(digit - '0');
  }
  return static_cast<char>(number & 0xFFU);
}

/// A byte, and how many bytes of input behind the backslash it took.
struct Decoded {
  char byte;
  std::size_t taken;
};

/// `in[at]` follows a backslash.
Decoded js_escape(std::string_view in, std::size_t at) noexcept {
  const char c = in[at];
  if (c == 'u' && hex_at(in, at + 1, 4)) {
    return {folded(in.substr(at + 1, 4)), 5};
  }
  if (c == 'x' && hex_at(in, at + 1, 2)) {
    return {static_cast<char>(byte_of(in[at + 1], in[at + 2])), 3};
  }
  if (is_octal(c)) {
    const std::size_t digits = octal_digits(in, at);
    const std::size_t used = digits == kOctalDigits && c > '3' ? kOctalDigits - 1 : digits;
    return {octal_byte(in.substr(at, used)), used};
  }
  return {named_control(c), 1};
}

/// `in[at]` follows a backslash.
Decoded c_escape(std::string_view in, std::size_t at) noexcept {
  const char c = in[at];
  if (lowered(c) == 'x' && hex_at(in, at + 1, 2)) {
    return {static_cast<char>(byte_of(in[at + 1], in[at + 2])), 3};
  }
  if (is_octal(c)) {
    const std::size_t digits = octal_digits(in, at);
    return {octal_byte(in.substr(at, digits)), digits};
  }
  return {named_control(c), 1};
}

/// The byte that 1 to 6 hex digits name. More than two give the low byte; four, or more with leading zeros only, fold.
char css_byte(std::string_view digits) noexcept {
  const std::size_t count = digits.size();
  if (count == 1) {
    return static_cast<char>(nibble(digits[0]));
  }
  const std::string_view zeros = count > 4 ? digits.substr(0, count - 4) : std::string_view();
  if (count >= 4 && zeros.find_first_not_of('0') == std::string_view::npos) {
    return folded(digits.substr(count - 4));
  }
  return static_cast<char>(byte_of(digits[count - 2], digits[count - 1]));
}

std::size_t css_digits(std::string_view in, std::size_t at) noexcept {
  std::size_t count = 0;
  while (count < kCssDigits && at + count < in.size() && is_hex(in[at + count])) {
    ++count;
  }
  return count;
}

/// Decodes what follows the backslash before `at`; moves `at` behind it.
char* css_escape(std::string_view in, std::size_t& at, char* out) noexcept {
  const std::size_t digits = css_digits(in, at);
  if (digits == 0) {
    if (in[at] != '\n') {
      *out++ = in[at];
    }
    ++at;
    return out;
  }
  *out++ = css_byte(in.substr(at, digits));
  at += digits;
  if (at < in.size() && is_space(in[at])) {
    ++at;
  }
  return out;
}

}  // namespace

/// A backslash at the very end stays.
char* js_decode(std::string_view in, char* out) noexcept {
  std::size_t at = 0;
  while ((out = copy_until('\\', in, at, out), at + 1 < in.size())) {
    const Decoded decoded = js_escape(in, at + 1);
    *out++ = decoded.byte;
    at += 1 + decoded.taken;
  }
  return copy(in, at, in.size(), out);
}

/// A backslash at the very end stays.
char* escape_seq_decode(std::string_view in, char* out) noexcept {
  std::size_t at = 0;
  while ((out = copy_until('\\', in, at, out), at + 1 < in.size())) {
    const Decoded decoded = c_escape(in, at + 1);
    *out++ = decoded.byte;
    at += 1 + decoded.taken;
  }
  return copy(in, at, in.size(), out);
}

/// A backslash at the very end goes.
char* css_decode(std::string_view in, char* out) noexcept {
  std::size_t at = 0;
  while ((out = copy_until('\\', in, at, out), at + 1 < in.size())) {
    ++at;
    out = css_escape(in, at, out);
  }
  return out;
}

}  // namespace gabion::inspect::waf::transform
