// Four characters of base64 are one unit: nobody can cover a part of them.
#include "inspect/dlp/fields/transfer_layer.h"

#include <algorithm>

#include "inspect/http/ascii.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kQuad = 4;

/// Value of a base64 character, -1: none. The URL alphabet counts, too.
int base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  if (c == '+' || c == '-') {
    return 62;
  }
  return c == '/' || c == '_' ? 63 : -1;
}

}  // namespace

void TransferLayer::plain(std::string_view bytes) {
  while (!bytes.empty()) {
    if (encoding_ == Encoding::kNone) {
      out_.plain(bytes);
      return;
    }
    if (encoding_ == Encoding::kBase64) {
      feed_base64(bytes.front());
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t run = size_ > 0 ? 0 : std::min(bytes.find('='), bytes.size());
    if (run > 0) {
      out_.plain(bytes.substr(0, run));
      bytes.remove_prefix(run);
      continue;
    }
    feed_quoted(bytes.front());
    bytes.remove_prefix(1);
  }
}

void TransferLayer::unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) {
  finish();
  out_.unit(flat, raw_bytes, level);
}

void TransferLayer::feed_base64(char c) {
  if (http::is_space(c)) {
    if (size_ == 0) {
      out_.unit({}, 1, 0);
    } else {
      ++raw_bytes_;
    }
    return;
  }
  const bool is_padding = c == '=' && size_ >= 2;
  const bool is_digit = base64_digit(c) >= 0 && (size_ < 3 || kept_[2] != '=');
  if (!is_padding && !is_digit) {
    finish();
    encoding_ = Encoding::kNone;
    out_.plain({&c, 1});
    return;
  }
  kept_[size_++] = c;
  ++raw_bytes_;
  if (size_ == kQuad) {
    emit_base64();
  }
}

/// What is there of a quad: two characters are one byte, three are two. One alone is none.
void TransferLayer::emit_base64() {
  std::uint32_t bits = 0;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < kQuad; ++i) {
    const int digit = i < size_ ? base64_digit(kept_[i]) : -1;
    digits += digit >= 0 ? 1 : 0;
    bits = bits << 6U | static_cast<std::uint32_t>(digit >= 0 ? digit : 0);
  }
  const char bytes[3] = {static_cast<char>(bits >> 16U), static_cast<char>(bits >> 8U & 0xFFU),
                         static_cast<char>(bits & 0xFFU)};
  out_.unit({bytes, digits < 2 ? 0 : digits - 1}, raw_bytes_, kFromBase64);
  size_ = 0;
  raw_bytes_ = 0;
}

/// "=XX" is a byte, '=' and a line break nothing; anything else stands for itself.
void TransferLayer::feed_quoted(char c) {
  kept_[size_++] = c;
  if (size_ == 1) {
    return;
  }
  if (c == '\n' && (size_ == 2 || kept_[1] == '\r')) {
    out_.unit({}, size_, 1);
    size_ = 0;
    return;
  }
  const int high = http::hex_digit(kept_[1]);
  if (size_ == 2 && (high >= 0 || c == '\r')) {
    return;
  }
  const int low = size_ == 3 && high >= 0 ? http::hex_digit(c) : -1;
  if (low >= 0) {
    const char byte = static_cast<char>(high * 16 + low);
    out_.unit({&byte, 1}, 3, 1);
    size_ = 0;
    return;
  }
  --size_;
  pass_kept();
  plain({&c, 1});
}

void TransferLayer::pass_kept() {
  if (size_ > 0) {
    out_.plain({kept_.data(), size_});
  }
  size_ = 0;
}

void TransferLayer::finish() {
  if (encoding_ == Encoding::kBase64 && raw_bytes_ > 0) {
    emit_base64();
  } else {
    pass_kept();
  }
}

}  // namespace gabion::inspect::dlp
