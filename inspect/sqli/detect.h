// Says whether a value changes the parse of the SQL statement it is pasted into: what @detectSQLi means here.
#pragma once

#include <string_view>

namespace gabion::inspect::sqli {

/// `reason` is a few static words such as "union select"; empty when nothing was found.
struct [[nodiscard]] Finding {
  bool found = false;
  std::string_view reason;
};

/// Reads `value` as the continuation of a statement in each slot it could stand in: bare, inside '..', "..", `..`,
/// [..] and an open comment. Found is a value that leaves its slot and goes on as SQL, in MySQL's or in the standard's
/// spelling. The whole value counts; any bytes are allowed; work is linear in its length; nothing is allocated.
/// Not found: arithmetic alone (5-1), a bare column compared to another (a=1 and b=c), what another decoding would
/// show. Found though harmless: a whole statement as a value (drop table lamp), code such as "x" == "x" || 1 == 1.
Finding detect(std::string_view value) noexcept;

}  // namespace gabion::inspect::sqli
