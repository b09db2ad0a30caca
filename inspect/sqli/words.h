// Which words mean something in SQL.
#pragma once

#include <string_view>

#include "inspect/sqli/token.h"

namespace gabion::inspect::sqli {

struct Meaning {
  Kind kind = Kind::kName;
  Word word = Word::kNone;
};

/// The meaning of an identifier-like word, in any case; kName and kNone when it has none. Of a dotted name ask
/// the first part (information_schema.tables, dbms_pipe.receive_message).
[[nodiscard]] Meaning meaning_of(std::string_view word) noexcept;

}  // namespace gabion::inspect::sqli
