// What a workload's rules say about one peer, port and request; how that is put into words is decide.cc's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/policy/rule_set.h"
#include "config/result.h"
#include "inspect/policy/http_index.h"
#include "inspect/policy/http_match.h"
#include "inspect/policy/peer_index.h"
#include "inspect/sql/rules/sql_rules.h"
#include "inspect/verdict.h"

namespace gabion::inspect::policy {

/// Everything compiled that can matter to one peer on one port: what each layer says; cells only of those that say
/// something at layer 7. Borrows the rule set.
struct Place {
  static constexpr std::size_t kMostLayers = 4;
  std::array<const config::policy::Cell*, kMostLayers> cells = {};
  std::size_t count = 0;
  config::policy::RuleId network = config::policy::kNoRule;
  config::policy::PortState enforced;
  config::policy::PortState with_dry_run;
  config::policy::RuleId dry_run = config::policy::kNoRule;
  config::policy::RuleId dry_run_closes = config::policy::kNoRule;

  [[nodiscard]] std::span<const config::policy::Cell* const> layers() const noexcept {
    return std::span(cells).first(count);
  }
  void add(const config::policy::Stretch* stretch) noexcept;
};

/// Which policies count: those applied, or those and the DryRun ones.
enum class Counted : std::uint8_t { kEnforced, kWithDryRun };

/// What a decision looks at of a rule, four to a cache line. Borrows the rule.
struct RuleTag {
  const char* id = nullptr;
  std::uint32_t id_length = 0;
  config::policy::PolicyKind kind = config::policy::PolicyKind::kNetworkPolicy;
  config::kube::PolicyMode mode = config::kube::PolicyMode::kEnforce;
  bool unreadable = false;

  [[nodiscard]] std::string_view name() const noexcept { return {id, id_length}; }
};

/// An answer before it is put into words.
struct Ruling {
  Reason reason = Reason::kNone;
  config::policy::RuleId rule = config::policy::kNoRule;  ///< the rule that decided, if one did
  std::string_view basis;                                 ///< Verdict::basis; empty: nothing to say
};

/// "namespace/policy/name" of a rule that has a name, else its id.
[[nodiscard]] std::string sql_rule_name(std::string_view id, std::string_view label);

/// What `inspect` of a rule wants done.
void add_demands_of(const config::policy::Rule& rule, Demands& demands);

struct SqlDemand;  // decide.h

/// By rule; null where a rule says nothing to a statement of SQL.
using SqlConditions = std::vector<std::shared_ptr<const sql::SqlRule>>;

/// Immutable, thread-safe.
class Judge {
 public:
  /// Conditions and indexes are taken from `previous` as far as they are of the same rules; it may be null. Errors: a
  /// regex that does not compile.
  [[nodiscard]] static config::Result<std::unique_ptr<const Judge>> make(config::policy::RuleSet rules,
                                                                         const Judge* previous);
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  [[nodiscard]] Peer find(const ConnectionFacts& facts) const noexcept { return peers_.find(facts); }
  [[nodiscard]] Place place(const ConnectionFacts& facts, const Peer& peer,
                            config::kube::IpProtocol protocol) const noexcept;
  /// All L7 rules of a port, or null.
  [[nodiscard]] const config::policy::Cell* everybody(Side side, std::uint16_t port) const noexcept;

  /// NetworkPolicy, and what comes before it.
  [[nodiscard]] Ruling network(const ConnectionFacts& facts, const Peer& peer, const Place& at) const noexcept;
  /// What L7 rules say to a connection whatever its messages are. kNone: nothing yet.
  [[nodiscard]] Ruling peers_only(const Place& at, Counted counted) const noexcept;
  /// REQUIRES: layer 4 allows. A basis of "" leaves the answer to layer 4.
  [[nodiscard]] Ruling request(const Place& at, const RequestView& view, Counted counted) const;
  /// What layer 7 says to a connection that speaks SQL, before its first statement; with kTcp: that speaks nothing we
  /// read. REQUIRES: layer 4 allows.
  [[nodiscard]] Ruling session(const Place& at, config::kube::AppProtocol protocol, Counted counted) const noexcept;
  /// The rules its statements are judged by.
  [[nodiscard]] std::shared_ptr<const sql::SqlRules> sql_rules(const Place& at,
                                                               config::kube::AppProtocol protocol) const;
  /// Whether rules leave any request to these peers. REQUIRES: layer 4 allows.
  [[nodiscard]] bool leaves_requests(const Place& at) const noexcept;
  /// Whether nothing but a certificate is missing for some Allow rule.
  [[nodiscard]] bool lacks_identity(const ConnectionFacts& facts, const Peer& peer, const RequestView& view) const;

  /// Adds the rule sets and profiles by which Allow rules that match want the request looked at. REQUIRES: the request
  /// is allowed.
  void add_demands(const Place& at, const RequestView& view, Demands& demands) const;
  /// Those of Allow rules for statements.
  [[nodiscard]] std::vector<SqlDemand> sql_demands(const Place& at, config::kube::AppProtocol protocol) const;
  /// Whether any rule has such a demand.
  [[nodiscard]] bool has_demands() const noexcept { return !demanding_.empty(); }

  [[nodiscard]] const config::policy::RuleSet& rules() const noexcept { return rules_; }
  [[nodiscard]] const RuleTag& tag(config::policy::RuleId rule) const noexcept { return (*tags_)[rule]; }
  [[nodiscard]] const config::policy::DirectionTable& table(Side side) const noexcept;
  [[nodiscard]] const RuleConditions& conditions() const noexcept { return *conditions_; }

 private:
  /// Indexes of the long lists of a cell.
  struct CellIndex;
  using CellIndexes = std::vector<std::shared_ptr<const CellIndex>>;  ///< by Cell::id; null: short lists

  explicit Judge(config::policy::RuleSet rules) : rules_(std::move(rules)), peers_(rules_) {}

  [[nodiscard]] config::policy::RuleId first_of_peers(const Place& at, config::policy::L7Rank rank,
                                                      Counted counted) const noexcept;
  [[nodiscard]] config::policy::RuleId first_of_message(const Place& at, config::policy::L7Rank rank, Counted counted,
                                                        const RequestView& view, PathKeys& keys) const;
  [[nodiscard]] bool counts(config::policy::RuleId rule, Counted counted) const noexcept {
    return counted == Counted::kWithDryRun || tag(rule).mode == config::kube::PolicyMode::kEnforce;
  }
  [[nodiscard]] Ruling denied_by(config::policy::RuleId rule) const noexcept;
  [[nodiscard]] bool meets_http(config::policy::RuleId rule, const RequestView& view, Reading reading) const;
  [[nodiscard]] config::Result<void> compile_conditions();
  void compile_sql();
  void make_tags();
  void index_cells(const CellIndexes* known);
  void find_demanding_rules();

  config::policy::RuleSet rules_;
  PeerIndex peers_;
  std::shared_ptr<const std::vector<RuleTag>> tags_;  ///< by rule; of rules_
  std::shared_ptr<const RuleConditions> conditions_;
  std::shared_ptr<const SqlConditions> sql_;
  std::shared_ptr<const CellIndexes> indexes_;
  std::vector<config::policy::RuleId> demanding_;  // enforced Allow rules with inspect
};

}  // namespace gabion::inspect::policy
