// JSON by appending: strict UTF-8 in, ASCII out.
#include "proxy/admin/json_line.h"

#include <array>
#include <charconv>

namespace gabion::proxy {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
  char32_t code_point = kReplacement;
  std::size_t bytes = 1;  ///< consumed
};

bool is_continuation(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// How many bytes a lead byte announces, 0 when it can begin nothing (RFC 3629 §3).
std::size_t announced_bytes(unsigned char lead) noexcept {
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return 2;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    return 3;
  }
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

bool is_scalar_of_length(char32_t code_point, std::size_t bytes) noexcept {
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  return code_point >= kSmallest[bytes] && code_point <= 0x10FFFF && !surrogate;
}

/// The first character of `bytes`; a broken one costs one byte. REQUIRES: not empty.
Decoded decode(std::string_view bytes) noexcept {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const std::size_t count = announced_bytes(lead);
  if (count == 1) {
    return {lead, 1};
  }
  if (count == 0 || bytes.size() < count) {
    return {};
  }
  char32_t code_point = lead & (0xFFU >> (count + 1));
  for (std::size_t i = 1; i < count; ++i) {
    if (!is_continuation(bytes[i])) {
      return {};
    }
    code_point = code_point << 6U | (static_cast<unsigned char>(bytes[i]) & 0x3FU);
  }
  return is_scalar_of_length(code_point, count) ? Decoded{code_point, count} : Decoded{};
}

/// The escaped form of one character: at most two \uXXXX.
struct Escaped {
  std::array<char, 12> text{};
  std::size_t size = 0;

  void add(char byte) noexcept { text[size++] = byte; }
  void add_unit(char32_t unit) noexcept {
    constexpr std::string_view kHex = "0123456789abcdef";
    add('\\');
    add('u');
    for (const unsigned shift : {12U, 8U, 4U, 0U}) {
      add(kHex[(unit >> shift) & 0xFU]);
    }
  }
};

Escaped escape(char32_t code_point) noexcept {
  Escaped escaped;
  if (code_point == U'"' || code_point == U'\\') {
    escaped.add('\\');
    escaped.add(static_cast<char>(code_point));
  } else if (code_point >= 0x20 && code_point < 0x7F) {
    escaped.add(static_cast<char>(code_point));
  } else if (code_point <= 0xFFFF) {
    escaped.add_unit(code_point);
  } else {
    escaped.add_unit(0xD800 + ((code_point - 0x10000) >> 10U));
    escaped.add_unit(0xDC00 + ((code_point - 0x10000) & 0x3FFU));
  }
  return escaped;
}

bool is_plain(char byte) noexcept {
  return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

}  // namespace

void append_escaped(std::string& out, std::string_view bytes, std::size_t max_bytes) {
  const std::size_t end = out.size() + max_bytes;
  while (!bytes.empty()) {
    std::size_t plain = 0;
    while (plain < bytes.size() && plain < end - out.size() && is_plain(bytes[plain])) {
      ++plain;
    }
    out.append(bytes.substr(0, plain));
    bytes.remove_prefix(plain);
    if (bytes.empty()) {
      return;
    }
    const Decoded decoded = decode(bytes);
    const Escaped escaped = escape(decoded.code_point);
    if (escaped.size > end - out.size()) {
      return;
    }
    out.append(escaped.text.data(), escaped.size);
    bytes.remove_prefix(decoded.bytes);
  }
}

JsonLine::JsonLine(std::string& buffer) : out_(buffer) {
  out_.clear();
  out_.push_back('{');
}

void JsonLine::open_key(std::string_view key) {
  if (!first_) {
    out_.push_back(',');
  }
  first_ = false;
  out_.push_back('"');
  out_.append(key);
  out_.append("\":");
}

void JsonLine::text(std::string_view key, std::string_view value, std::size_t max_bytes) {
  open_key(key);
  out_.push_back('"');
  append_escaped(out_, value, max_bytes);
  out_.push_back('"');
}

void JsonLine::optional_text(std::string_view key, std::string_view value, std::size_t max_bytes) {
  if (value.empty()) {
    null(key);
    return;
  }
  text(key, value, max_bytes);
}

void JsonLine::number(std::string_view key, std::uint64_t value) {
  open_key(key);
  std::array<char, 20> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), written.ptr);
}

void JsonLine::boolean(std::string_view key, bool value) {
  open_key(key);
  out_.append(value ? "true" : "false");
}

void JsonLine::null(std::string_view key) {
  open_key(key);
  out_.append("null");
}

void JsonLine::begin_list(std::string_view key) {
  open_key(key);
  out_.push_back('[');
  first_ = true;
}

void JsonLine::end_list() {
  out_.push_back(']');
  first_ = false;
}

void JsonLine::begin_item() {
  out_.append(first_ ? "{" : ",{");
  first_ = true;
}

void JsonLine::end_item() {
  out_.push_back('}');
  first_ = false;
}

void JsonLine::finish() {
  out_.push_back('}');
}

}  // namespace gabion::proxy
