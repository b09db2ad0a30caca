// Layer 4 first, then Deny rules, then Allow rules, then whether the port is closed (policy §3.2).
#include "inspect/policy/decide.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "inspect/policy/consider.h"
#include "inspect/policy/explain.h"
#include "inspect/policy/http_match.h"
#include "inspect/policy/path_view.h"
#include "inspect/policy/peer_index.h"

namespace gabion::inspect::policy {
namespace {

using config::kube::AppProtocol;
using config::kube::IpProtocol;
using config::kube::PolicyMode;
using config::kube::RuleAction;
using config::policy::DirectionTable;
using config::policy::Entry;
using config::policy::kNoRule;
using config::policy::kNotIsolatedRule;
using config::policy::PolicyKind;
using config::policy::PortClass;
using config::policy::PortState;
using config::policy::PortTable;
using config::policy::Rule;
using config::policy::RuleId;

/// Everything compiled that can matter to one peer on one port. Borrows the rule set.
struct Place {
  std::uint32_t cell = kNoCell;
  RuleId network = kNoRule;
  const PortState* enforced = nullptr;
  const PortState* with_dry_run = nullptr;
  bool has_dry_run = false;
  std::span<const Entry> l7;
  const PortClass* port = nullptr;
};

/// Which policies count: those applied, or those and the DryRun ones.
enum class Counted : std::uint8_t { kEnforced, kWithDryRun };

/// An answer before it is put into words.
struct Ruling {
  Reason reason = Reason::kNone;
  RuleId rule = kNoRule;  ///< the rule that decided, if one did
  std::string_view basis;
};

std::size_t port_class_of(const PortTable& ports, std::uint16_t port) noexcept {
  const auto after = std::upper_bound(ports.first.begin(), ports.first.end(), port);
  return static_cast<std::size_t>(after - ports.first.begin()) - 1;  // first[0] is 0
}

bool counts(const Rule& rule, Counted counted) noexcept {
  return counted == Counted::kWithDryRun || rule.mode == PolicyMode::kEnforce;
}

bool looks_at_peers_only(const Rule& rule) noexcept {
  return rule.protocol == AppProtocol::kTcp;
}

Ruling denied_by(const Rule& rule, RuleId id) noexcept {
  return rule.unreadable ? Ruling{Reason::kPolicyInvalid, id, "invalid_policy"}
                         : Ruling{Reason::kPolicyDenied, id, "l7_deny"};
}

std::string_view kind_text(PolicyKind kind) noexcept {
  switch (kind) {
    case PolicyKind::kNetworkPolicy:
      return "NetworkPolicy";
    case PolicyKind::kL7Policy:
      return "L7Policy";
  }
  return "";
}

}  // namespace

struct Decider::Impl {
  explicit Impl(config::policy::RuleSet compiled) : rules(std::move(compiled)), peers(rules) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] const DirectionTable& table(Side side) const noexcept {
    return side == Side::kIngress ? rules.ingress : rules.egress;
  }
  [[nodiscard]] Place place(const ConnectionFacts& facts, const Peer& peer, IpProtocol protocol) const noexcept;
  [[nodiscard]] Ruling network(const ConnectionFacts& facts, const Peer& peer, const Place& place) const noexcept;
  [[nodiscard]] Ruling peers_only(const Peer& peer, const Place& place, Counted counted) const noexcept;
  [[nodiscard]] Ruling connection(const ConnectionFacts& facts, const Peer& peer, const Place& place) const noexcept;
  [[nodiscard]] bool meets_http(RuleId rule, const RequestView& request, Reading reading) const;
  [[nodiscard]] Ruling request(const Peer& peer, const Place& place, const RequestView& view, Counted counted) const;
  [[nodiscard]] bool lacks_identity(const ConnectionFacts& facts, const Peer& peer, const Place& place,
                                    const RequestView& view) const;
  [[nodiscard]] Verdict words(const Ruling& ruling, Side side) const noexcept;
  [[nodiscard]] std::string detail(const Ruling& ruling, const ConnectionFacts& facts, const Peer& peer) const;
  [[nodiscard]] std::string request_detail(const Ruling& ruling, const ConnectionFacts& facts, const Peer& peer,
                                           const Place& place, const RequestView& view) const;

  config::policy::RuleSet rules;
  PeerIndex peers;
  RuleConditions conditions;
};

Place Decider::Impl::place(const ConnectionFacts& facts, const Peer& peer, IpProtocol protocol) const noexcept {
  const DirectionTable& direction = table(facts.side);
  const PortTable& ports = direction.ports[static_cast<std::size_t>(protocol)];
  const std::size_t index = port_class_of(ports, facts.port);
  const PortClass& port = ports.classes[index];
  Place result;
  result.port = &port;
  if (peer.row) {
    result.cell = ports.cells[*peer.row * ports.classes.size() + index];
    const auto& cell = direction.cells[result.cell];
    result.network = cell.network;
    result.enforced = &cell.enforced;
    result.with_dry_run = &cell.with_dry_run;
    result.has_dry_run = cell.has_dry_run;
    result.l7 = cell.l7;
    return result;
  }
  result.network = direction.isolated ? kNoRule : kNotIsolatedRule;
  for (const auto& entry : port.network) {
    if (direction.isolated && surely_meets(peer, entry, rules.rules[entry.rule])) {
      result.network = entry.rule;
      break;
    }
  }
  result.enforced = &port.enforced;
  result.with_dry_run = &port.with_dry_run;
  result.has_dry_run = port.has_dry_run;
  result.l7 = port.l7;
  return result;
}

Ruling Decider::Impl::network(const ConnectionFacts& facts, const Peer& peer, const Place& at) const noexcept {
  if (peer.kind == Peer::Kind::kMismatch) {
    return {Reason::kIdentityMismatch, kNoRule, "identity_mismatch"};
  }
  if (peer.kind == Peer::Kind::kSelf) {
    return {Reason::kNone, kNoRule, "self"};
  }
  if (peer.kind == Peer::Kind::kOwnNode) {
    return {Reason::kNone, kNoRule, "own_node"};
  }
  if (at.network == kNotIsolatedRule) {
    return {Reason::kNone, kNoRule, "not_isolated"};
  }
  if (at.network != kNoRule) {
    return {Reason::kNone, at.network, "rule"};
  }
  return table(facts.side).unreadable_policy.empty() ? Ruling{Reason::kPolicyDenied, kNoRule, "no_rule"}
                                                     : Ruling{Reason::kPolicyInvalid, kNoRule, "invalid_policy"};
}

/// What L7 rules say to a connection whatever its messages are. kNone: nothing yet.
Ruling Decider::Impl::peers_only(const Peer& peer, const Place& at, Counted counted) const noexcept {
  const PortState& state = counted == Counted::kEnforced ? *at.enforced : *at.with_dry_run;
  if (std::popcount(state.parsed) > 1) {
    return {Reason::kPolicyDenied, kNoRule, "protocol_conflict"};
  }
  for (const auto& entry : at.l7) {
    const Rule& rule = rules.rules[entry.rule];
    if (rule.action != RuleAction::kDeny || !looks_at_peers_only(rule)) {
      break;  // these come first
    }
    if (counts(rule, counted) && may_meet(peer, entry, rule)) {
      return denied_by(rule, entry.rule);
    }
  }
  return {};
}

Ruling Decider::Impl::connection(const ConnectionFacts& facts, const Peer& peer, const Place& at) const noexcept {
  const Ruling layer4 = network(facts, peer, at);
  if (layer4.reason != Reason::kNone || peer.kind == Peer::Kind::kSelf) {
    return layer4;
  }
  const Ruling layer7 = peers_only(peer, at, Counted::kEnforced);
  return layer7.reason == Reason::kNone ? layer4 : layer7;
}

bool Decider::Impl::meets_http(RuleId rule, const RequestView& view, Reading reading) const {
  const auto& items = conditions[rule];
  return items.empty() || std::any_of(items.begin(), items.end(), [&](const HttpCondition& item) {
           return item.first_miss(view, reading).field == HttpField::kNone;
         });
}

/// REQUIRES: layer 4 allows. A basis of "" leaves the answer to layer 4.
Ruling Decider::Impl::request(const Peer& peer, const Place& at, const RequestView& view, Counted counted) const {
  const PortState& state = counted == Counted::kEnforced ? *at.enforced : *at.with_dry_run;
  if (const Ruling early = peers_only(peer, at, counted); early.reason != Reason::kNone) {
    return early;
  }
  if ((state.parsed & ~config::policy::protocol_bit(AppProtocol::kHttp)) != 0) {
    return {Reason::kPolicyDenied, kNoRule, "protocol_mismatch"};
  }
  if (state.path_rules && view.path.is_ambiguous()) {
    return {Reason::kAmbiguousPath, kNoRule, "ambiguous_path"};
  }
  for (const auto& entry : at.l7) {
    const Rule& rule = rules.rules[entry.rule];
    if (!counts(rule, counted)) {
      continue;
    }
    if (rule.action == RuleAction::kDeny) {
      if (may_meet(peer, entry, rule) && meets_http(entry.rule, view, Reading::kPossible)) {
        return denied_by(rule, entry.rule);
      }
    } else if (surely_meets(peer, entry, rule) && meets_http(entry.rule, view, Reading::kCertain)) {
      return {Reason::kNone, entry.rule, "rule"};
    }
  }
  return state.closed ? Ruling{Reason::kPolicyDenied, kNoRule, "l7_no_match"} : Ruling{};
}

/// Whether nothing but a certificate is missing for some Allow rule.
bool Decider::Impl::lacks_identity(const ConnectionFacts& facts, const Peer& peer, const Place& at,
                                   const RequestView& view) const {
  if (facts.side != Side::kIngress || facts.peer_identity != nullptr) {
    return false;
  }
  return std::any_of(at.port->l7.begin(), at.port->l7.end(), [&](const Entry& entry) {
    const Rule& rule = rules.rules[entry.rule];
    if (rule.action != RuleAction::kAllow || rule.mode != PolicyMode::kEnforce || rule.accounts.empty()) {
      return false;
    }
    const bool pod = peer.host != nullptr && !peer.host->pods.empty();
    const bool peer_fits = !pod || config::policy::has_term(rules.peer_classes[peer.host->verified].allow, entry.peers);
    return peer_fits && meets_http(entry.rule, view, Reading::kCertain);
  });
}

Verdict Decider::Impl::words(const Ruling& ruling, Side side) const noexcept {
  Verdict verdict;
  verdict.reason = ruling.reason;
  verdict.basis = ruling.basis;
  if (ruling.rule != kNoRule) {
    verdict.rule = rules.rules[ruling.rule].id;
    verdict.policy_kind = kind_text(rules.rules[ruling.rule].kind);
  } else if (ruling.basis == "invalid_policy") {
    verdict.rule = table(side).unreadable_policy;
    verdict.policy_kind = "NetworkPolicy";
  } else if (ruling.basis == "no_rule") {
    verdict.policy_kind = "NetworkPolicy";
  } else if (ruling.reason == Reason::kPolicyDenied || ruling.reason == Reason::kNoIdentity ||
             ruling.reason == Reason::kAmbiguousPath) {
    verdict.policy_kind = "L7Policy";
  }
  return verdict;
}

/// For denials that no message was needed for.
std::string Decider::Impl::detail(const Ruling& ruling, const ConnectionFacts& facts, const Peer& peer) const {
  if (ruling.reason == Reason::kIdentityMismatch) {
    return describe_peer(facts, peer, rules) + ": the certificate is not of a pod at this address";
  }
  if (ruling.basis == "no_rule") {
    return explain_network(facts, peer, rules, table(facts.side));
  }
  if (ruling.basis == "protocol_conflict") {
    return "rules name different protocols for port " + std::to_string(facts.port);
  }
  if (ruling.basis == "invalid_policy") {
    return "the policy could not be read and allows nothing";
  }
  return "denied to " + describe_peer(facts, peer, rules);
}

std::string Decider::Impl::request_detail(const Ruling& ruling, const ConnectionFacts& facts, const Peer& peer,
                                          const Place& at, const RequestView& view) const {
  if (ruling.basis == "l7_no_match") {
    return explain_request(facts, peer, rules, at.port->l7, conditions, view);
  }
  if (ruling.basis == "ambiguous_path") {
    return "path " + quoted(view.head.path) + " may be read differently by the service, and a rule depends on it";
  }
  if (ruling.basis == "protocol_mismatch") {
    return "rules name another protocol than HTTP for port " + std::to_string(facts.port);
  }
  return detail(ruling, facts, peer);
}

config::Result<std::unique_ptr<const Decider>> Decider::build(config::policy::RuleSet rules) {
  auto impl = std::make_unique<Impl>(std::move(rules));
  impl->conditions.resize(impl->rules.rules.size());
  for (std::size_t rule = 0; rule < impl->rules.rules.size(); ++rule) {
    const auto& source = impl->rules.rules[rule];
    for (std::size_t item = 0; item < source.http.size(); ++item) {
      auto condition = HttpCondition::compile(source.http[item]);
      if (!condition) {
        return config::Error{condition.error().what,
                             source.id + ".http[" + std::to_string(item) + "]." + condition.error().where};
      }
      impl->conditions[rule].push_back(std::move(*condition));
    }
  }
  return std::unique_ptr<const Decider>(new Decider(std::move(impl)));
}

Decider::Decider(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Decider::~Decider() = default;

ConnectionDecision Decider::decide_connection(const ConnectionFacts& facts) const {
  const Peer peer = impl_->peers.find(facts);
  const Place at = impl_->place(facts, peer, IpProtocol::kTcp);
  const Ruling ruling = impl_->connection(facts, peer, at);
  ConnectionDecision decision{impl_->words(ruling, facts.side), at.cell};
  if (ruling.reason != Reason::kNone) {
    decision.verdict.detail = impl_->detail(ruling, facts, peer);
  }
  return decision;
}

Verdict Decider::decide_network(const ConnectionFacts& facts, IpProtocol protocol) const {
  const Peer peer = impl_->peers.find(facts);
  const Ruling ruling = impl_->network(facts, peer, impl_->place(facts, peer, protocol));
  Verdict verdict = impl_->words(ruling, facts.side);
  if (ruling.reason != Reason::kNone) {
    verdict.detail = impl_->detail(ruling, facts, peer);
  }
  return verdict;
}

Verdict Decider::decide_request(const ConnectionFacts& facts, const RequestHead& head) const {
  const Peer peer = impl_->peers.find(facts);
  const Place at = impl_->place(facts, peer, IpProtocol::kTcp);
  const Ruling layer4 = impl_->network(facts, peer, at);
  Verdict verdict = impl_->words(layer4, facts.side);
  if (layer4.reason != Reason::kNone) {
    verdict.detail = impl_->detail(layer4, facts, peer);
    return verdict;
  }
  if (peer.kind == Peer::Kind::kSelf || at.port->l7.empty()) {
    return verdict;
  }
  const bool needs_path = at.enforced->path_rules || at.with_dry_run->path_rules;
  const PathView path(needs_path ? head.path : std::string_view{});
  const RequestView view(head, path);
  Ruling ruling = impl_->request(peer, at, view, Counted::kEnforced);
  if (ruling.basis == "l7_no_match" && impl_->lacks_identity(facts, peer, at, view)) {
    ruling.reason = Reason::kNoIdentity;
  }
  if (!ruling.basis.empty()) {
    verdict = impl_->words(ruling, facts.side);
  }
  if (at.has_dry_run) {
    const Ruling other = impl_->request(peer, at, view, Counted::kWithDryRun);
    verdict.dry_run_differs = (other.reason == Reason::kNone) != verdict.allowed();
    verdict.dry_run_rule = verdict.dry_run_differs ? impl_->words(other, facts.side).rule : std::string_view{};
  }
  if (ruling.reason != Reason::kNone) {
    verdict.detail = impl_->request_detail(ruling, facts, peer, at, view);
  }
  return verdict;
}

bool Decider::depends_on_path(Side side, std::uint16_t port) const noexcept {
  const PortTable& ports = impl_->table(side).ports[static_cast<std::size_t>(IpProtocol::kTcp)];
  const auto& entries = ports.classes[port_class_of(ports, port)].l7;
  return std::any_of(entries.begin(), entries.end(), [this](const Entry& entry) {
    const Rule& rule = impl_->rules.rules[entry.rule];
    return rule.mode == PolicyMode::kEnforce &&
           std::any_of(rule.http.begin(), rule.http.end(), [](const auto& item) { return !item.paths.empty(); });
  });
}

std::vector<RuleFate> Decider::consider(const ConnectionFacts& facts, IpProtocol protocol,
                                        const RequestHead* head) const {
  const Peer peer = impl_->peers.find(facts);
  const PathView path(head != nullptr ? head->path : std::string_view{});
  const RequestHead nothing;
  const RequestView view(head != nullptr ? *head : nothing, path);
  return consider_rules({facts, peer, protocol, head != nullptr ? &view : nullptr}, impl_->rules, impl_->conditions);
}

const config::policy::RuleSet& Decider::rules() const noexcept {
  return impl_->rules;
}

}  // namespace gabion::inspect::policy
