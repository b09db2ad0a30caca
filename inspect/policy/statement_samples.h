// Statements that between them meet and miss the conditions of some SQL rules: what a comparison of policies asks with.
#pragma once

#include <cstddef>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/traffic.h"

namespace gabion::inspect::policy {

inline constexpr std::size_t kMaxStatements = 2048;

struct StatementSamples {
  std::vector<config::policy::SqlRequest> statements;
  bool truncated = false;  ///< more than kMaxStatements combinations: each item was asked about with its own names only
  std::size_t cut_items = 0;  ///< of them those that had a part of their own statements alone
  std::size_t left_out = 0;   ///< statements of theirs
};

/// For every user and database that `items` name, and one of each that none names: reads and writes of every table and
/// column they name and of others, with and without WHERE, calls of functions, settings, commands, several statements
/// in one text, and a condition that is always true. A pattern `name*` stands for `namex`. Where items have to share
/// kMaxStatements, those that need less than their part leave it to the others.
[[nodiscard]] StatementSamples sample_statements(const std::vector<const config::kube::SqlMatch*>& items);

}  // namespace gabion::inspect::policy
