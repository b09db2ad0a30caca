// Base64 as SCRAM writes it: see base64.h.
#include "proxy/protocol/postgres/base64.h"

#include <algorithm>
#include <cstdint>

namespace gabion::proxy::postgres {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8U | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out.push_back(i <= count ? kLetters[group >> (18U - 6U * i) & 63U] : '=');
    }
  }
}

std::optional<std::string> read_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  std::string found;
  found.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::size_t letters = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const std::size_t value = kLetters.find(c);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    group = group << 6U | static_cast<std::uint32_t>(value);
    if (++letters % 4 != 1) {
      found.push_back(static_cast<char>(group >> (6U - 2U * ((letters - 1) % 4))));
    }
  }
  // What the last group leaves over, and the padding, have one spelling only.
  std::string again;
  append_base64(again, found);
  return again == text ? std::optional(std::move(found)) : std::nullopt;
}

}  // namespace gabion::proxy::postgres
