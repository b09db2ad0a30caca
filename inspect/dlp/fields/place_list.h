// The values in a stretch of flat text, each with the names on the way to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/dlp/field_place.h"
#include "inspect/dlp/fields/name_stack.h"
#include "inspect/heap_bytes.h"

namespace gabion::inspect::dlp {

/// What a lexer tells while it reads. Values come in order; of values within each other (JSON within a string) the
/// inner one counts where it stands.
class PlaceList {
 public:
  void clear() noexcept;
  void release() noexcept;

  /// A value begins. `names` may get marks. kName: the innermost level is what is being read, and not on the way to it.
  void begin_value(FlatOffset at, ValueKind kind, NameStack& names, std::string_view label = {});
  /// The value that began last ends.
  void end_value(FlatOffset at) noexcept;
  /// The same if it did not end yet.
  void end_if_open(FlatOffset at) noexcept;
  /// It goes on behind a value within it that ended.
  void resume(FlatOffset at, FlatOffset begin, ValueKind kind, NameStack& names, std::string_view label = {});

  /// The place that holds `at`; between two values that byte alone, without names. The names are valid until clear().
  [[nodiscard]] FieldPlace find(FlatOffset at);

  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return heap_bytes(values_) + heap_bytes(nodes_) + heap_bytes(bytes_);
  }

 private:
  struct Value {
    FlatOffset from;   ///< where it begins to count
    FlatOffset begin;  ///< its first byte
    FlatOffset end;
    std::uint32_t node;
    ValueKind kind;
    std::uint32_t names;  ///< index in found_names_, kNotAsked
    std::uint32_t label;  ///< where it begins in bytes_
    std::uint32_t label_size;
  };
  struct Node {
    std::uint32_t parent;
    std::uint32_t begin;
    std::uint32_t size;
  };
  static constexpr std::uint32_t kNotAsked = ~0U;
  void add(FlatOffset from, FlatOffset begin, ValueKind kind, NameStack& names, std::string_view label);
  [[nodiscard]] std::uint32_t node_of(ValueKind kind, NameStack& names);
  [[nodiscard]] std::span<const std::string_view> names_of(Value& value);

  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::string bytes_;  ///< of names and labels
  std::deque<std::vector<std::string_view>> found_names_;
  std::size_t found_count_ = 0;
};

}  // namespace gabion::inspect::dlp
