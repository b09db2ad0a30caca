// Character content and attribute values of an XML body, references decoded.
#include <charconv>
#include <cstring>

#include "inspect/http/ascii.h"
#include "inspect/http/utf8.h"
#include "inspect/http/xml_body.h"

namespace gabion::inspect::http {
namespace {

struct Entity {
  std::string_view name;
  char character;
};
constexpr Entity kEntities[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

bool is_xml_char(std::uint32_t code) noexcept {
  if (code < 0x20) {
    return code == '\t' || code == '\n' || code == '\r';
  }
  return code < 0xD800 || (code >= 0xE000 && code < 0x110000 && code != 0xFFFE && code != 0xFFFF);
}

}  // namespace

/// Up to the next tag. Outside of the root only spaces may stand.
BodyError XmlBody::read_text() {
  const std::size_t end = std::min(source_.find('<', at_), source_.size());
  const std::string_view text = source_.substr(at_, end - at_);
  at_ = end;
  if (open_.empty()) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      return BodyError::kNone;
    }
    return has_root_ ? BodyError::kTrailingBytes : BodyError::kSyntax;
  }
  return append_text(text);
}

BodyError XmlBody::append_text(std::string_view text) {
  const std::size_t cdata_end = text.find("]]>");
  const BodyError last = cdata_end == std::string_view::npos ? BodyError::kNone : BodyError::kSyntax;
  text = text.substr(0, cdata_end);
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find_first_of("&\r"), text.size());
    text_.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    if (text.front() == '\r') {
      text_ += '\n';
      text.remove_prefix(text.starts_with("\r\n") ? 2 : 1);
      continue;
    }
    char bytes[4];
    char* out = bytes;
    if (const BodyError error = read_reference(text, out); error != BodyError::kNone) {
      return error;
    }
    text_.append(bytes, out);
  }
  return last;
}

BodyError XmlBody::decode_attribute(std::string_view text, std::string_view& value) {
  if (text.find('<') != std::string_view::npos) {
    return BodyError::kSyntax;
  }
  if (text.find_first_of("&\r\n\t") == std::string_view::npos) {
    value = text;
    return BodyError::kNone;
  }
  const std::size_t room = text.size();
  char* const bytes = arena_.allocate(room);
  char* out = bytes;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '&') {
      if (const BodyError error = read_reference(text, out); error != BodyError::kNone) {
        return error;
      }
      continue;
    }
    *out++ = c == '\r' || c == '\n' || c == '\t' ? ' ' : c;
    text.remove_prefix(text.starts_with("\r\n") ? 2 : 1);
  }
  const auto size = static_cast<std::size_t>(out - bytes);
  arena_.give_back(room - size);
  value = {bytes, size};
  return BodyError::kNone;
}

/// At an '&': takes the reference off the front. Writes at most four bytes, never more than the reference has.
BodyError XmlBody::read_reference(std::string_view& text, char*& out) const {
  const std::size_t end = text.find(';');
  if (end == std::string_view::npos) {
    return BodyError::kBadEscape;
  }
  const std::string_view name = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  if (name.starts_with('#')) {
    return read_number_reference(name.substr(1), out);
  }
  for (const Entity& entity : kEntities) {
    if (entity.name == name) {
      *out++ = entity.character;
      return BodyError::kNone;
    }
  }
  return name.empty() || name.find_first_of(" \t\r\n&\"'") != std::string_view::npos ? BodyError::kBadEscape
                                                                                     : BodyError::kUnknownEntity;
}

BodyError XmlBody::read_number_reference(std::string_view digits, char*& out) const {
  const bool is_hex = digits.starts_with('x');
  digits.remove_prefix(is_hex ? 1 : 0);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || !is_xml_char(code)) {
    return BodyError::kBadEscape;
  }
  put_utf8(out, code);
  return BodyError::kNone;
}

}  // namespace gabion::inspect::http
