// The L7 rules that apply to a SQL connection, and who asks: what a session keeps from one policy to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/kube/objects.h"
#include "inspect/sql/rules/keyed_digest.h"
#include "inspect/sql/rules/sql_item.h"

namespace gabion::inspect::sql {

/// One rule of an L7Policy. Immutable, shared by all connections it applies to.
struct SqlRule {
  std::string name;  ///< "namespace/policy/rule", "namespace/policy/ingress[0]" for a rule without a name
  config::kube::RuleAction action = config::kube::RuleAction::kAllow;
  config::kube::PolicyMode mode = config::kube::PolicyMode::kEnforce;
  std::vector<SqlItem> items;  ///< never empty
  Digest digest;               ///< of all that is said above

  /// `match` empty: every statement.
  [[nodiscard]] static SqlRule compile(std::string name, config::kube::RuleAction action, config::kube::PolicyMode mode,
                                       const std::vector<config::kube::SqlMatch>& match);
};

/// Whether what no Allow rule covers is refused.
struct PortClosed {
  bool enforced = false;      ///< an Enforce Allow rule lists the port: what no Allow covers is refused
  bool with_dry_run = false;  ///< … or one of a DryRun policy
};

/// All rules for one peer on one port, Deny and Allow. Immutable. None, and not closed: NetworkPolicy alone decides.
class SqlRules {
 public:
  using Number = std::uint16_t;
  static constexpr Number kNoRule = std::numeric_limits<Number>::max();

  SqlRules() = default;
  SqlRules(std::vector<std::shared_ptr<const SqlRule>> rules, PortClosed closed);

  [[nodiscard]] const std::vector<std::shared_ptr<const SqlRule>>& all() const noexcept { return rules_; }
  [[nodiscard]] PortClosed closed() const noexcept { return closed_; }
  /// Empty for kNoRule.
  [[nodiscard]] std::string_view name_of(Number rule) const noexcept {
    return rule < rules_.size() ? std::string_view(rules_[rule]->name) : std::string_view();
  }
  [[nodiscard]] bool has_dry_run() const noexcept { return has_dry_run_; }
  /// Equal for equal rules, of whatever generation.
  [[nodiscard]] Digest digest() const noexcept { return digest_; }

 private:
  std::vector<std::shared_ptr<const SqlRule>> rules_;
  PortClosed closed_;
  bool has_dry_run_ = false;
  Digest digest_;
};

/// What the session can do with a result; what it cannot do is refused where a rule demands it.
struct SqlAbilities {
  bool counts_rows = false;    ///< limits.rows and limits.bytes
  bool masks_columns = false;  ///< mask
  bool masks_copies = false;   ///< … of COPY … TO STDOUT too
  bool scans_lost = false;     ///< lostLineage: Scan
};

/// What a statement is judged by beside its text. Texts are read as UTF-8 with standard_conforming_strings on: the
/// session sees to it that the server reads them so.
struct SqlContext {
  std::string user;                      ///< login role; empty: not known, rules' users are not compared
  std::string database;                  ///< empty: not known, not compared
  std::vector<std::string> search_path;  ///< pinned at start-up, "$user" resolved; empty: no name without schema passes
  SqlAbilities abilities;
};

/// A session, or what is left of it for rules: made once a connection and policy generation. Immutable.
class SqlSubject {
 public:
  struct Applied {
    const SqlItem* item = nullptr;
    SqlRules::Number rule = SqlRules::kNoRule;
  };
  /// The rules that count, without items for other users and databases.
  struct View {
    std::vector<Applied> allows;
    std::vector<Applied> denies;
    bool closed = false;
    bool scans_lost = false;       ///< every item with masks says lostLineage: Scan, and the session can
    bool by_name = false;          ///< some rule looks at names: what changes their meaning is refused
    std::uint32_t most_bytes = 0;  ///< of a text, whatever it is
  };
  static constexpr std::uint32_t kMostStatementBytes = 1U << 20;  ///< unless a rule says otherwise

  SqlSubject(std::shared_ptr<const SqlRules> rules, SqlContext context);

  [[nodiscard]] const SqlRules& rules() const noexcept { return *rules_; }
  [[nodiscard]] const SqlContext& context() const noexcept { return context_; }
  [[nodiscard]] std::string_view default_schema() const noexcept {
    return context_.search_path.empty() ? std::string_view() : std::string_view(context_.search_path.front());
  }
  [[nodiscard]] const View& enforced() const noexcept { return enforced_; }
  [[nodiscard]] const View& with_dry_run() const noexcept { return with_dry_run_; }
  /// The most bytes a text may have to be read at all.
  [[nodiscard]] std::uint32_t most_bytes() const noexcept;
  [[nodiscard]] Digest digest() const noexcept { return digest_; }

 private:
  enum class Counted : std::uint8_t { kEnforced, kAll };
  [[nodiscard]] View view(Counted counted) const;
  [[nodiscard]] Digest make_digest() const;

  std::shared_ptr<const SqlRules> rules_;
  SqlContext context_;
  View enforced_;
  View with_dry_run_;  ///< empty where no DryRun policy applies
  Digest digest_;
};

}  // namespace gabion::inspect::sql
