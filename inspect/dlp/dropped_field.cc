// Walks outward from the value; every step expects one kind of byte and gives up at another.
#include "inspect/dlp/dropped_field.h"

#include <algorithm>

namespace gabion::inspect::dlp {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(char c) noexcept {
  return kBlanks.find(c) != std::string_view::npos;
}

/// Whether the quote at `at` ends or begins a string: an even number of backslashes stands before it.
bool is_quote(std::string_view body, std::size_t at) noexcept {
  if (body[at] != '"') {
    return false;
  }
  std::size_t slashes = 0;
  while (slashes < at && body[at - slashes - 1] == '\\') {
    ++slashes;
  }
  return slashes % 2 == 0;
}

/// The quote before `at` that begins the string `at` is in or behind; nothing: there is none.
std::optional<std::size_t> quote_before(std::string_view body, std::size_t at) noexcept {
  while (at > 0) {
    --at;
    if (is_quote(body, at)) {
      return at;
    }
  }
  return std::nullopt;
}

std::size_t skip_blanks_back(std::string_view body, std::size_t at) noexcept {
  while (at > 0 && is_blank(body[at - 1])) {
    --at;
  }
  return at;
}

std::size_t skip_blanks(std::string_view body, std::size_t at) noexcept {
  while (at < body.size() && is_blank(body[at])) {
    ++at;
  }
  return at;
}

bool is_scalar_byte(char c) noexcept {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '+' || c == '.';
}

}  // namespace

std::optional<ByteRange> json_number(std::string_view body, ByteRange value) {
  while (value.begin > 0 && is_scalar_byte(body[value.begin - 1])) {
    --value.begin;
  }
  while (value.end < body.size() && is_scalar_byte(body[value.end])) {
    ++value.end;
  }
  return value;
}

std::optional<ByteRange> json_string(std::string_view body, ByteRange value) {
  const auto open = quote_before(body, value.begin);
  std::size_t close = value.end;
  while (close < body.size() && !is_quote(body, close)) {
    ++close;
  }
  if (!open || close == body.size()) {
    return std::nullopt;
  }
  return ByteRange{*open, close + 1};
}

std::optional<ByteRange> json_member(std::string_view body, ByteRange whole, std::size_t dropped_to) {
  ByteRange member = whole;
  const std::size_t colon = skip_blanks_back(body, member.begin);
  if (colon == 0 || body[colon - 1] != ':') {
    return std::nullopt;
  }
  const std::size_t name_end = skip_blanks_back(body, colon - 1);
  if (name_end == 0 || !is_quote(body, name_end - 1)) {
    return std::nullopt;
  }
  const auto name = quote_before(body, name_end - 1);
  if (!name) {
    return std::nullopt;
  }
  member.begin = *name;
  const std::size_t before = skip_blanks_back(body, *name);
  if (before > 0 && body[before - 1] == ',' && before > dropped_to) {
    member.begin = before - 1;
    return member;
  }
  if (before == 0 || (body[before - 1] != '{' && body[before - 1] != ',')) {
    return std::nullopt;
  }
  const std::size_t behind = skip_blanks(body, member.end);
  if (behind < body.size() && body[behind] == ',') {
    member.end = behind + 1;
  }
  return member;
}

ByteRange form_field(std::string_view body, ByteRange value, std::size_t dropped_to) {
  const std::size_t before = value.begin == 0 ? std::string_view::npos : body.rfind('&', value.begin - 1);
  const std::size_t behind = std::min(body.find('&', value.end), body.size());
  ByteRange field{before == std::string_view::npos ? 0 : before + 1, behind};
  if (before != std::string_view::npos && before + 1 > dropped_to) {
    field.begin = before;
    return field;
  }
  field.end = std::min(behind + 1, body.size());
  return field;
}

}  // namespace gabion::inspect::dlp
