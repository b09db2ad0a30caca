// Percent escapes and base64.
#include "inspect/sql/taint/decodings.h"

#include <array>
#include <cstdint>

#include "inspect/sql/taint/candidate.h"

namespace gabion::inspect::sql::taint {
namespace {

constexpr std::size_t kLeastBase64 = 8;

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = fold(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The six bits of a character; -1: none of either alphabet.
int base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  if (c == '+' || c == '-') {
    return 62;
  }
  return c == '/' || c == '_' ? 63 : -1;
}

bool is_text(std::string_view bytes) noexcept {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < ' ' && !is_space(c)) || byte == 0x7F) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<std::string_view> decode_percent(std::string_view text, http::ByteArena& arena) {
  if (text.find_first_of("%+") == std::string_view::npos) {
    return std::nullopt;
  }
  char* const out = arena.allocate(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(high * 16 + low);
        i += 2;
      }
    }
    out[size++] = c;
  }
  arena.give_back(text.size() - size);
  const std::string_view decoded(out, size);
  return decoded == text ? std::nullopt : std::optional(decoded);
}

std::optional<std::string_view> decode_base64(std::string_view text, http::ByteArena& arena) {
  while (!text.empty() && text.back() == '=') {
    text.remove_suffix(1);
  }
  if (text.size() < kLeastBase64 || text.size() % 4 == 1) {
    return std::nullopt;
  }
  for (const char c : text) {
    if (base64_digit(c) < 0) {
      return std::nullopt;
    }
  }
  const std::size_t room = text.size() * 3 / 4;
  char* const out = arena.allocate(room);
  std::size_t size = 0;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    bits = (bits << 6U) | static_cast<std::uint32_t>(base64_digit(c));
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[size++] = static_cast<char>((bits >> count) & 0xFFU);
    }
  }
  const std::string_view decoded(out, size);
  if (is_text(decoded)) {
    return decoded;
  }
  arena.give_back(room);
  return std::nullopt;
}

bool looks_like_json(std::string_view trimmed) noexcept {
  return trimmed.size() > 1 && (trimmed.front() == '{' || trimmed.front() == '[' || trimmed.front() == '"');
}

}  // namespace gabion::inspect::sql::taint
