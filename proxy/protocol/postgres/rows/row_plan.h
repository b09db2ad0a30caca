// What becomes of each column of a result: the plan its rows are rewritten by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/protocol/postgres/rows/stand_in.h"

namespace gabion::proxy::postgres {

enum class ColumnFate : std::uint8_t {
  kKeep,
  kRedact,  ///< the stand-in instead of every value; NULL stays NULL
  kScan,    ///< a RowJudge is shown its text
};

struct PlannedColumn {
  ColumnFate fate = ColumnFate::kKeep;
  std::string name;  ///< of the result, for the judge
  StandIn stand_in;
};

struct RowPlan {
  std::vector<PlannedColumn> columns;

  /// Rows leave as they come: nobody need read them.
  [[nodiscard]] bool keeps_all() const noexcept {
    for (const PlannedColumn& column : columns) {
      if (column.fate != ColumnFate::kKeep) {
        return false;
      }
    }
    return true;
  }
};

/// What becomes of a value that was to be looked at and cannot be: of an unreadable type, or longer than is held.
enum class Unread : std::uint8_t { kRedact, kKeep };

struct RowBounds {
  std::size_t hold_bytes = std::size_t{64} * 1024;  ///< of a row, at least 8
  Unread unread = Unread::kRedact;
};

enum class RowResult : std::uint8_t {
  kOk,
  kMalformed,  ///< not a row of the planned columns
  kRefused,    ///< the judge says that the answer must not go on
  kTooLong,    ///< a value must be withheld, its type has no form of that length, and its row's length was told already
};

}  // namespace gabion::proxy::postgres
