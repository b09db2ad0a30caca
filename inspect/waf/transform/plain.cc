// Transformations of single bytes: letter case, NUL, white space, hex digits, length.
#include <algorithm>
#include <charconv>

#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kLengthDigits = 20;

/// A no-break space in Latin-1, or the first half of one in UTF-8; ModSecurity drops both bytes wherever they stand.
constexpr bool is_removed_space(char c) noexcept {
  return is_space(c) || c == '\xA0' || c == '\xC2';
}

std::size_t first_not_space(std::string_view in) noexcept {
  return static_cast<std::size_t>(std::find_if_not(in.begin(), in.end(), is_space) - in.begin());
}

std::size_t behind_last_not_space(std::string_view in) noexcept {
  return in.size() - static_cast<std::size_t>(std::find_if_not(in.rbegin(), in.rend(), is_space) - in.rbegin());
}

}  // namespace

char* lowercase(std::string_view in, char* out) noexcept {
  return std::transform(in.begin(), in.end(), out, lowered);
}

char* uppercase(std::string_view in, char* out) noexcept {
  return std::transform(in.begin(), in.end(), out, raised);
}

char* remove_nulls(std::string_view in, char* out) noexcept {
  for (std::size_t at = 0; at < in.size(); ++at) {
    out = copy_until('\0', in, at, out);
  }
  return out;
}

char* replace_nulls(std::string_view in, char* out) noexcept {
  return std::replace_copy(in.begin(), in.end(), out, '\0', ' ');
}

char* remove_whitespace(std::string_view in, char* out) noexcept {
  return std::remove_copy_if(in.begin(), in.end(), out, is_removed_space);
}

char* compress_whitespace(std::string_view in, char* out) noexcept {
  bool in_space = false;
  for (const char c : in) {
    const bool space = is_space(c);
    if (!space || !in_space) {
      *out++ = space ? ' ' : c;
    }
    in_space = space;
  }
  return out;
}

char* trim_left(std::string_view in, char* out) noexcept {
  return copy(in, first_not_space(in), in.size(), out);
}

char* trim_right(std::string_view in, char* out) noexcept {
  return out + behind_last_not_space(in);
}

char* trim(std::string_view in, char* out) noexcept {
  return trim_left(in.substr(0, behind_last_not_space(in)), out);
}

char* hex_encode(std::string_view in, char* out) noexcept {
  for (const char c : in) {
    const auto byte = static_cast<unsigned char>(c);
    *out++ = kHexDigits[byte >> 4U];
    *out++ = kHexDigits[byte & 15U];
  }
  return out;
}

/// Bytes that are no hex digits count as something too; a last byte without partner is dropped.
char* hex_decode(std::string_view in, char* out) noexcept {
  for (std::size_t at = 0; at + 1 < in.size(); at += 2) {
    *out++ = static_cast<char>(byte_of(in[at], in[at + 1]));
  }
  return out;
}

char* length(std::string_view in, char* out) noexcept {
  return std::to_chars(out, out + kLengthDigits, in.size()).ptr;
}

}  // namespace gabion::inspect::waf::transform
