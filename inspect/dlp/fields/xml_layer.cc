// A reference is kept back until its semicolon.
#include "inspect/dlp/fields/xml_layer.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "inspect/http/utf8.h"

namespace gabion::inspect::dlp {
namespace {

struct Named {
  std::string_view name;
  std::uint32_t code;
};

constexpr std::array kNamed{Named{"amp", '&'},    Named{"lt", '<'},     Named{"gt", '>'},        Named{"quot", '"'},
                            Named{"apos", '\''},  Named{"nbsp", 0xA0},  Named{"Tab", '\t'},      Named{"NewLine", '\n'},
                            Named{"commat", '@'}, Named{"period", '.'}, Named{"hyphen", 0x2010}, Named{"sol", '/'},
                            Named{"colon", ':'},  Named{"equals", '='}, Named{"plus", '+'}};

constexpr std::uint32_t kNoCode = ~0U;

/// What stands between '&' and ';'.
std::uint32_t code_of(std::string_view name) noexcept {
  if (!name.starts_with('#')) {
    const auto* const found =
        std::find_if(kNamed.begin(), kNamed.end(), [name](const Named& it) { return it.name == name; });
    return found == kNamed.end() ? kNoCode : found->code;
  }
  const bool is_hex = name.size() > 1 && (name[1] | 0x20) == 'x';
  const std::string_view digits = name.substr(is_hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
  const bool is_number = error == std::errc() && end == digits.data() + digits.size();
  return is_number && code != 0 && code < 0x110000 ? code : kNoCode;
}

bool may_stand_in_reference(char c) noexcept {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '#' || c == ';';
}

}  // namespace

void XmlLayer::plain(std::string_view bytes) {
  while (!bytes.empty()) {
    if (size_ > 0) {
      feed(bytes.front(), 1, 0);
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t run = std::min(bytes.find('&'), bytes.size());
    if (run > 0) {
      out_.plain(bytes.substr(0, run));
    }
    bytes.remove_prefix(run);
    if (!bytes.empty()) {
      feed('&', 1, 0);
      bytes.remove_prefix(1);
    }
  }
}

void XmlLayer::unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) {
  if (flat.empty() && size_ > 0) {
    kept_[size_ - 1].raw_bytes += static_cast<std::uint32_t>(raw_bytes);
  } else if (flat.size() == 1 && (size_ > 0 || flat.front() == '&')) {
    feed(flat.front(), raw_bytes, level);
  } else {
    finish();
    out_.unit(flat, raw_bytes, level);
  }
}

void XmlLayer::feed(char c, std::size_t raw_bytes, EscapeLevel level) {
  const bool goes_on = size_ == 0 || (size_ < kMaxBytes && may_stand_in_reference(c));
  if (!goes_on) {
    finish();
  }
  if (!goes_on && c != '&') {
    pass(c, {static_cast<std::uint32_t>(raw_bytes), level});
    return;
  }
  bytes_[size_] = c;
  kept_[size_++] = {static_cast<std::uint32_t>(raw_bytes), level};
  if (c == ';') {
    decode();
  }
}

void XmlLayer::decode() {
  const std::uint32_t code = code_of({bytes_.data() + 1, size_ - 2});
  if (code == kNoCode) {
    finish();
    return;
  }
  char bytes[4];
  char* end = bytes;
  http::put_utf8(end, code);
  std::size_t raw_bytes = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    raw_bytes += kept_[i].raw_bytes;
  }
  size_ = 0;
  out_.unit({bytes, static_cast<std::size_t>(end - bytes)}, raw_bytes, 1);
}

void XmlLayer::pass(char c, Kept kept) {
  if (kept.raw_bytes == 1 && kept.level == 0) {
    out_.plain({&c, 1});
  } else {
    out_.unit({&c, 1}, kept.raw_bytes, kept.level);
  }
}

void XmlLayer::finish() {
  for (std::size_t i = 0; i < size_; ++i) {
    pass(bytes_[i], kept_[i]);
  }
  size_ = 0;
}

}  // namespace gabion::inspect::dlp
