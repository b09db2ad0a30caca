// Covering, with a map back to the raw bytes where the text is percent-encoded.
#include "inspect/dlp/redact.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "inspect/dlp/card_scanner.h"
#include "inspect/dlp/cover.h"
#include "inspect/dlp/scanner.h"
#include "inspect/http/ascii.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kKeptDigits = 4;
constexpr std::size_t kMinDigits = 13;

std::size_t count_digits(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_digit));
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
    const int high = raw[i] == '%' && i + 2 < raw.size() ? http::hex_digit(raw[i + 1]) : -1;
    const int low = high >= 0 ? http::hex_digit(raw[i + 2]) : -1;
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

void cover_bytes(const Decoded& decoded, std::size_t at, std::string& raw) {
  const std::size_t begin = decoded.raw_begin[at];
  const std::size_t end = decoded.raw_begin[at + 1];
  std::fill(raw.begin() + static_cast<std::ptrdiff_t>(begin), raw.begin() + static_cast<std::ptrdiff_t>(end), '*');
}

void cover_raw(const Decoded& decoded, const CardSpan& card, std::string& raw) {
  const std::string_view text = std::string_view(decoded.text).substr(card.begin, card.end - card.begin);
  std::size_t to_cover = count_digits(text) - kKeptDigits;
  for (std::size_t i = 0; to_cover > 0; ++i) {
    if (is_digit(text[i])) {
      cover_bytes(decoded, card.begin + i, raw);
      --to_cover;
    }
  }
}

void cover_cards(std::string& text) {
  if (count_digits(text) < kMinDigits) {
    return;
  }
  const Decoded decoded = decode(text);
  CardScanner scanner(TextKind::kPlain);
  for (CardSpan card; scanner.next(decoded.text, CardScanner::More::kEnd, card);) {
    cover_raw(decoded, card, text);
  }
}

/// The same for all threads, and for as long as the process lives.
const TypeSet* default_types() {
  constexpr std::uint8_t kActsFrom = 50;
  static const config::CheckedResult<TypeSet> kTypes =
      TypeSet::compile({.entities = {"default"}, .places = {}, .custom = {}, .min_score = kActsFrom});
  return kTypes ? &*kTypes : nullptr;
}

/// One thread's way to look at a text.
class LogScanner {
 public:
  explicit LogScanner(const TypeSet& types) : scanner_(types), is_ready_(types.prepare(scratch_).has_value()) {}

  /// Nothing: the engine could not look.
  const std::vector<Match>* scan(std::string_view text) {
    matches_.clear();
    const bool is_done =
        is_ready_ && scanner_.begin() == match::ScanStatus::kDone &&
        scanner_.scan(text, 0, Scanner::More::kEnd, NoFields(), scratch_, matches_) == match::ScanStatus::kDone;
    return is_done ? &matches_ : nullptr;
  }

 private:
  Scratch scratch_;
  Scanner scanner_;
  bool is_ready_;
  std::vector<Match> matches_;
};

/// What cannot be looked at is covered as a whole.
void cover_found(LogScanner& scanner, const Decoded& decoded, std::string& raw) {
  const auto* found = scanner.scan(decoded.text);
  if (found == nullptr) {
    std::fill(raw.begin(), raw.end(), '*');
    return;
  }
  for (const Match& match : *found) {
    for (FlatOffset at = match.begin - match.more_before; at < match.end + match.more_behind; ++at) {
      if (is_covered_byte(decoded.text[static_cast<std::size_t>(at)])) {
        cover_bytes(decoded, static_cast<std::size_t>(at), raw);
      }
    }
  }
}

/// As it stands.
void cover_found(LogScanner& scanner, std::string& text) {
  const auto* found = scanner.scan(text);
  if (found == nullptr) {
    std::fill(text.begin(), text.end(), '*');
    return;
  }
  for (const Match& match : *found) {
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(match.begin - match.more_before);
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(match.end + match.more_behind);
    std::replace_if(begin, end, &is_covered_byte, '*');
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

bool prepare_redaction() {
  return default_types() != nullptr;
}

std::string redact_text(std::string_view text) {
  std::string redacted(text);
  cover_cards(redacted);
  if (text.empty()) {
    return redacted;
  }
  const TypeSet* types = default_types();
  if (types == nullptr) {
    return std::string(text.size(), '*');  // what cannot be looked at is covered as a whole
  }
  thread_local LogScanner scanner(*types);
  if (text.find_first_of("%+") != std::string_view::npos) {
    cover_found(scanner, decode(redacted), redacted);
  }
  cover_found(scanner, redacted);
  return redacted;
}

}  // namespace gabion::inspect::dlp
