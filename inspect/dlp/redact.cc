// Covering, with a map back to the raw bytes where the text is percent-encoded.
#include "inspect/dlp/redact.h"

#include <algorithm>
#include <vector>

#include "inspect/dlp/card_scanner.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kKeptDigits = 4;
constexpr std::size_t kMinDigits = 13;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

std::size_t count_digits(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_digit));
}

int hex_digit(char c) noexcept {
  if (is_digit(c)) {
    return c - '0';
  }
  const char folded = static_cast<char>(c | 0x20);
  return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

/// Text after percent-decoding; raw_begin[i] is where byte i stands in the raw text, and the last entry its end.
struct Decoded {
  std::string text;
  std::vector<std::size_t> raw_begin;
};

Decoded decode(std::string_view raw) {
  Decoded decoded;
  decoded.text.reserve(raw.size());
  decoded.raw_begin.reserve(raw.size() + 1);
  for (std::size_t i = 0; i < raw.size();) {
    decoded.raw_begin.push_back(i);
    const int high = raw[i] == '%' && i + 2 < raw.size() ? hex_digit(raw[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(raw[i + 2]) : -1;
    if (low >= 0) {
      decoded.text.push_back(static_cast<char>(high * 16 + low));
      i += 3;
    } else {
      decoded.text.push_back(raw[i] == '+' ? ' ' : raw[i]);
      ++i;
    }
  }
  decoded.raw_begin.push_back(raw.size());
  return decoded;
}

void cover_raw(const Decoded& decoded, const CardSpan& card, std::string& raw) {
  const std::string_view text = std::string_view(decoded.text).substr(card.begin, card.end - card.begin);
  std::size_t to_cover = count_digits(text) - kKeptDigits;
  for (std::size_t i = 0; to_cover > 0; ++i) {
    if (!is_digit(text[i])) {
      continue;
    }
    const std::size_t begin = decoded.raw_begin[card.begin + i];
    const std::size_t end = decoded.raw_begin[card.begin + i + 1];
    std::fill(raw.begin() + static_cast<std::ptrdiff_t>(begin), raw.begin() + static_cast<std::ptrdiff_t>(end), '*');
    --to_cover;
  }
}

}  // namespace

void cover_card(std::span<char> card, Cover cover) noexcept {
  const std::size_t digits = count_digits({card.data(), card.size()});
  std::size_t to_cover = digits > kKeptDigits ? digits - kKeptDigits : 0;
  for (char& c : card) {
    if (to_cover > 0 && is_digit(c)) {
      c = cover == Cover::kStars ? '*' : '9';
      --to_cover;
    }
  }
}

std::string masked_sample(std::string_view card) {
  std::string sample;
  std::copy_if(card.begin(), card.end(), std::back_inserter(sample), is_digit);
  cover_card(sample, Cover::kStars);
  return sample;
}

std::string redact_text(std::string_view text) {
  std::string redacted(text);
  if (count_digits(text) < kMinDigits) {
    return redacted;
  }
  const Decoded decoded = decode(text);
  CardScanner scanner(TextKind::kPlain);
  for (CardSpan card; scanner.next(decoded.text, CardScanner::More::kEnd, card);) {
    cover_raw(decoded, card, redacted);
  }
  return redacted;
}

}  // namespace gabion::inspect::dlp
