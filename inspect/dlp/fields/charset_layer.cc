// Two bytes decide; a pair of halves is one character of four raw bytes.
#include "inspect/dlp/fields/charset_layer.h"

#include <algorithm>

#include "inspect/dlp/fields/field_reader.h"
#include "inspect/http/ascii.h"
#include "inspect/http/utf8.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

/// How charsets begin whose ASCII is not ASCII.
constexpr std::array<std::string_view, 7> kNotAscii{"utf-32", "utf32", "utf-7", "ucs-4", "ibm", "cp037", "ebcdic"};

bool begins_lower(std::string_view text, std::string_view start) noexcept {
  return text.size() >= start.size() && http::equals_lower(text.substr(0, start.size()), start);
}

bool is_unknown(std::string_view charset) noexcept {
  return std::any_of(kNotAscii.begin(), kNotAscii.end(),
                     [charset](std::string_view start) { return begins_lower(charset, start); });
}

}  // namespace

void CharsetLayer::begin(std::string_view charset) noexcept {
  size_ = 0;
  notes_ = is_unknown(charset) ? unsigned{kUnknownCharset} : 0U;
  state_ = State::kUndecided;
  if (http::equals_lower(charset, "utf-16le")) {
    state_ = State::kLittle;
  } else if (http::equals_lower(charset, "utf-16be")) {
    state_ = State::kBig;
  } else if (http::equals_lower(charset, "utf-16")) {
    state_ = State::kWide;
  }
}

void CharsetLayer::plain(std::string_view bytes) {
  while (state_ != State::kBytes && !bytes.empty()) {
    if (state_ == State::kUndecided && size_ == 0 && bytes.size() > 1 && bytes[0] > '\0' && bytes[1] > '\0') {
      state_ = State::kBytes;
      break;
    }
    feed(bytes.front());
    bytes.remove_prefix(1);
  }
  if (!bytes.empty()) {
    out_.plain(bytes);
  }
}

void CharsetLayer::unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) {
  if (state_ != State::kBytes) {
    finish();
    state_ = State::kBytes;
  }
  out_.unit(flat, raw_bytes, level);
}

void CharsetLayer::feed(char c) {
  kept_[size_++] = c;
  if (size_ < 2) {
    return;
  }
  if (state_ == State::kUndecided || state_ == State::kWide) {
    decide();
  } else {
    take_character();
  }
}

/// Without a byte order mark, declared UTF-16 is big-endian (RFC 2781) unless a zero says otherwise.
void CharsetLayer::decide() {
  const bool is_wide = state_ == State::kWide;
  const auto opens = [is_wide](char c) {
    return is_wide ? c != '\0' : std::string_view("{[<\"").find(c) != std::string_view::npos;
  };
  const bool is_little = (kept_[0] == '\xff' && kept_[1] == '\xfe') || (opens(kept_[0]) && kept_[1] == '\0');
  const bool is_big = (kept_[0] == '\xfe' && kept_[1] == '\xff') || (kept_[0] == '\0' && opens(kept_[1]));
  if (is_little || is_big || is_wide) {
    state_ = is_little ? State::kLittle : State::kBig;
    take_character();
    return;
  }
  state_ = State::kBytes;
  size_ = 0;
  out_.plain({kept_.data(), 2});
}

std::uint32_t CharsetLayer::word(std::size_t at) const noexcept {
  const auto first = static_cast<unsigned char>(kept_[at]);
  const auto second = static_cast<unsigned char>(kept_[at + 1]);
  return state_ == State::kLittle ? static_cast<std::uint32_t>(second << 8U | first)
                                  : static_cast<std::uint32_t>(first << 8U | second);
}

/// At two or four bytes.
void CharsetLayer::take_character() {
  const std::uint32_t first = word(0);
  const bool is_high = (first & 0xFC00U) == 0xD800U;
  if (size_ == 3 || (size_ == 2 && is_high)) {
    return;
  }
  if (size_ == 2) {
    size_ = 0;
    emit((first & 0xFC00U) == 0xDC00U ? kReplacement : first, 2);
    return;
  }
  const std::uint32_t second = word(2);
  if ((second & 0xFC00U) == 0xDC00U) {
    size_ = 0;
    emit(0x10000U + ((first & 0x3FFU) << 10U | (second & 0x3FFU)), 4);
    return;
  }
  emit(kReplacement, 2);
  kept_[0] = kept_[2];
  kept_[1] = kept_[3];
  size_ = 2;
  take_character();
}

void CharsetLayer::emit(std::uint32_t code, std::size_t raw_bytes) {
  char bytes[4];
  char* end = bytes;
  if (code != 0xFEFFU) {
    http::put_utf8(end, code);
  }
  out_.unit({bytes, static_cast<std::size_t>(end - bytes)}, raw_bytes, 0);
}

void CharsetLayer::finish() {
  if (size_ > 0) {
    out_.plain({kept_.data(), size_});
  }
  size_ = 0;
}

}  // namespace gabion::inspect::dlp
