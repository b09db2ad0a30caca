// Who may ask what: a workload's compiled rules, answered by look-up, not by scan.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/policy/rule_set.h"
#include "config/proxy_config.h"
#include "config/result.h"
#include "inspect/message.h"
#include "inspect/sql/rules/sql_rules.h"
#include "inspect/verdict.h"

namespace gabion::inspect::policy {

struct RuleFate;

/// A profile that an Allow rule wants answers looked at by.
struct SqlDemand {
  std::shared_ptr<const sql::SqlRule> rule;
  DlpDemand demand;  ///< views the rule set
};

/// What rules say of a connection that speaks SQL.
struct SqlAccess {
  Verdict verdict;                             ///< before its first statement
  std::shared_ptr<const sql::SqlRules> rules;  ///< its statements are judged by; never null
  std::vector<SqlDemand> demands = {};

  /// Of rules with some item for this user and database.
  [[nodiscard]] std::vector<DlpDemand> demands_for(std::string_view user, std::string_view database) const;
};

/// Immutable, shared by all workers; every call is const, thread-safe and, when it allows, allocation-free: but for a
/// path with escapes beyond 4 KiB, a repeated header that joins to more than 1 KiB, and what RE2 builds at first use.
class Decider {
 public:
  /// Builds indexes and regexes from a rule set. What belongs to rules that `previous` (may be null) has too is taken
  /// from it: after a change of pods (config::policy::LiveRules) that is all of it. Errors: a regex that does not
  /// compile.
  [[nodiscard]] static config::Result<std::unique_ptr<const Decider>> build(config::policy::RuleSet rules,
                                                                            const Decider* previous = nullptr);
  ~Decider();
  Decider(const Decider&) = delete;
  Decider& operator=(const Decider&) = delete;

  /// Judges what no request can change: identity against address (kIdentityMismatch), NetworkPolicy (kPolicyDenied),
  /// policies that could not be read (kPolicyInvalid), Deny rules that look at peers only, and two protocols on one
  /// port. A closed port is left to decide_request, so that the peer gets an answer and not a reset.
  [[nodiscard]] Verdict decide_connection(const ConnectionFacts& facts) const;

  /// Whether some HTTP request on such a connection may be allowed: false when decide_connection denies, or every
  /// request would be denied whatever it says.
  [[nodiscard]] bool may_allow_requests(const ConnectionFacts& facts) const;

  /// NetworkPolicy alone, for any transport protocol: what layer 7 does not narrow. For checks and tests.
  [[nodiscard]] Verdict decide_network(const ConnectionFacts& facts, config::kube::IpProtocol protocol) const;

  /// Judges one request of a connection: all of decide_connection, then Deny rules, Allow rules, closed port. head.path
  /// and head.query must be set; `paths` is of the listener's profile. kNoIdentity: an Allow rule would match if the
  /// peer had shown a certificate. Verdict::dry_run_* are set when DryRun policies would have changed the outcome.
  [[nodiscard]] Verdict decide_request(const ConnectionFacts& facts, const RequestHead& head,
                                       const config::PathReading& paths = {}) const;

  /// Judges a connection that speaks SQL: all of decide_connection, then whether the port is another protocol's or
  /// closed to this peer. Asked once a connection and again when the policy changes; each statement is then judged by
  /// `rules` (inspect/sql/rules/judge.h). Where no L7 rule is about the port, `rules` is empty: NetworkPolicy alone
  /// decides.
  [[nodiscard]] SqlAccess sql_access(const ConnectionFacts& facts, config::kube::AppProtocol protocol) const;

  /// Judges a connection whose bytes nobody reads: all of decide_connection, then whether the port is closed to this
  /// peer. Where any rule of the port speaks of messages, of whatever protocol, it is denied (basis
  /// "protocol_mismatch"): such rules are never got round. Verdict::dry_run_* as for requests.
  [[nodiscard]] Verdict decide_tcp(const ConnectionFacts& facts) const;

  /// Adds the rule sets and profiles by which L7 rules want this request looked at. REQUIRES: decide_request() allowed
  /// it.
  void add_demands(const ConnectionFacts& facts, const RequestHead& head, const config::PathReading& paths,
                   Demands& demands) const;
  /// Whether any rule has such a demand.
  [[nodiscard]] bool has_demands() const noexcept;

  /// True if any rule of that side and port depends on the path: ambiguous paths are then refused.
  [[nodiscard]] bool depends_on_path(Side side, std::uint16_t port) const noexcept;

  /// Every rule of that side and what it made of the traffic; `head` null: of the connection alone. For people, slow.
  [[nodiscard]] std::vector<RuleFate> consider(const ConnectionFacts& facts, config::kube::IpProtocol protocol,
                                               const RequestHead* head, const config::PathReading& paths = {}) const;

  /// Whether a connection from this peer is denied only because nobody knows which pod it is (policy I2): that may
  /// change any moment.
  [[nodiscard]] bool is_unknown_peer(const ConnectionFacts& facts) const noexcept;

  /// Whether whatever is judged of one is judged the same of the other: rules cannot tell these peers apart, and the
  /// port is one.
  [[nodiscard]] bool judges_alike(const ConnectionFacts& a, const ConnectionFacts& b) const noexcept;

  /// The pod whose address it is, null when it is nobody's or several pods'.
  [[nodiscard]] std::shared_ptr<const config::policy::KnownPod> pod_at(const config::IpAddress& address) const noexcept;
  /// Whether `pod`, which pod_at(address) of earlier rules named, has that address still: by uid, else by name
  /// (policy I1).
  [[nodiscard]] bool is_still_at(const config::policy::KnownPod& pod, const config::IpAddress& address) const noexcept;

  [[nodiscard]] const config::policy::RuleSet& rules() const noexcept;

 private:
  struct Impl;
  explicit Decider(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gabion::inspect::policy
