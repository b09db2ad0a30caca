// Every value leaves as text that its surroundings can hold; where that is not known, as a mask of the same length.
#include "inspect/dlp/body_cover.h"

#include <algorithm>

#include "inspect/dlp/cover.h"
#include "inspect/dlp/type_tables.h"
#include "inspect/wipe.h"

namespace gabion::inspect::dlp {
namespace {

using config::DlpAction;
using config::TokenLength;

bool passes_a_check(const TypeSet::Tables& tables, TypeIndex type, std::string_view number) noexcept {
  return std::any_of(tables.forms.begin(), tables.forms.end(), [&](const CompiledForm& form) {
    return form.type == type && form.passes != nullptr && form.passes(number);
  });
}

/// "[X]" as a form has it (WHATWG URL, application/x-www-form-urlencoded).
std::string form_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' || c == '.') {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte >> 4U];
      encoded += kHex[byte & 0xFU];
    }
  }
  return encoded;
}

}  // namespace

BodyCover::~BodyCover() {
  wipe(text_);
}

void BodyCover::begin(Format format) noexcept {
  format_ = format;
  noted_.clear();
  dropped_to_ = no_field_to_ = 0;
}

void BodyCover::add(const BodyFinding& finding, const Ruling& ruling) {
  noted_.push_back(
      {finding.raw, finding.form, finding.kind, finding.is_whole_value, finding.match.type, finding.piece, ruling});
}

bool BodyCover::apply(const BodyWindow& window, Window kind) {
  std::stable_sort(noted_.begin(), noted_.end(), [](const Noted& a, const Noted& b) {
    return a.raw.begin != b.raw.begin ? a.raw.begin < b.raw.begin : a.raw.end > b.raw.end;
  });
  const bool all =
      std::all_of(noted_.begin(), noted_.end(), [&](const Noted& noted) { return cover(noted, window, kind); });
  noted_.clear();
  wipe(text_);
  return all;
}

void BodyCover::write_mask(const Noted& noted, std::string_view raw) {
  text_ = raw;
  mask(text_, noted.ruling.treatment, profile_.value_class(noted.type), noted.kind, noted.form);
  if (!is_number(noted.kind) || noted.form == RawForm::kWide || noted.form == RawForm::kBase64) {
    return;
  }
  // Nines and the last digits may be a valid number by chance: then another digit fills it.
  for (const char digit : std::string_view("8765")) {
    if (!passes_a_check(profile_.types().tables(), noted.type, text_)) {
      return;
    }
    text_ = raw;
    mask(text_, noted.ruling.treatment, profile_.value_class(noted.type), noted.kind,
         noted.form == RawForm::kSame ? Spelling::kPlain : Spelling::kEscaped, digit);
  }
}

void BodyCover::write_text(std::string_view text) {
  text_ = format_ == Format::kForm ? form_encoded(text) : std::string(text);
}

bool BodyCover::cover(const Noted& noted, const BodyWindow& window, Window kind) {
  const std::string_view bytes(window.bytes.data(), window.bytes.size());
  // Where more than may be held had to leave unread, what is left of a value is covered.
  const std::uint64_t begin = std::max(noted.raw.begin, window.offset);
  if (noted.raw.end <= begin) {
    return true;
  }
  const ByteRange range{static_cast<std::size_t>(begin - window.offset),
                        static_cast<std::size_t>(noted.raw.end - window.offset)};
  const std::string_view raw = bytes.substr(range.begin, range.end - range.begin);
  const auto& treatment = noted.ruling.treatment;
  const bool is_plain = noted.form == RawForm::kSame || noted.form == RawForm::kEscapes;
  const bool fits = is_plain && (noted.kind == ValueKind::kJsonNumber ? noted.is_whole_value
                                                                      : noted.kind != ValueKind::kNestedNumber);
  if (treatment.action == DlpAction::kDropField && kind == Window::kWhole && drop(noted, window)) {
    return true;
  }
  const bool has_own_length = treatment.action == DlpAction::kReplace ||
                              (treatment.action == DlpAction::kToken && treatment.token_length == TokenLength::kOwn);
  if (noted.piece == Piece::kNext && has_own_length && is_plain) {
    text_.clear();  // what stands in its place stands where it began
  } else if (treatment.action == DlpAction::kReplace && fits) {
    write_text(replacement(treatment, profile_.types().name(noted.type), noted.kind));
  } else if (treatment.action == DlpAction::kToken && is_plain) {
    write_text(token(treatment, profile_.hash(), noted.ruling.digest, raw.size(), noted.kind));
  } else {
    write_mask(noted, raw);
  }
  return window.edits->replace(begin, static_cast<std::uint32_t>(raw.size()), text_);
}

bool BodyCover::drop(const Noted& noted, const BodyWindow& window) {
  const std::string_view bytes(window.bytes.data(), window.bytes.size());
  const ByteRange value{static_cast<std::size_t>(noted.raw.begin), static_cast<std::size_t>(noted.raw.end)};
  if (value.begin < dropped_to_) {
    return true;  // its field went with an earlier value
  }
  const auto field = field_of(noted, bytes, value);
  if (!field || !window.edits->replace(field->begin, static_cast<std::uint32_t>(field->end - field->begin), "")) {
    return false;
  }
  dropped_to_ = field->end;
  return true;
}

/// Nothing: what holds the value is no field.
std::optional<ByteRange> BodyCover::field_of(const Noted& noted, std::string_view body, ByteRange value) {
  const auto dropped_to = static_cast<std::size_t>(dropped_to_);
  if (format_ == Format::kForm && noted.kind != ValueKind::kName) {
    return form_field(body, value, dropped_to);
  }
  const bool is_value = noted.kind == ValueKind::kString || noted.kind == ValueKind::kJsonNumber;
  if (format_ != Format::kJson || !is_value || noted.form == RawForm::kWide || value.begin < no_field_to_) {
    return std::nullopt;
  }
  const auto whole = noted.kind == ValueKind::kString ? json_string(body, value) : json_number(body, value);
  const auto field = whole ? json_member(body, *whole, dropped_to) : std::nullopt;
  no_field_to_ = whole && !field ? whole->end : no_field_to_;
  return field;
}

}  // namespace gabion::inspect::dlp
