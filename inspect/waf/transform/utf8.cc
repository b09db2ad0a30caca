// UTF-8 sequences as %uXXXX, ill-formed ones as ModSecurity leaves them.
#include <algorithm>
#include <charconv>

#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {
namespace {

constexpr std::size_t kFewestDigits = 4;

/// How long a sequence its first byte announces: 0 for a byte that begins none.
constexpr std::size_t announced(unsigned char lead) noexcept {
  return (lead & 0xE0U) == 0xC0U ? 2 : (lead & 0xF0U) == 0xE0U ? 3 : (lead & 0xF8U) == 0xF0U ? 4 : 0;
}

constexpr unsigned least_of(std::size_t size) noexcept {
  return size == 2 ? 0x80U : size == 3 ? 0x800U : 0x10000U;
}

bool continues(std::string_view sequence) noexcept {
  return std::all_of(sequence.begin() + 1, sequence.end(),
                     [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
}

unsigned code_of(std::string_view sequence) noexcept {
  unsigned code = static_cast<unsigned char>(sequence[0]) & (0x7FU >> sequence.size());
  for (const char c : sequence.substr(1)) {
    code = (code << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
  }
  return code;
}

char* write_code(unsigned code, char* out) noexcept {
  *out++ = '%';
  *out++ = 'u';
  char digits[8];
  const char* const end = std::to_chars(digits, digits + sizeof(digits), code, 16).ptr;
  const auto count = static_cast<std::size_t>(end - digits);
  out = std::fill_n(out, count < kFewestDigits ? kFewestDigits - count : 0, '0');
  return std::copy_n(digits, count, out);
}

/// The sequence at `at` that `lead` announces; moves `at` behind it. Its lead stands before the code when no code point
/// begins so (F5 and above), and again behind it when the code is a surrogate or overlong. A lead without its
/// continuation bytes goes; the bytes behind it are looked at anew.
char* sequence_at(std::string_view in, std::size_t& at, std::size_t size, char* out) noexcept {
  const char lead = in[at];
  const std::string_view sequence = in.substr(at, size);
  if (static_cast<unsigned char>(lead) >= 0xF5U) {
    *out++ = lead;
  }
  if (sequence.size() < size || !continues(sequence)) {
    ++at;
    return out;
  }
  const unsigned code = code_of(sequence);
  out = write_code(code, out);
  if (code < least_of(size) || (code >= 0xD800U && code <= 0xDFFFU)) {
    *out++ = lead;
  }
  at += size;
  return out;
}

}  // namespace

/// NUL goes.
char* utf8_to_unicode(std::string_view in, char* out) noexcept {
  std::size_t at = 0;
  while (at < in.size()) {
    const std::size_t size = announced(static_cast<unsigned char>(in[at]));
    if (size != 0) {
      out = sequence_at(in, at, size, out);
      continue;
    }
    if (in[at] != '\0') {
      *out++ = in[at];
    }
    ++at;
  }
  return out;
}

}  // namespace gabion::inspect::waf::transform
