// Reads a value tree field by field, strictly: every mistake is recorded with its place, and reading goes on.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"
#include "config/yaml_value.h"

namespace gabion::config {

/// Everything wrong with one file. At most kMaxErrors are kept; the last one then says that there are more.
class ConfigErrors {
 public:
  static constexpr std::size_t kMaxErrors = 1'000;

  explicit ConfigErrors(std::string file_name) : file_name_(std::move(file_name)) {}

  /// From 1.
  struct Place {
    int line = 0;
    int column = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };

  /// How errors name a place.
  [[nodiscard]] std::string where(Place place, std::string_view path) const;
  /// `path` is a key path, "limits.headerBytes"; empty for the file as a whole.
  void add(Place place, std::string_view path, std::string what);
  [[nodiscard]] bool empty() const noexcept { return placed_.empty(); }
  /// In the order of places; where = "file:line: key.path".
  [[nodiscard]] Errors sorted() const;

 private:
  struct Placed {
    Place place;
    Error error;
  };
  std::string file_name_;
  std::vector<Placed> placed_;
};

/// One word of a closed vocabulary.
template <class Value>
struct Word {
  std::string_view text;
  Value value;
};

/// The word for a value; every value of these enums is in its table.
template <class Value, std::size_t Size>
[[nodiscard]] constexpr std::string_view word_for(const Word<Value> (&words)[Size], Value value) noexcept {
  for (const Word<Value>& word : words) {
    if (word.value == value) {
      return word.text;
    }
  }
  return "";
}

/// How a number is spelled.
enum class Quantity : std::uint8_t { kBytes, kCount, kDuration, kShortDuration };

/// Both ends included. kDuration: milliseconds, kShortDuration: microseconds.
struct Range {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

/// A value with its path, or the absence of one. Whatever is asked of an absent field is answered with nothing and
/// recorded nowhere; whatever is wrong with a present one is recorded once. Borrows the tree and the errors.
class ConfigField {
 public:
  ConfigField(const YamlValue* value, std::string path, ConfigErrors& errors)
      : value_(value), path_(std::move(path)), errors_(&errors) {}

  [[nodiscard]] bool present() const noexcept { return value_ != nullptr; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const YamlValue* value() const noexcept { return value_; }
  [[nodiscard]] ConfigErrors& errors() const noexcept { return *errors_; }

  /// "file:line: key.path", as errors say it; of an absent field the file and the path.
  [[nodiscard]] std::string where() const;

  /// Records `what` against this field.
  void refuse(std::string what) const;

  /// A string, not empty and without control characters.
  [[nodiscard]] std::optional<std::string> string() const;
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::uint64_t> quantity(Quantity spelling, Range range) const;
  /// A scalar as written, whatever its type: plain `off` is a bool to YAML and a word to us.
  [[nodiscard]] std::optional<std::string_view> word() const;
  /// Items of a list of 1 to `max_items`.
  [[nodiscard]] std::vector<ConfigField> items(std::size_t max_items) const;

  /// A string in the form `parse` knows; its error is recorded here.
  template <class Value>
  [[nodiscard]] std::optional<Value> parsed(Result<Value> (*parse)(std::string_view)) const {
    const auto text = string();
    if (!text) {
      return std::nullopt;
    }
    auto result = parse(*text);
    if (!result) {
      refuse(result.error().what);
      return std::nullopt;
    }
    return *std::move(result);
  }

  template <class Value, std::size_t Size>
  [[nodiscard]] std::optional<Value> one_of(const Word<Value> (&words)[Size]) const {
    const auto text = word();
    if (!text) {
      return std::nullopt;
    }
    std::vector<std::string_view> known;
    for (const Word<Value>& candidate : words) {
      if (candidate.text == *text) {
        return candidate.value;
      }
      known.push_back(candidate.text);
    }
    refuse_word(*text, known);
    return std::nullopt;
  }

 private:
  void refuse_word(std::string_view text, std::span<const std::string_view> known) const;

  const YamlValue* value_;
  std::string path_;
  ConfigErrors* errors_;
};

/// A map whose keys are asked for one by one; what nobody asked for is an error in the end.
class ConfigMap {
 public:
  /// A field that is present and no map is recorded; it then has no members and misses none.
  explicit ConfigMap(ConfigField field);

  [[nodiscard]] bool present() const noexcept { return field_.present(); }
  [[nodiscard]] const ConfigField& field() const noexcept { return field_; }
  /// Absent when the key is missing. A key without a value is recorded: leave it out for the default.
  [[nodiscard]] ConfigField optional(std::string_view key);
  /// Likewise, and a missing key is recorded.
  [[nodiscard]] ConfigField required(std::string_view key);
  /// Records each key that was never asked for, with what was probably meant.
  void refuse_unknown_keys() const;

 private:
  [[nodiscard]] std::string path_of(std::string_view key) const;

  ConfigField field_;
  std::vector<std::string_view> known_;
};

/// The known word that `text` is at most two edits (a swap counts as one) away from, case, '_' and '-' aside; empty
/// when there is none.
[[nodiscard]] std::string_view closest_word(std::string_view text, std::span<const std::string_view> known);

}  // namespace gabion::config
