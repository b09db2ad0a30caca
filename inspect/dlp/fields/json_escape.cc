// Six bytes decide an escape, twelve a pair of halves; what follows a broken one is looked at again.
#include "inspect/dlp/fields/json_escape.h"

#include "inspect/http/ascii.h"
#include "inspect/http/utf8.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kEscapeBytes = 6;
constexpr int kUndecided = -1;
constexpr int kBroken = -2;

constexpr std::string_view kSimpleNames = "\"\\/bfnrt";
constexpr std::string_view kSimpleBytes = "\"\\/\b\f\n\r\t";

/// What stands for itself or a control character behind a backslash; '\0': nothing.
char simple_escape(char c) noexcept {
  const std::size_t at = kSimpleNames.find(c);
  return at == std::string_view::npos ? '\0' : kSimpleBytes[at];
}

bool is_high_half(int code) noexcept {
  return code >= 0xD800 && code < 0xDC00;
}

bool is_low_half(int code) noexcept {
  return code >= 0xDC00 && code < 0xE000;
}

}  // namespace

void JsonEscape::feed(char c, std::size_t raw_bytes, EscapeLevel level, TextSink& out) {
  kept_[size_++] = {static_cast<std::uint32_t>(raw_bytes), c, level};
  decide(out);
}

void JsonEscape::finish(TextSink& out) {
  while (size_ > 0) {
    const bool is_half = size_ >= kEscapeBytes && hex4(0) >= 0;
    if (is_half) {
      replace(kEscapeBytes, 0xFFFD, out);
    } else {
      pass(1, out);
    }
  }
}

void JsonEscape::decide(TextSink& out) {
  if (size_ < 2) {
    return;
  }
  if (kept_[1].byte == 'u') {
    decide_unicode(out);
    return;
  }
  const char byte = simple_escape(kept_[1].byte);
  if (byte == '\0') {
    pass(1, out);
  } else {
    replace(2, static_cast<unsigned char>(byte), out);
  }
}

void JsonEscape::decide_unicode(TextSink& out) {
  const int first = hex4(0);
  if (first == kUndecided) {
    return;
  }
  if (first == kBroken) {
    pass(1, out);
    return;
  }
  if (!is_high_half(first)) {
    replace(kEscapeBytes, static_cast<std::uint32_t>(is_low_half(first) ? 0xFFFD : first), out);
    return;
  }
  const bool may_be_pair = (size_ < 7 || kept_[6].byte == '\\') && (size_ < 8 || kept_[7].byte == 'u');
  const int second = may_be_pair ? hex4(kEscapeBytes) : kBroken;
  if (second == kUndecided) {
    return;
  }
  if (is_low_half(second)) {
    replace(2 * kEscapeBytes, 0x10000U + (static_cast<std::uint32_t>(first & 0x3FF) << 10U) + (second & 0x3FF), out);
  } else {
    replace(kEscapeBytes, 0xFFFD, out);
  }
}

/// The four digits of the escape at `from`; negative: not all there, or not all digits.
int JsonEscape::hex4(std::size_t from) const noexcept {
  int code = 0;
  for (std::size_t i = from + 2; i < from + kEscapeBytes; ++i) {
    if (i >= size_) {
      return kUndecided;
    }
    const int digit = http::hex_digit(kept_[i].byte);
    if (digit < 0) {
      return kBroken;
    }
    code = code * 16 + digit;
  }
  return code;
}

void JsonEscape::replace(std::size_t count, std::uint32_t code, TextSink& out) {
  char bytes[4];
  char* end = bytes;
  http::put_utf8(end, code);
  std::size_t raw_bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    raw_bytes += kept_[i].raw_bytes;
  }
  out.unit({bytes, static_cast<std::size_t>(end - bytes)}, raw_bytes, level_);
  remove(count, out);
}

void JsonEscape::pass(std::size_t count, TextSink& out) {
  for (std::size_t i = 0; i < count; ++i) {
    const Kept& it = kept_[i];
    if (it.raw_bytes == 1 && it.level == 0) {
      out.plain({&it.byte, 1});
    } else {
      out.unit({&it.byte, 1}, it.raw_bytes, it.level);
    }
  }
  remove(count, out);
}

/// What stays is read again: it begins an escape, or is passed on.
void JsonEscape::remove(std::size_t count, TextSink& out) {
  const std::array<Kept, 12> old = kept_;
  const std::size_t old_size = size_;
  size_ = 0;
  for (std::size_t i = count; i < old_size; ++i) {
    kept_[size_++] = old[i];
    if (size_ == 1 && old[i].byte != '\\') {
      pass(1, out);
    } else {
      decide(out);
    }
  }
}

}  // namespace gabion::inspect::dlp
