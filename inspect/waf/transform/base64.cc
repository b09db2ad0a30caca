// Base64 written, read strictly and read forgivingly.
#include <algorithm>
#include <array>

#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned char kNone = 0xFF;

constexpr std::array<unsigned char, 256> make_values() noexcept {
  std::array<unsigned char, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<unsigned char>(i);
  }
  return values;
}
constexpr auto kValues = make_values();

constexpr unsigned value_of(char c) noexcept {
  return kValues[static_cast<unsigned char>(c)];
}

/// True for what the strict reader takes: the alphabet, at most two '=' and only '=' behind the first, line ends, and
/// spaces before a line end or the end.
bool is_strict(std::string_view in) noexcept {
  unsigned padding = 0;
  for (std::size_t at = 0; at < in.size(); ++at) {
    const std::size_t spaces_from = at;
    at = std::min(in.find_first_not_of(' ', at), in.size());
    if (at == in.size()) {
      return true;
    }
    if (in[at] == '\n' || in.substr(at, 2) == "\r\n") {
      continue;
    }
    const bool pads = in[at] == '=';
    padding += pads ? 1U : 0U;
    const bool known = pads ? padding <= 2 : value_of(in[at]) != kNone && padding == 0;
    if (at != spaces_from || !known) {
      return false;
    }
  }
  return true;
}

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\r' || c == '\n';
}

char* write_bytes(unsigned group, std::size_t count, char* out) noexcept {
  for (std::size_t i = 0; i < count && i < 3; ++i) {
    *out++ = static_cast<char>((group >> (16U - 8U * i)) & 0xFFU);
  }
  return out;
}

}  // namespace

char* base64_encode(std::string_view in, char* out) noexcept {
  for (std::size_t at = 0; at < in.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, in.size() - at);
    unsigned group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = (group << 8U) | (i < count ? static_cast<unsigned char>(in[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      *out++ = i <= count ? kAlphabet[(group >> (18U - 6U * i)) & 0x3FU] : '=';
    }
  }
  return out;
}

/// Reads up to the first NUL. Anything wrong gives nothing at all; a last group of less than four is dropped.
char* base64_decode(std::string_view in, char* out) noexcept {
  in = in.substr(0, in.find('\0'));
  if (!is_strict(in)) {
    return out;
  }
  unsigned group = 0;
  std::size_t filled = 0;
  std::size_t bytes = 3;
  for (const char c : in) {
    if (is_blank(c)) {
      continue;
    }
    bytes -= c == '=' ? 1 : 0;
    group = (group << 6U) | (c == '=' ? 0U : value_of(c));
    if (++filled == 4) {
      out = write_bytes(group, bytes, out);
      group = 0;
      filled = 0;
    }
  }
  return out;
}

/// Skips what is not of the alphabet. '=' is skipped too, except one behind a first character of a group and not before
/// another '=': then there is no result. Nor is there one when a '9' ends the value as the first of a group, since
/// ModSecurity 3.0.9 takes its number, 61, for the code of '='.
char* base64_decode_ext(std::string_view in, char* out) noexcept {
  char* const begin = out;
  unsigned group = 0;
  std::size_t filled = 0;
  for (std::size_t at = 0; at < in.size(); ++at) {
    if (in[at] == '=' && filled == 1 && in.substr(at + 1, 1) != "=") {
      return begin;
    }
    if (value_of(in[at]) == kNone) {
      continue;
    }
    group = (group << 6U) | value_of(in[at]);
    if (++filled == 4) {
      out = write_bytes(group, 3, out);
      group = 0;
      filled = 0;
    }
  }
  if (filled == 1 && in.back() == '9') {
    return begin;
  }
  return filled < 2 ? out : write_bytes(group << (6U * (4 - filled)), filled - 1, out);
}

}  // namespace gabion::inspect::waf::transform
