// Reads the fields of one manifest strictly: every field known, every type checked, every error with its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"
#include "config/yaml_value.h"

namespace gabion::config::kube {

/// What one object has wrong. `place` is "file:doc".
class Report {
 public:
  explicit Report(std::string place) : place_(std::move(place)) {}

  /// An empty report about the same place.
  [[nodiscard]] Report sibling() const { return Report(place_); }

  /// Adds `place:path: what (line N)`; line 0 is left out.
  void add(std::string_view path, int line, std::string_view what);
  [[nodiscard]] Error error(std::string_view path, int line, std::string_view what) const;

  [[nodiscard]] std::size_t count() const noexcept { return errors_.size(); }
  [[nodiscard]] const Errors& errors() const noexcept { return errors_; }
  /// Remarks that refuse nothing.
  void warn(std::string_view path, int line, std::string_view what) { warnings_.push_back(error(path, line, what)); }
  [[nodiscard]] const Errors& warnings() const noexcept { return warnings_; }

 private:
  std::string place_;
  Errors errors_;
  Errors warnings_;
};

/// What an explicit null means: NetworkPolicy reads it as absent, L7Policy refuses it (policy §1.4, §3.6).
enum class Nulls : std::uint8_t { kAbsent, kRefused };

/// How many items a list may have.
struct ItemCount {
  std::size_t least = 0;
  std::size_t most = static_cast<std::size_t>(-1);
};

/// The fields of one map. Each getter reports a wrong type and then answers as if the field were absent.
/// Borrows the value and the report.
class Fields {
 public:
  /// A value that is no map is reported; null counts as an empty map.
  Fields(const YamlValue& value, std::string path, Report& report, Nulls nulls);

  /// The field's value, or nullptr. Marks the field as known.
  [[nodiscard]] const YamlValue* find(std::string_view key);
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  [[nodiscard]] const YamlValue* map(std::string_view key);
  [[nodiscard]] const YamlValue* list(std::string_view key, ItemCount count = {});
  /// A list of strings; items that are none are reported and left out.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key, ItemCount count = {});
  /// `words[i]` was given: i. Anything else is reported with the words.
  [[nodiscard]] std::optional<std::size_t> word(std::string_view key, const std::vector<std::string_view>& words);

  /// Reports a field that must be there.
  void require(std::string_view key);
  /// Reports every field nobody asked for. Returns how many.
  std::size_t refuse_others();

  void report(std::string_view key, std::string_view what);
  [[nodiscard]] std::string path_of(std::string_view key) const;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] int line() const noexcept { return value_.line(); }
  [[nodiscard]] std::size_t size() const noexcept { return value_.entries().size(); }

 private:
  void refuse_type(const YamlValue& value, std::string_view key, YamlKind wanted);

  const YamlValue& value_;
  std::string path_;
  Report& report_;
  Nulls nulls_;
  std::set<std::string_view> known_;
};

/// "path[3]".
[[nodiscard]] std::string item_path(std::string_view path, std::size_t index);

}  // namespace gabion::config::kube
