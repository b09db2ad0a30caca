// The fixed list that a parser reads before it is trusted: a library of another build reads other fields.
#pragma once

#include <string>

#include "inspect/sql/facts.h"

namespace gabion::inspect::sql {

class Parser;

/// Empty, or which statement of the list is told wrongly.
[[nodiscard]] std::string self_check(Parser& parser);

/// One statement in one line: `UPDATE public.t:update | t.a:update t.b | lower | search_path | where`. Empty parts are
/// left out at the end. For people and for comparing; a name may hold anything.
[[nodiscard]] std::string fact_text(const Statement& statement);

}  // namespace gabion::inspect::sql
