// What rules say of the answers to a text, and what a session remembers of its columns and portals for them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inspect/sql/copy_options.h"
#include "inspect/sql/facts.h"
#include "proxy/protocol/postgres/local_ref.h"
#include "proxy/protocol/postgres/rows/known_columns.h"
#include "proxy/protocol/postgres/rows/row_limit.h"

namespace gabion::proxy::postgres {

/// What the verdict on a text says of its answers. Shared by all that the text is used for.
struct RowRules {
  RowLimits limits;
  Effect effect = Effect::kReads;
  /// A copy. Lineage is its only statement's; where there are more, or it runs what was prepared or declared before,
  /// nobody knows what it reads.
  inspect::sql::Facts facts{};
  inspect::sql::CopyOptions copy{};  ///< where its only statement is a COPY … TO STDOUT
  /// Formats are a portal's. Null where rows are counted and no more: then other texts may have the same rules.
  LocalRef<KnownColumns> columns = make_local<KnownColumns>();
};

/// Null: more than one, or one that runs what the text does not show.
[[nodiscard]] inline const inspect::sql::Statement* only_statement(const RowRules* rules) noexcept {
  if (rules == nullptr || rules->facts.statements().size() != 1) {
    return nullptr;
  }
  const auto& statement = rules->facts.statements().front();
  return statement.used.empty() && statement.defined.empty() ? &statement : nullptr;
}

/// What is known of the columns of its only statement. Null: nothing, or of more than one.
[[nodiscard]] inline KnownColumns* columns_of(const RowRules* rules) noexcept {
  return only_statement(rules) != nullptr ? rules->columns.get() : nullptr;
}

/// What the server answers just now.
struct Answering {
  enum class To : std::uint8_t { kOther, kQuery, kDescribe, kExecute } to = To::kOther;
  RowRules* rules = nullptr;                                      ///< null: nothing is known of the text
  RowLimit* limit = nullptr;                                      ///< of the portal or cursor; null: of this answer
  std::span<const Format> formats{};                              ///< kExecute: what the Bind asked for
  KnownColumns* portal_columns = nullptr;                         ///< of the portal that is described or executed
  RowLimit::Following following = RowLimit::Following::kNothing;  ///< before the Sync
};

/// What a Bind said of the answers of its portal. `limit` counts all that is executed of it.
struct PortalRows {
  std::vector<Format> formats;
  RowLimit limit;
  KnownColumns columns{};
};

using RowRulesRef = LocalRef<RowRules>;
using PortalRowsRef = LocalRef<PortalRows>;
using RowLimitRef = LocalRef<RowLimit>;

}  // namespace gabion::proxy::postgres
