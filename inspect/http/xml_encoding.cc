// Finds the encoding of an XML body by its first bytes and its declaration, then converts.
#include "inspect/http/xml_encoding.h"

#include <array>
#include <cstdint>

#include "inspect/http/ascii.h"
#include "inspect/http/utf8.h"

namespace gabion::inspect::http {
namespace {

enum class Encoding { kUtf8, kLatin1, kWindows1252, kUnknown };

/// 0x80 to 0x9F of windows-1252; 0 where nothing is assigned.
constexpr std::array<std::uint16_t, 32> kWindows1252{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                     0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

bool is_xml_char(std::uint32_t code) noexcept {
  return code >= 0x20 ? code != 0xFFFE && code != 0xFFFF : code == '\t' || code == '\n' || code == '\r';
}

/// The value of encoding="…" in the declaration at the front, empty without one.
std::string_view declared_encoding(std::string_view body) noexcept {
  if (!body.starts_with("<?xml") || body.size() < 6 || !is_space(body[5])) {
    return {};
  }
  const std::string_view declaration = body.substr(0, body.find("?>"));
  std::size_t at = declaration.find("encoding");
  if (at == std::string_view::npos) {
    return {};
  }
  std::string_view rest = without_front_spaces(declaration.substr(at + 8));
  rest = without_front_spaces(rest.starts_with('=') ? rest.substr(1) : std::string_view());
  if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) {
    return {};
  }
  const std::size_t end = rest.find(rest.front(), 1);
  return end == std::string_view::npos ? std::string_view() : rest.substr(1, end - 1);
}

Encoding encoding_named(std::string_view name) noexcept {
  if (name.empty() || equals_lower(name, "utf-8") || equals_lower(name, "utf8") || equals_lower(name, "us-ascii") ||
      equals_lower(name, "ascii")) {
    return Encoding::kUtf8;
  }
  if (equals_lower(name, "iso-8859-1") || equals_lower(name, "latin1") || equals_lower(name, "iso-latin-1")) {
    return Encoding::kLatin1;
  }
  return equals_lower(name, "windows-1252") || equals_lower(name, "cp1252") ? Encoding::kWindows1252
                                                                            : Encoding::kUnknown;
}

XmlText checked_utf8(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      if (!is_xml_char(byte)) {
        return {text.substr(0, at), false};
      }
      ++at;
      continue;
    }
    const std::size_t size = utf8_size(text.substr(at));
    const std::string_view character = text.substr(at, size);
    if (size == 0 || character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") {
      return {text.substr(0, at), false};
    }
    at += size;
  }
  return {text, true};
}

XmlText from_one_byte(std::string_view text, bool is_windows, ByteArena& arena) {
  if (text.empty()) {
    return {};
  }
  const std::size_t room = text.size() * 3;
  char* const bytes = arena.allocate(room);
  char* out = bytes;
  bool complete = true;
  for (const char c : text) {
    std::uint32_t code = static_cast<unsigned char>(c);
    if (is_windows && code >= 0x80 && code < 0xA0) {
      code = kWindows1252[code - 0x80];
    }
    if (!is_xml_char(code)) {
      complete = false;
      break;
    }
    put_utf8(out, code);
  }
  const auto size = static_cast<std::size_t>(out - bytes);
  arena.give_back(room - size);
  return {{bytes, size}, complete};
}

XmlText from_utf16(std::string_view text, bool is_little, ByteArena& arena) {
  const auto unit = [text, is_little](std::size_t at) -> std::uint32_t {
    const std::uint32_t first = static_cast<unsigned char>(text[at]);
    const std::uint32_t second = static_cast<unsigned char>(text[at + 1]);
    return is_little ? second << 8 | first : first << 8 | second;
  };
  if (text.size() < 2) {
    return {{}, text.empty()};
  }
  const std::size_t room = text.size() / 2 * 3;
  char* const bytes = arena.allocate(room);
  char* out = bytes;
  std::size_t at = 0;
  while (at + 1 < text.size()) {
    std::uint32_t code = unit(at);
    if ((code & 0xF800) == 0xD800) {
      const std::uint32_t second = at + 3 < text.size() ? unit(at + 2) : 0;
      if ((code & 0xFC00) != 0xD800 || (second & 0xFC00) != 0xDC00) {
        break;
      }
      code = 0x10000 + ((code & 0x3FF) << 10 | (second & 0x3FF));
      at += 2;
    } else if (!is_xml_char(code)) {
      break;
    }
    at += 2;
    put_utf8(out, code);
  }
  const auto size = static_cast<std::size_t>(out - bytes);
  arena.give_back(room - size);
  return {{bytes, size}, at == text.size()};
}

}  // namespace

XmlText xml_as_utf8(std::string_view body, ByteArena& arena) {
  using namespace std::string_view_literals;
  if (body.starts_with("\xFF\xFE"sv) || body.starts_with("<\0?\0"sv)) {
    return from_utf16(body.substr(body.front() == '<' ? 0 : 2), true, arena);
  }
  if (body.starts_with("\xFE\xFF"sv) || body.starts_with("\0<\0?"sv)) {
    return from_utf16(body.substr(body.front() == '\0' ? 0 : 2), false, arena);
  }
  if (body.starts_with("\xEF\xBB\xBF"sv)) {
    return checked_utf8(body.substr(3));
  }
  switch (encoding_named(declared_encoding(body))) {
    case Encoding::kUtf8:
      return checked_utf8(body);
    case Encoding::kLatin1:
      return from_one_byte(body, false, arena);
    case Encoding::kWindows1252:
      return from_one_byte(body, true, arena);
    case Encoding::kUnknown:
      break;
  }
  return {{}, false};
}

}  // namespace gabion::inspect::http
