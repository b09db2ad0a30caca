// The wording of every error gabion.yaml can have about types, ranges and keys.
#include "config/config_field.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/units.h"

namespace gabion::config {
namespace {

constexpr std::size_t kShownBytes = 64;  ///< of a bad text in an error

std::string_view shown(std::string_view text) noexcept {
  return text.substr(0, kShownBytes);
}

bool has_control_character(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Result<std::uint64_t> parse_quantity(std::string_view text, Quantity spelling) {
  switch (spelling) {
    case Quantity::kBytes:
      return parse_bytes(text);
    case Quantity::kCount:
      return parse_count(text);
    case Quantity::kDuration: {
      const auto duration = parse_duration(text);
      if (!duration) {
        return duration.error();
      }
      return static_cast<std::uint64_t>(duration->count());
    }
    case Quantity::kShortDuration: {
      const auto duration = parse_short_duration(text);
      if (!duration) {
        return duration.error();
      }
      return static_cast<std::uint64_t>(duration->count());
    }
  }
  return Error{"unknown spelling", ""};
}

std::string format_quantity(std::uint64_t value, Quantity spelling) {
  switch (spelling) {
    case Quantity::kBytes:
      return format_bytes(value);
    case Quantity::kCount:
      return fmt::format("{}", value);
    case Quantity::kDuration:
      return format_duration(std::chrono::milliseconds(value));
    case Quantity::kShortDuration:
      return format_short_duration(std::chrono::microseconds(value));
  }
  return {};
}

ConfigErrors::Place place_of(const YamlValue& value) noexcept {
  return {value.line(), value.column()};
}

/// Without what tells one spelling habit from another: header_bytes, Header-Bytes and headerBytes are equal.
std::string fold(std::string_view text) {
  std::string folded;
  for (const char c : text) {
    if (c != '_' && c != '-') {
      folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return folded;
}

/// Edits between two words: insert, drop, replace, swap of neighbours (optimal string alignment). Short words only.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view closest_word(std::string_view text, std::span<const std::string_view> known) {
  constexpr std::size_t kMaxEdits = 2;
  constexpr std::size_t kMaxWord = 64;
  const std::string folded = fold(text.substr(0, kMaxWord));
  std::string_view best;
  std::size_t best_edits = kMaxEdits + 1;
  for (const std::string_view word : known) {
    if (std::max(word.size(), text.size()) > kMaxWord) {
      continue;
    }
    const std::size_t edits = edit_distance(folded, fold(word));
    if (edits < best_edits && 2 * edits <= word.size()) {  // two edits turn any "to" into a "pod"
      best = word;
      best_edits = edits;
    }
  }
  return best;
}

void ConfigErrors::add(Place place, std::string_view path, std::string what) {
  if (placed_.size() > kMaxErrors) {
    return;
  }
  if (placed_.size() == kMaxErrors) {
    what = "and more";
  }
  placed_.push_back({place, {std::move(what), where(place, path)}});
}

std::string ConfigErrors::where(Place place, std::string_view path) const {
  std::string text = fmt::format("{}:{}", file_name_, place.line);
  if (!path.empty()) {
    text += fmt::format(": {}", path);
  }
  return text;
}

Errors ConfigErrors::sorted() const {
  std::vector<Placed> placed = placed_;
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.place < b.place; });
  Errors errors;
  errors.reserve(placed.size());
  for (Placed& one : placed) {
    errors.push_back(std::move(one.error));
  }
  return errors;
}

std::string ConfigField::where() const {
  return errors_->where(present() ? place_of(*value_) : ConfigErrors::Place{}, path_);
}

void ConfigField::refuse(std::string what) const {
  if (present()) {
    errors_->add(place_of(*value_), path_, std::move(what));
  }
}

std::optional<std::string> ConfigField::string() const {
  if (!present()) {
    return std::nullopt;
  }
  if (!value_->is_string()) {
    const bool scalar = !value_->is_list() && !value_->is_map();
    refuse(fmt::format("must be a string, not {}{}", describe(value_->kind()), scalar ? ": quote it" : ""));
    return std::nullopt;
  }
  if (value_->as_string().empty()) {
    refuse("must not be empty");
    return std::nullopt;
  }
  if (has_control_character(value_->as_string())) {
    refuse("must not hold control characters");
    return std::nullopt;
  }
  return std::string(value_->as_string());
}

std::optional<bool> ConfigField::boolean() const {
  if (!present()) {
    return std::nullopt;
  }
  if (value_->kind() != YamlKind::kBool) {
    refuse(fmt::format("must be true or false, not {}", describe(value_->kind())));
    return std::nullopt;
  }
  return value_->as_bool();
}

std::optional<std::string_view> ConfigField::word() const {
  if (!present()) {
    return std::nullopt;
  }
  if (value_->is_list() || value_->is_map()) {
    refuse(fmt::format("must be a word, not {}", describe(value_->kind())));
    return std::nullopt;
  }
  return value_->text();
}

std::optional<std::uint64_t> ConfigField::quantity(Quantity spelling, Range range) const {
  const auto text = word();
  if (!text) {
    return std::nullopt;
  }
  const auto value = parse_quantity(*text, spelling);
  if (!value) {
    refuse(value.error().what);
    return std::nullopt;
  }
  if (*value < range.min || *value > range.max) {
    refuse(fmt::format("must be {} to {}, not {}", format_quantity(range.min, spelling),
                       format_quantity(range.max, spelling), shown(*text)));
    return std::nullopt;
  }
  return *value;
}

std::vector<ConfigField> ConfigField::items(std::size_t max_items) const {
  std::vector<ConfigField> fields;
  if (!present()) {
    return fields;
  }
  if (!value_->is_list()) {
    refuse(fmt::format("must be a list, not {}", describe(value_->kind())));
    return fields;
  }
  const auto items = value_->items();
  if (items.empty() || items.size() > max_items) {
    refuse(items.empty() ? std::string("must not be empty") : fmt::format("has more than {} items", max_items));
    return fields;
  }
  fields.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    fields.emplace_back(&items[i], fmt::format("{}[{}]", path_, i), *errors_);
  }
  return fields;
}

void ConfigField::refuse_word(std::string_view text, std::span<const std::string_view> known) const {
  refuse(
      fmt::format("must be {}{}, not \"{}\"", known.size() > 1 ? "one of " : "", fmt::join(known, ", "), shown(text)));
}

ConfigMap::ConfigMap(ConfigField field) : field_(std::move(field)) {
  if (field_.present() && !field_.value()->is_map()) {
    field_.refuse(fmt::format("must be a map, not {}", describe(field_.value()->kind())));
    field_ = ConfigField(nullptr, field_.path(), field_.errors());
  }
}

std::string ConfigMap::path_of(std::string_view key) const {
  return field_.path().empty() ? std::string(key) : fmt::format("{}.{}", field_.path(), key);
}

ConfigField ConfigMap::optional(std::string_view key) {
  known_.push_back(key);
  const YamlValue* value = present() ? field_.value()->find(key) : nullptr;
  if (value != nullptr && value->is_null()) {
    field_.errors().add(place_of(*value), path_of(key), "has no value; leave the key out for the default");
    value = nullptr;
  }
  return {value, path_of(key), field_.errors()};
}

ConfigField ConfigMap::required(std::string_view key) {
  const bool missing = present() && field_.value()->find(key) == nullptr;
  if (missing) {
    field_.errors().add(place_of(*field_.value()), path_of(key), "is required");
  }
  return optional(key);
}

void ConfigMap::refuse_unknown_keys() const {
  if (!present()) {
    return;
  }
  for (const YamlValue& member : field_.value()->entries()) {
    if (std::find(known_.begin(), known_.end(), member.key()) != known_.end()) {
      continue;
    }
    const std::string_view meant = closest_word(member.key(), known_);
    field_.errors().add({member.key_line(), member.key_column()}, path_of(shown(member.key())),
                        meant.empty() ? "unknown key" : fmt::format("unknown key, did you mean {}", meant));
  }
}

}  // namespace gabion::config
