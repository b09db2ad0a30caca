// What a field's name and value may be made of in HTTP/2.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "proxy/protocol/http1/field_id.h"

namespace gabion::proxy::http2 {

/// RFC 9113 §8.2.1: no upper case; RFC 9110 §5.1: a token.
[[nodiscard]] inline bool is_field_name(std::string_view name) noexcept {
  static constexpr auto kCharacters = [] {
    std::array<bool, 256> result{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")) {
      result[static_cast<unsigned char>(c)] = true;
    }
    return result;
  }();
  for (const char c : name) {
    if (!kCharacters[static_cast<unsigned char>(c)]) {
      return false;
    }
  }
  return !name.empty();
}

/// RFC 9113 §8.2.1: no blanks at its ends, no control characters but HT: what HTTP/1 could not carry, or reads
/// otherwise.
[[nodiscard]] inline bool is_field_value(std::string_view value) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  if (!value.empty() && (is_blank(value.front()) || is_blank(value.back()))) {
    return false;
  }
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::size_t at = 0;
  for (; value.size() - at >= kWord; at += kWord) {
    std::uint64_t word = 0;
    std::memcpy(&word, value.data() + at, kWord);
    const std::uint64_t below_space = (word - kEach * 0x20) & ~word;
    const std::uint64_t delete_is_zero = word ^ kEach * 0x7f;
    const std::uint64_t is_delete = (delete_is_zero - kEach) & ~delete_is_zero;
    if (((below_space | is_delete) & kEach * 0x80) != 0) {
      break;  // or a tab: each of the rest is looked at
    }
  }
  for (; at < value.size(); ++at) {
    const auto c = static_cast<unsigned char>(value[at]);
    if ((c < 0x20 && c != '\t') || c == 0x7f) {
      return false;
    }
  }
  return true;
}

/// RFC 9113 §8.2.2: a message with one is malformed, wherever it stands.
[[nodiscard]] inline bool is_of_one_connection(http1::FieldId id) noexcept {
  return id == http1::FieldId::kConnection || id == http1::FieldId::kKeepAlive ||
         id == http1::FieldId::kProxyConnection || id == http1::FieldId::kTransferEncoding ||
         id == http1::FieldId::kUpgrade;
}

}  // namespace gabion::proxy::http2
