// What a server says of the columns of a result: names, where they come from, types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/protocol/postgres/rows/stand_in.h"

namespace gabion::proxy::postgres {

struct ResultColumn {
  std::uint32_t name_begin = 0;
  std::uint32_t name_size = 0;
  std::uint32_t table = 0;        ///< pg_class.oid; 0: an expression
  std::int16_t number = 0;        ///< pg_attribute.attnum; 0 with a table: the whole row
  std::uint32_t type = 0;         ///< pg_type.oid
  Format format = Format::kText;  ///< not known yet where a statement, not a portal, was described
};

/// Owns its bytes.
class RowDescription {
 public:
  static constexpr std::size_t kMostColumns = 1'664;                       ///< PostgreSQL's own bound
  static constexpr std::size_t kMostBytes = kMostColumns * (64 + 18) + 2;  ///< of the message's body

  /// The whole body of 'T'. False: it is none; columns() is empty then.
  [[nodiscard]] bool read(std::string_view body);
  void clear() noexcept;

  [[nodiscard]] std::span<const ResultColumn> columns() const noexcept { return columns_; }
  [[nodiscard]] std::string_view name(const ResultColumn& column) const noexcept {
    return std::string_view(names_).substr(column.name_begin, column.name_size);
  }

  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    return columns_.capacity() * sizeof(ResultColumn) + names_.capacity();
  }
  /// The formats a Bind asks for: none (text), one for all, or one for each. False: another number of them.
  [[nodiscard]] bool set_formats(std::span<const Format> formats) noexcept;

 private:
  std::vector<ResultColumn> columns_;
  std::string names_;
};

/// BindMessage::result_formats. False: there is no such format.
[[nodiscard]] bool read_formats(std::string_view codes, std::vector<Format>& out);

/// The result formats that end the body of a Bind. False: the body is none.
[[nodiscard]] bool read_result_formats(std::string_view bind, std::vector<Format>& out);

}  // namespace gabion::proxy::postgres
