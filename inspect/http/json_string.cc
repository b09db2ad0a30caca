// The strings of a JSON body: a view where nothing is escaped, otherwise decoded into the arena.
#include <cstring>

#include "inspect/http/ascii.h"
#include "inspect/http/json_body.h"
#include "inspect/http/utf8.h"

namespace gabion::inspect::http {
namespace {

/// Plain bytes of a string: neither quote, escape, control character nor the start of a UTF-8 sequence.
bool is_plain(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

}  // namespace

/// At the opening quote; leaves the cursor behind the closing one.
BodyError JsonBody::read_string(std::string_view& decoded) {
  const std::size_t start = ++at_;
  while (true) {
    while (!at_end() && is_plain(text_[at_])) {
      ++at_;
    }
    if (at_end()) {
      return BodyError::kUnexpectedEnd;
    }
    if (text_[at_] == '"') {
      decoded = text_.substr(start, at_++ - start);
      return BodyError::kNone;
    }
    if (text_[at_] == '\\') {
      return read_escaped_string(start, decoded);
    }
    if (const BodyError error = read_utf8(); error != BodyError::kNone) {
      return error;
    }
  }
}

/// Goes on at the first escape. An escape is never shorter than what it stands for, so the room that the source takes
/// is enough; the end of the string is looked for first, so that the room is not the rest of the body.
BodyError JsonBody::read_escaped_string(std::size_t start, std::string_view& decoded) {
  std::size_t end = at_;
  while (end < text_.size() && text_[end] != '"') {
    end += text_[end] == '\\' ? 2 : 1;
  }
  if (end >= text_.size()) {
    return BodyError::kUnexpectedEnd;
  }
  const std::size_t room = end - start;
  char* const bytes = arena_.allocate(room);
  char* out = bytes;
  std::size_t copied = start;
  while (at_ < end) {
    if (is_plain(text_[at_])) {
      ++at_;
      continue;
    }
    if (text_[at_] != '\\') {
      if (const BodyError error = read_utf8(); error != BodyError::kNone) {
        return error;
      }
      continue;
    }
    std::memcpy(out, text_.data() + copied, at_ - copied);
    out += at_ - copied;
    if (const BodyError error = read_escape(out); error != BodyError::kNone) {
      return error;
    }
    copied = at_;
  }
  std::memcpy(out, text_.data() + copied, at_ - copied);
  out += at_ - copied;
  ++at_;
  const auto size = static_cast<std::size_t>(out - bytes);
  arena_.give_back(room - size);
  decoded = {bytes, size};
  return BodyError::kNone;
}

/// At a backslash; a byte follows it for sure.
BodyError JsonBody::read_escape(char*& out) {
  const char kind = text_[++at_];
  ++at_;
  switch (kind) {
    case '"':
    case '\\':
    case '/':
      *out++ = kind;
      return BodyError::kNone;
    case 'b':
      *out++ = '\b';
      return BodyError::kNone;
    case 'f':
      *out++ = '\f';
      return BodyError::kNone;
    case 'n':
      *out++ = '\n';
      return BodyError::kNone;
    case 'r':
      *out++ = '\r';
      return BodyError::kNone;
    case 't':
      *out++ = '\t';
      return BodyError::kNone;
    case 'u':
      return read_unicode_escape(out);
    default:
      return BodyError::kBadEscape;
  }
}

/// Behind "\u". A first half of a pair takes whatever \u follows as the second, or becomes '?', as ModSecurity has it.
BodyError JsonBody::read_unicode_escape(char*& out) {
  std::uint32_t code = 0;
  if (!read_hex4(code)) {
    return BodyError::kBadEscape;
  }
  if ((code & 0xFC00) == 0xD800) {
    if (text_.substr(at_, 2) != "\\u") {
      *out++ = '?';
      return BodyError::kNone;
    }
    at_ += 2;
    std::uint32_t second = 0;
    if (!read_hex4(second)) {
      return BodyError::kBadEscape;
    }
    code = 0x10000 + ((code & 0x3FF) << 10 | (second & 0x3FF));
  }
  put_utf8(out, code);
  return BodyError::kNone;
}

bool JsonBody::read_hex4(std::uint32_t& code) {
  code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const int digit = hex_digit(peek());
    if (digit < 0) {
      return false;
    }
    code = code << 4 | static_cast<std::uint32_t>(digit);
  }
  return true;
}

/// At a byte that is not plain, '"' or '\\': the form of a UTF-8 sequence, overlong ones included, or an error.
BodyError JsonBody::read_utf8() {
  const auto lead = static_cast<unsigned char>(text_[at_]);
  if (lead < 0x20) {
    return BodyError::kSyntax;
  }
  const std::size_t more = lead >> 5 == 0x06 ? 1 : lead >> 4 == 0x0E ? 2 : lead >> 3 == 0x1E ? 3 : 0;
  if (more == 0) {
    return BodyError::kBadEncoding;
  }
  ++at_;
  for (std::size_t i = 0; i < more; ++i, ++at_) {
    if (at_end()) {
      return BodyError::kUnexpectedEnd;
    }
    if ((static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80) {
      return BodyError::kBadEncoding;
    }
  }
  return BodyError::kNone;
}

}  // namespace gabion::inspect::http
