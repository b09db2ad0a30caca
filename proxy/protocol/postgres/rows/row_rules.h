// What rules say of the answers to a text, and what a session remembers of its columns and portals for them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "inspect/sql/facts.h"
#include "proxy/protocol/postgres/rows/row_description.h"
#include "proxy/protocol/postgres/rows/row_limit.h"

namespace gabion::proxy::postgres {

/// What the verdict on a text says of its answers. Shared by all that the text is used for.
struct RowRules {
  RowLimits limits;
  Effect effect = Effect::kReads;
  /// A copy. Lineage is its only statement's; where there are more, or it runs what was prepared or declared before,
  /// nobody knows what it reads.
  inspect::sql::Facts facts{};
  RowDescription described{};  ///< what the server last said of its columns; the formats are a portal's
  bool is_described = false;
};

/// What the server answers just now.
struct Answering {
  enum class To : std::uint8_t { kOther, kQuery, kDescribe, kExecute } to = To::kOther;
  RowRules* rules = nullptr;                                      ///< null: nothing is known of the text
  RowLimit* limit = nullptr;                                      ///< kExecute: the portal's
  std::span<const Format> formats{};                              ///< kExecute: what the Bind asked for
  RowLimit::Following following = RowLimit::Following::kNothing;  ///< kExecute: before the Sync
};

/// What a Bind said of the answers of its portal. `limit` counts all that is executed of it.
struct PortalRows {
  std::vector<Format> formats;
  RowLimit limit;
};

using RowRulesRef = std::shared_ptr<RowRules>;
using PortalRowsRef = std::shared_ptr<PortalRows>;

}  // namespace gabion::proxy::postgres
