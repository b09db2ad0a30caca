// %XX, %uXXXX and '+', both ways.
#include "inspect/waf/transform/best_fit.h"
#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::size_t find_escape(std::string_view in, std::size_t at) noexcept {
  while (at < in.size() && in[at] != '%' && in[at] != '+') {
    ++at;
  }
  return at;
}

constexpr bool is_unicode_escape(std::string_view in, std::size_t at) noexcept {
  return at + 1 < in.size() && lowered(in[at + 1]) == 'u';
}

/// What %uXXXX stands for in code page 20127; a code point without an entry gives its low byte.
char unicode_byte(std::string_view digits) noexcept {
  const unsigned code = byte_of(digits[0], digits[1]) * 256U + byte_of(digits[2], digits[3]);
  const char fit = best_fit(static_cast<char16_t>(code));
  return fit != '\0' ? fit : folded(digits);
}

}  // namespace

char* url_decode(std::string_view in, char* out) noexcept {
  std::size_t done = 0;
  for (std::size_t at = find_escape(in, 0); at < in.size(); at = find_escape(in, done)) {
    out = copy(in, done, at, out);
    done = at + 1;
    if (in[at] == '+') {
      *out++ = ' ';
    } else if (hex_at(in, at + 1, 2)) {
      *out++ = static_cast<char>(byte_of(in[at + 1], in[at + 2]));
      done = at + 3;
    } else {
      *out++ = '%';
    }
  }
  return copy(in, done, in.size(), out);
}

char* url_decode_uni(std::string_view in, char* out) noexcept {
  std::size_t done = 0;
  for (std::size_t at = find_escape(in, 0); at < in.size(); at = find_escape(in, done)) {
    out = copy(in, done, at, out);
    done = at + 1;
    if (in[at] == '+') {
      *out++ = ' ';
    } else if (is_unicode_escape(in, at) && hex_at(in, at + 2, 4)) {
      *out++ = unicode_byte(in.substr(at + 2, 4));
      done = at + 6;
    } else if (hex_at(in, at + 1, 2)) {
      *out++ = static_cast<char>(byte_of(in[at + 1], in[at + 2]));
      done = at + 3;
    } else {
      *out++ = '%';
    }
  }
  return copy(in, done, in.size(), out);
}

char* url_encode(std::string_view in, char* out) noexcept {
  for (const char c : in) {
    if (c == ' ') {
      *out++ = '+';
    } else if (c == '*' || is_alnum(c)) {
      *out++ = c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      *out++ = '%';
      *out++ = kHexDigits[byte >> 4U];
      *out++ = kHexDigits[byte & 15U];
    }
  }
  return out;
}

}  // namespace gabion::inspect::waf::transform
