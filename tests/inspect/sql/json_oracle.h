// The relations and functions of a text read a second way: from the library's JSON, by names of keys.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "inspect/sql/facts.h"

namespace gabion::inspect::sql {

struct Names {
  std::set<std::string> relations;  ///< schema.name or name
  std::set<std::string> functions;

  friend bool operator==(const Names&, const Names&) = default;
};

/// What pg_query_parse says. Recursive: only for texts that a Parser has read.
[[nodiscard]] Names names_of_json(std::string_view text);
/// The same of facts.
[[nodiscard]] Names names_of_facts(const Facts& facts);

}  // namespace gabion::inspect::sql
