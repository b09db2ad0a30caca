// Who says whether a statement may run: the one seam between a session of PostgreSQL and the rules for SQL.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "proxy/protocol/postgres/known_statement.h"

namespace gabion::proxy {

/// A name that a statement's own text makes, needs or removes, in the space it shares with the protocol's names.
struct StatementName {
  using Use = postgres::NameUse::How;
  Use use = Use::kPrepares;
  std::string_view name;
};

/// What DryRun policies would have said, where it is the opposite.
struct StatementDryRun {
  bool differs = false;
  bool allows = false;  ///< it would have been let through
  std::string_view reason;
  std::string_view object;
  std::string_view rule;
};

/// Views live until the next call of judge().
struct StatementVerdict {
  /// What is only told: the statement passes.
  struct Note {
    std::string_view reason;  ///< empty: nothing
    std::string_view object;
    std::string_view rule;
  };
  bool allowed = true;
  std::string_view reason;  ///< a word of the closed list: "table", "parse-error", …
  std::string_view object;  ///< what it is about; never a literal
  std::string_view rule;    ///< "namespace/policy/rule", empty when none decided
  bool is_barrier = false;  ///< it changes what later statements mean: they wait until it is done
  bool redefines = false;   ///< it may change what tables and views have, where that matters for their rows
  std::span<const StatementName> names = {};
  StatementDryRun dry_run = {};
  postgres::RowRulesRef rows{};  ///< null: nothing of the answers is withheld or counted
  Note note;
};

/// Of one session; used on its worker.
class StatementJudge {
 public:
  virtual ~StatementJudge() = default;
  /// Every text that a server would parse, whole.
  [[nodiscard]] virtual StatementVerdict judge(std::string_view text) = 0;
  /// judge() would have to read it, and that takes long: it should be read elsewhere first.
  [[nodiscard]] virtual bool must_read(std::string_view /*text*/) { return false; }
  /// The message that texts were read for has its fate.
  virtual void forget_read() noexcept {}
  /// Changes whenever judge() may answer otherwise than before.
  [[nodiscard]] virtual std::uint64_t generation() const noexcept = 0;
  /// Longer texts are denied unread.
  [[nodiscard]] virtual std::uint32_t most_bytes() const noexcept = 0;

 protected:
  StatementJudge() noexcept = default;
};

}  // namespace gabion::proxy
