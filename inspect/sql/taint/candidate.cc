// The bytes that SQL takes for words, and the trace a message belongs to.
#include "inspect/sql/taint/candidate.h"

#include <algorithm>

namespace gabion::inspect::sql::taint {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::optional<Trace> read_traceparent(std::string_view text) noexcept {
  constexpr std::size_t kBytes = 55;  // 00-<32>-<16>-<2>
  constexpr std::size_t kIdBegin = 3;
  if (text.size() < kBytes || text[2] != '-' || text[35] != '-' || text[52] != '-') {
    return std::nullopt;
  }
  Trace trace{};
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const int high = hex_digit(text[kIdBegin + 2 * i]);
    const int low = hex_digit(text[kIdBegin + 2 * i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    trace[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  const bool is_zero = std::all_of(trace.begin(), trace.end(), [](std::uint8_t byte) { return byte == 0; });
  return is_zero ? std::nullopt : std::optional(trace);
}

bool is_word_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

char fold(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace gabion::inspect::sql::taint
