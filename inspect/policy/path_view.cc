// Decodes what is left of escapes and finds what two servers may read differently.
#include "inspect/policy/path_view.h"

#include <algorithm>
#include <cstdint>

namespace gabion::inspect::policy {
namespace {

using config::DoubtfulPath;
using config::PathCase;
using config::PathReading;

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte of the escape that begins `text`, or -1.
int escape_of(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '%') {
    return -1;
  }
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool is_dot_segment_at(std::string_view text, std::size_t slash) noexcept {
  const std::string_view rest = text.substr(slash + 1, 3);
  const std::string_view segment = rest.substr(0, rest.find('/'));
  return segment == "." || segment == "..";
}

/// Bytes that has_doubtful_shape() looks at twice; all others are passed over without a jump.
constexpr bool is_mark(char c) noexcept {
  return c == '\\' || c == ';' || c == '%' || c == '/';
}

bool is_beyond_ascii(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// Length of the UTF-8 sequence at the front, 0 when it is malformed. Source: RFC 3629 §4.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&text](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
    return 0;
  }
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0U) != 0x80) {
      return 0;
    }
  }
  const std::uint8_t second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : length;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

PathView::PathView(std::string_view path, const PathReading& reading)
    : text_(path), is_path_(!path.empty() && path.front() == '/'), letters_(reading.letters) {
  if (!is_path_) {
    return;
  }
  if (path.find('%') != std::string_view::npos) {
    char* out = inline_.data();
    if (path.size() > kInlineBytes) {
      spill_.resize(path.size());
      out = spill_.data();
    }
    decode(path, reading, out);
    ambiguous_ = ambiguous_ || !is_utf8(text_);
  }
  ambiguous_ = ambiguous_ || has_doubtful_shape(reading) ||
               (letters_ == PathCase::kFold && std::any_of(text_.begin(), text_.end(), is_beyond_ascii));
}

void PathView::decode(std::string_view path, const PathReading& reading, char* out) {
  std::size_t length = 0;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const int byte = escape_of(path.substr(at));
    if (byte < 0) {
      ambiguous_ = ambiguous_ || path[at] == '%';
      out[length++] = path[at];
      continue;
    }
    at += 2;
    const char decoded = static_cast<char>(byte);
    const bool slash = decoded == '/' || decoded == '\\';
    if (slash && reading.encoded_slash == DoubtfulPath::kKeep) {
      const std::string_view escape = decoded == '/' ? "%2F" : "%5C";
      length = static_cast<std::size_t>(std::copy(escape.begin(), escape.end(), out + length) - out);
      ++kept_slashes_;
      continue;
    }
    ambiguous_ = ambiguous_ || byte < 0x20 || byte == 0x7F || slash;
    out[length++] = decoded;
  }
  text_ = std::string_view(out, length);
}

/// What servers read differently although nothing of it is escaped any more.
bool PathView::has_doubtful_shape(const PathReading& reading) const noexcept {
  std::size_t escapes = 0;
  for (std::size_t at = 0; at < text_.size(); ++at) {
    const char c = text_[at];
    if (!is_mark(c)) {
      continue;
    }
    const char next = at + 1 < text_.size() ? text_[at + 1] : '\0';
    if (c == '/') {
      if ((next == '.' && is_dot_segment_at(text_, at)) ||
          (next == '/' && reading.empty_segments == DoubtfulPath::kRefuse)) {
        return true;
      }
    } else if (c == '\\' || (c == ';' && reading.semicolon == DoubtfulPath::kRefuse)) {
      return true;
    } else if (c == '%' && escape_of(text_.substr(at)) >= 0) {
      ++escapes;
    }
  }
  // No two escapes overlap, so that each kept slash is one of them.
  return reading.double_encoding == DoubtfulPath::kRefuse && escapes > kept_slashes_;
}

}  // namespace gabion::inspect::policy
