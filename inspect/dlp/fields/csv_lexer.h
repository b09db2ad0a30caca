// The structure of comma-separated values (RFC 4180): the first row names the columns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/field_reader.h"
#include "inspect/dlp/fields/name_stack.h"

namespace gabion::inspect::dlp {

/// The separator is the first of , ; | and tab in the first row that is not quoted. Quotes are no part of a value, a
/// doubled one stays doubled. Columns behind kMaxColumns, and names that do not fit, are without a name.
class CsvLexer {
 public:
  static constexpr std::size_t kMaxColumns = 256;
  static constexpr std::size_t kMaxColumnBytes = 64;  ///< of a name; the rest is cut off

  void begin() noexcept;
  void read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places);
  void resume(FlatOffset at, PlaceList& places);
  void end(FlatOffset at, PlaceList& places) { places.end_if_open(at); }
  [[nodiscard]] unsigned notes() const noexcept { return kNoNote; }

 private:
  enum class In : std::uint8_t { kBefore, kPlain, kQuoted, kBehind };
  std::size_t read_some(std::string_view text, FlatOffset at, PlaceList* places);
  std::size_t read_value(std::string_view text, FlatOffset at, PlaceList* places);
  void open(FlatOffset at, PlaceList* places);
  void close(FlatOffset at, PlaceList* places);
  void end_field(char mark) noexcept;
  void add_to_column(std::string_view bytes) noexcept;
  [[nodiscard]] bool is_separator(char c) const noexcept;
  [[nodiscard]] std::size_t find_end(std::string_view text) const noexcept;
  [[nodiscard]] ValueKind kind() const noexcept { return is_first_row_ ? ValueKind::kName : ValueKind::kText; }

  std::array<char, 4096> bytes_{};                 ///< of all names
  std::array<std::uint16_t, kMaxColumns> ends_{};  ///< of each name in bytes_
  NameStack names_;
  std::size_t columns_ = 0;
  std::size_t column_ = 0;
  FlatOffset begin_ = 0;
  In in_ = In::kBefore;
  bool is_first_row_ = true;
  char separator_ = '\0';  ///< not known yet
};

}  // namespace gabion::inspect::dlp
