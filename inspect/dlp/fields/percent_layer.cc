// Clean stretches are found sixteen bytes at a time and passed on whole.
#include "inspect/dlp/fields/percent_layer.h"

#include <algorithm>

#include "inspect/dlp/fields/find_bytes.h"
#include "inspect/http/ascii.h"
#include "inspect/http/utf8.h"

namespace gabion::inspect::dlp {

void PercentLayer::reset() noexcept {
  size_ = 0;
  out_.begin_unknown();
}

std::size_t PercentLayer::find_escape(std::string_view bytes) const noexcept {
  return syntax_ == PercentSyntax::kForm ? find_either(bytes, '%', '+') : std::min(bytes.find('%'), bytes.size());
}

void PercentLayer::plain(std::string_view bytes) {
  while (!bytes.empty()) {
    if (size_ > 0) {
      feed(bytes.front());
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t run = find_escape(bytes);
    pass(bytes.substr(0, run));
    bytes.remove_prefix(run);
    if (bytes.empty()) {
      return;
    }
    feed(bytes.front());
    bytes.remove_prefix(1);
  }
}

/// A charset in front of percent-encoding: nobody does that.
void PercentLayer::unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) {
  finish();
  out_.unit(flat, raw_bytes, level);
}

void PercentLayer::finish() {
  for (std::size_t i = 0; i < size_; ++i) {
    pass({&kept_[i], 1});
  }
  size_ = 0;
  out_.finish();
}

/// Values begin behind separators and '='. Without a backslash only the last one matters: it can hold what follows.
void PercentLayer::pass(std::string_view bytes) {
  const char separator = syntax_ == PercentSyntax::kForm ? '&' : ';';
  bool is_clean = out_.is_idle() && bytes.find('\\') == std::string_view::npos;
  while (!bytes.empty()) {
    const std::size_t mark = is_clean ? rfind_either(bytes, separator, '=') : find_either(bytes, separator, '=');
    if (mark == bytes.size()) {
      out_.plain(bytes);
      return;
    }
    out_.plain(bytes.substr(0, mark));
    out_.await_value();
    out_.plain(bytes.substr(mark, 1));
    out_.await_value();
    bytes.remove_prefix(mark + 1);
    is_clean = out_.is_idle() && bytes.find('\\') == std::string_view::npos;
  }
}

void PercentLayer::feed(char c) {
  if (c == '+' && size_ == 0 && syntax_ == PercentSyntax::kForm) {
    out_.unit(" ", 1, 1);
    return;
  }
  if (size_ == 0 && c != '%') {
    pass({&c, 1});
    return;
  }
  kept_[size_++] = c;
  decide();
}

void PercentLayer::decide() {
  if (size_ == 1) {
    return;
  }
  const bool is_wide = (kept_[1] | 0x20) == 'u';
  const std::size_t whole = is_wide ? 6 : 3;
  std::uint32_t code = 0;
  bool is_broken = false;
  for (std::size_t i = is_wide ? 2 : 1; i < size_; ++i) {
    const int digit = http::hex_digit(kept_[i]);
    is_broken = is_broken || digit < 0;
    code = code * 16 + static_cast<std::uint32_t>(digit);
  }
  if (is_broken) {
    const std::array<char, 6> old = kept_;
    const std::size_t old_size = size_;
    size_ = 0;
    pass({old.data(), 1});
    std::for_each(old.begin() + 1, old.begin() + static_cast<std::ptrdiff_t>(old_size), [this](char c) { feed(c); });
    return;
  }
  if (size_ < whole) {
    return;
  }
  size_ = 0;
  char bytes[4] = {static_cast<char>(code)};
  char* end = bytes + 1;
  if (is_wide) {
    end = bytes;
    http::put_utf8(end, code);
  }
  out_.unit({bytes, static_cast<std::size_t>(end - bytes)}, whole, 1);
}

}  // namespace gabion::inspect::dlp
