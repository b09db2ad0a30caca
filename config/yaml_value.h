// The one checked value tree all manifests and gabion.yaml are read from: typed by our rules, bounded, with places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace gabion::config {

/// Bounds of what parse_yaml accepts. Text counts after aliases are expanded.
inline constexpr std::size_t kMaxYamlDepth = 64;
inline constexpr std::size_t kMaxYamlNodes = 1'000'000;
inline constexpr std::size_t kMaxYamlDocumentBytes = 4U << 20;
inline constexpr std::size_t kMaxYamlTextBytes = 64U << 20;

/// How a value was written (policy.md §1.3). Quoted and block scalars are strings whatever they say.
enum class YamlKind : std::uint8_t {
  kNull,     ///< nothing, "~", null, Null, NULL
  kBool,     ///< plain true, false, yes, no, on, off in three spellings; plain y and n are strings
  kInteger,  ///< plain decimal that fits int64: no leading zero, no '+', no '_'
  kNumber,   ///< plain, and a number to the API server, but no kInteger: 1.0, 0x10, 010, 1e3, +1, .inf, 10^30
  kString,
  kList,
  kMap,
};

/// A node. Plain immutable data, owns everything below it; reading it is thread-safe. Every accessor is total: asked
/// for another kind than the value has, it answers empty, 0, false or nullptr. At most kMaxYamlDepth deep.
class YamlValue {
 public:
  YamlValue() = default;  ///< null without a place

  [[nodiscard]] YamlKind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_null() const noexcept { return kind_ == YamlKind::kNull; }
  [[nodiscard]] bool is_string() const noexcept { return kind_ == YamlKind::kString; }
  [[nodiscard]] bool is_integer() const noexcept { return kind_ == YamlKind::kInteger; }
  [[nodiscard]] bool is_list() const noexcept { return kind_ == YamlKind::kList; }
  [[nodiscard]] bool is_map() const noexcept { return kind_ == YamlKind::kMap; }

  /// Place of the value's first byte, from 1; 0 when there is none.
  [[nodiscard]] int line() const noexcept { return line_; }
  [[nodiscard]] int column() const noexcept { return column_; }

  /// Only of a kString; may hold any byte but invalid UTF-8, NUL included (by an escape).
  [[nodiscard]] std::string_view as_string() const noexcept;
  [[nodiscard]] std::int64_t as_integer() const noexcept { return integer_; }
  [[nodiscard]] bool as_bool() const noexcept { return kind_ == YamlKind::kBool && integer_ != 0; }

  /// A scalar as it was written, whatever its kind ("off" for the bool false); empty for lists, maps and null.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  /// Items of a kList in order.
  [[nodiscard]] std::span<const YamlValue> items() const noexcept;

  /// Members of a kMap in the order of the file; each knows its key(). Keys are unique.
  [[nodiscard]] std::span<const YamlValue> entries() const noexcept;
  /// The member with that key or nullptr. A member that is null is found. Linear.
  [[nodiscard]] const YamlValue* find(std::string_view key) const noexcept;

  /// Of a member of a map: its key and where that stands. Plain integers are accepted as keys and read as text.
  [[nodiscard]] const std::string& key() const noexcept { return key_; }
  [[nodiscard]] int key_line() const noexcept { return key_line_; }
  [[nodiscard]] int key_column() const noexcept { return key_column_; }

 private:
  friend class YamlTreeBuilder;

  YamlKind kind_ = YamlKind::kNull;
  int line_ = 0;
  int column_ = 0;
  int key_line_ = 0;
  int key_column_ = 0;
  std::int64_t integer_ = 0;  ///< also 1 for true
  std::string key_;
  std::string text_;
  std::vector<YamlValue> children_;
};

/// "a string", "an integer", "true or false", "a number", "a list", "a map", "null": for messages.
[[nodiscard]] std::string_view describe(YamlKind kind) noexcept;

/// Every document of `text` in order; empty ones are null values, so that `index + 1` is the document's number. A text
/// of blanks and comments has no document. JSON is YAML. Refused, with where = "file_name:line": what yaml-cpp refuses,
/// duplicate keys, `<<`, keys that are no plain words, tags other than the core ones, aliases to what encloses them,
/// bytes that are no UTF-8 text, and everything beyond the bounds above. Aliases are copied. Never throws on bad input.
[[nodiscard]] CheckedResult<std::vector<YamlValue>> parse_yaml(std::string_view text, std::string_view file_name);

}  // namespace gabion::config
