// Same-length covering keeps every framing true; what is longer or shorter is made of bytes no format must escape.
#include "inspect/dlp/cover.h"

#include <algorithm>

#include "inspect/dlp/checks/checksums.h"

namespace gabion::inspect::dlp {
namespace {

using config::DlpTreatment;
using config::TokenLength;

constexpr std::size_t kMinCard = 13;
constexpr std::size_t kMinSampled = 8;
constexpr std::size_t kSampledLast = 4;

std::size_t count_covered(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_covered_byte));
}

struct Kept {
  std::size_t first = 0;
  std::size_t last = 0;
};

Kept kept_of(const DlpTreatment& treatment, ValueClass value_class, std::size_t count) noexcept {
  if (value_class == ValueClass::kSecret) {
    return {};
  }
  constexpr std::size_t kCardFirst = 6;
  constexpr std::size_t kCardLast = 4;
  Kept kept{treatment.keep_first, treatment.keep_last};
  if (value_class == ValueClass::kCard && count >= kMinCard) {
    kept = {std::min(kept.first, kCardFirst), std::min(kept.last, kCardLast)};
    return kept;
  }
  const std::size_t most = count / 2;
  kept.last = std::min(kept.last, most);
  kept.first = std::min(kept.first, most - kept.last);
  return kept;
}

/// Base 32 without what is mistaken for something else (Crockford).
constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";

/// `size` characters of `alphabet` from the digest, which is read again from its start where it is too short.
std::string spell(const KeyedHash::Digest& digest, std::size_t size, std::string_view alphabet) {
  std::string text;
  text.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    text += alphabet[(digest[i % digest.size()] + i / digest.size()) % alphabet.size()];
  }
  return text;
}

std::string digits_token(const KeyedHash::Digest& digest, std::size_t size) {
  std::string text = spell(digest, size, "0123456789");
  if (!text.empty() && text.front() == '0') {
    text.front() = '9';  // JSON has no numbers that begin with 0
  }
  if (passes_luhn(text)) {
    text.back() = text.back() == '9' ? '8' : static_cast<char>(text.back() + 1);  // one digit off: fails for certain
  }
  return text;
}

/// Base64 of "***" again and again: its line ends and padding stay where they are.
void mask_base64(std::span<char> raw) noexcept {
  constexpr std::string_view kStars = "Kioq";
  std::size_t count = 0;
  for (char& c : raw) {
    if (c != '\r' && c != '\n' && c != '=') {
      c = kStars[count++ % kStars.size()];
    }
  }
}

}  // namespace

void mask(std::span<char> raw, const DlpTreatment& treatment, ValueClass value_class, ValueKind kind, Spelling spelling,
          char digit) noexcept {
  const char fill = is_number(kind) ? digit : treatment.fill;
  if (spelling == Spelling::kEscaped) {
    std::fill(raw.begin(), raw.end(), fill);
    return;
  }
  const std::size_t count = count_covered({raw.data(), raw.size()});
  const Kept kept = kept_of(treatment, value_class, count);
  std::size_t seen = 0;
  for (char& c : raw) {
    if (!is_covered_byte(c)) {
      continue;
    }
    // Of a character of several bytes nothing stays: a part of one would be no text any more.
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    const bool stays = is_ascii && (seen < kept.first || seen + kept.last >= count);
    c = stays ? c : fill;
    ++seen;
  }
}

void mask(std::span<char> raw, const DlpTreatment& treatment, ValueClass value_class, ValueKind kind,
          RawForm form) noexcept {
  switch (form) {
    case RawForm::kWide:
      std::fill(raw.begin(), raw.end(), '*');  // U+2A2A, in either byte order a character
      return;
    case RawForm::kBase64:
      mask_base64(raw);
      return;
    case RawForm::kSame:
      mask(raw, treatment, value_class, kind, Spelling::kPlain);
      return;
    case RawForm::kEscapes:
      mask(raw, treatment, value_class, kind, Spelling::kEscaped);
      return;
  }
}

std::string replacement(const DlpTreatment& treatment, std::string_view type, ValueKind kind) {
  std::string text = treatment.replacement.empty() ? "[" + std::string(type) + "]" : treatment.replacement;
  return kind == ValueKind::kJsonNumber ? "\"" + text + "\"" : text;
}

std::string token(const DlpTreatment& treatment, const KeyedHash& hash, const KeyedHash::Digest& digest,
                  std::size_t raw_size, ValueKind kind) {
  constexpr std::size_t kTokenLetters = 16;
  if (is_number(kind)) {
    return digits_token(digest, raw_size);
  }
  if (treatment.token_length == TokenLength::kSame) {
    return spell(digest, raw_size, kLetters.substr(10));  // no digits that could be another number
  }
  std::string text = "tok_";
  text.append(hash.key_id()).append("_").append(spell(digest, kTokenLetters, kLetters));
  return text;
}

std::string sample(std::string_view value, ValueClass value_class, std::string_view public_prefix) {
  if (value.size() < kMinSampled) {
    return {};
  }
  switch (value_class) {
    case ValueClass::kNumber:
    case ValueClass::kCard: {
      std::string text(value);
      const std::size_t count = count_covered(value);
      std::size_t seen = 0;
      for (char& c : text) {
        if (is_covered_byte(c)) {
          c = count >= 2 * kSampledLast && seen + kSampledLast >= count ? c : '*';
          ++seen;
        }
      }
      return text;
    }
    case ValueClass::kEmail: {
      const std::size_t dot = value.rfind('.');
      return std::string(1, value.front()) + "***@***" +
             (dot == std::string_view::npos ? "" : std::string(value.substr(dot)));
    }
    case ValueClass::kSecret:
      return public_prefix.empty() ? std::string() : std::string(public_prefix) + "****";
    case ValueClass::kOther:
      return {};
  }
  return {};
}

}  // namespace gabion::inspect::dlp
