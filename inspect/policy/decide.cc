// Verdicts in words: which rule decided and why, what dry-run policies would have said, the nearest miss.
#include "inspect/policy/decide.h"

#include <algorithm>
#include <utility>

#include "inspect/policy/consider.h"
#include "inspect/policy/explain.h"
#include "inspect/policy/judge.h"
#include "inspect/policy/path_view.h"

namespace gabion::inspect::policy {
namespace {

using config::kube::IpProtocol;
using config::policy::kNoRule;
using config::policy::PolicyKind;
using config::policy::RuleId;

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
  explicit Impl(std::unique_ptr<const Judge> made) noexcept : judge(std::move(made)) {}

  [[nodiscard]] const config::policy::RuleSet& rules() const noexcept { return judge->rules(); }
  [[nodiscard]] Ruling connection(const ConnectionFacts& facts, const Peer& peer, const Place& at) const noexcept;
  void add_dry_run(const Place& at, const Ruling& other, Verdict& verdict) const;
  [[nodiscard]] Ruling session(const ConnectionFacts& facts, const Place& at,
                               config::kube::AppProtocol protocol) const noexcept;
  [[nodiscard]] std::string session_detail(const Ruling& ruling, const ConnectionFacts& facts, const Peer& peer,
                                           config::kube::AppProtocol protocol) const;
  [[nodiscard]] Verdict words(const Ruling& ruling, Side side) const noexcept;
  [[nodiscard]] std::string detail(const Ruling& ruling, const ConnectionFacts& facts, const Peer& peer) const;
  [[nodiscard]] std::string request_detail(const Ruling& ruling, const ConnectionFacts& facts, const Peer& peer,
                                           const RequestView& view) const;

  std::unique_ptr<const Judge> judge;
};

Ruling Decider::Impl::connection(const ConnectionFacts& facts, const Peer& peer, const Place& at) const noexcept {
  const Ruling layer4 = judge->network(facts, peer, at);
  if (layer4.reason != Reason::kNone || peer.kind == Peer::Kind::kSelf) {
    return layer4;
  }
  const Ruling layer7 = judge->peers_only(at, Counted::kEnforced);
  return layer7.reason == Reason::kNone ? layer4 : layer7;
}

/// `other`: with DryRun policies. What is not denied by a rule of such a policy is denied by what it makes of the port:
/// that is told.
void Decider::Impl::add_dry_run(const Place& at, const Ruling& other, Verdict& verdict) const {
  verdict.dry_run_differs = (other.reason == Reason::kNone) != verdict.allowed();
  if (!verdict.dry_run_differs) {
    return;
  }
  RuleId told = other.rule;
  if (told == kNoRule) {
    told = other.basis == "l7_no_match" && at.dry_run_closes != kNoRule ? at.dry_run_closes : at.dry_run;
  }
  verdict.dry_run_rule = told == kNoRule ? std::string_view{} : judge->tag(told).name();
}

Verdict Decider::Impl::words(const Ruling& ruling, Side side) const noexcept {
  Verdict verdict;
  verdict.reason = ruling.reason;
  verdict.basis = ruling.basis;
  if (ruling.rule != kNoRule) {
    const RuleTag& rule = judge->tag(ruling.rule);
    verdict.rule = rule.name();
    verdict.policy_kind = kind_text(rule.kind);
  } else if (ruling.basis == "invalid_policy") {
    verdict.rule = judge->table(side).unreadable_policy;
    verdict.policy_kind = "NetworkPolicy";
  } else if (ruling.basis == "no_rule" || ruling.basis == "unknown_peer") {
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
    return describe_peer(facts, peer, rules()) + ": the certificate is not of a pod at this address";
  }
  if (ruling.basis == "no_rule" || ruling.basis == "unknown_peer") {
    const std::string_view doubt = ruling.basis == "unknown_peer" ? "no pod is known at this pod address; " : "";
    return std::string(doubt) + explain_network(facts, peer, rules(), judge->table(facts.side));
  }
  if (ruling.basis == "protocol_conflict") {
    return "rules name different protocols for port " + std::to_string(facts.port);
  }
  if (ruling.basis == "invalid_policy") {
    return "the policy could not be read and allows nothing";
  }
  return "denied to " + describe_peer(facts, peer, rules());
}

std::string Decider::Impl::request_detail(const Ruling& ruling, const ConnectionFacts& facts, const Peer& peer,
                                          const RequestView& view) const {
  if (ruling.basis == "l7_no_match") {
    return explain_request(facts, peer, rules(), judge->everybody(facts.side, facts.port), judge->conditions(), view);
  }
  if (ruling.basis == "ambiguous_path") {
    return "path " + quoted(view.head.path) + " may be read differently by the service, and a rule depends on it";
  }
  if (ruling.basis == "protocol_mismatch") {
    return "rules name another protocol than HTTP for port " + std::to_string(facts.port);
  }
  return detail(ruling, facts, peer);
}

Ruling Decider::Impl::session(const ConnectionFacts& facts, const Place& at,
                              config::kube::AppProtocol protocol) const noexcept {
  Ruling ruling = judge->session(at, protocol, Counted::kEnforced);
  if (ruling.basis == "l7_no_match" && facts.side == Side::kIngress && facts.peer_identity == nullptr) {
    const auto* all = judge->everybody(facts.side, facts.port);
    ruling.reason = all != nullptr && !all->by_account.empty() ? Reason::kNoIdentity : ruling.reason;
  }
  return ruling;
}

std::string Decider::Impl::session_detail(const Ruling& ruling, const ConnectionFacts& facts, const Peer& peer,
                                          config::kube::AppProtocol protocol) const {
  if (ruling.reason == Reason::kNone) {
    return {};
  }
  if (ruling.basis == "l7_no_match") {
    return "no Allow rule of the port is for " + describe_peer(facts, peer, rules());
  }
  if (ruling.basis == "protocol_mismatch") {
    return "rules name another protocol than " + std::string(config::kube::to_string(protocol)) + " for port " +
           std::to_string(facts.port);
  }
  return detail(ruling, facts, peer);
}

config::Result<std::unique_ptr<const Decider>> Decider::build(config::policy::RuleSet rules, const Decider* previous) {
  auto judge = Judge::make(std::move(rules), previous == nullptr ? nullptr : previous->impl_->judge.get());
  if (!judge) {
    return judge.error();
  }
  return std::unique_ptr<const Decider>(new Decider(std::make_unique<Impl>(std::move(*judge))));
}

Decider::Decider(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Decider::~Decider() = default;

Verdict Decider::decide_connection(const ConnectionFacts& facts) const {
  const Peer peer = impl_->judge->find(facts);
  const Ruling ruling = impl_->connection(facts, peer, impl_->judge->place(facts, peer, IpProtocol::kTcp));
  Verdict verdict = impl_->words(ruling, facts.side);
  if (ruling.reason != Reason::kNone) {
    verdict.detail = impl_->detail(ruling, facts, peer);
  }
  return verdict;
}

bool Decider::may_allow_requests(const ConnectionFacts& facts) const {
  const Peer peer = impl_->judge->find(facts);
  const Place at = impl_->judge->place(facts, peer, IpProtocol::kTcp);
  return impl_->judge->network(facts, peer, at).reason == Reason::kNone &&
         (peer.kind == Peer::Kind::kSelf || impl_->judge->leaves_requests(at));
}

Verdict Decider::decide_network(const ConnectionFacts& facts, IpProtocol protocol) const {
  const Peer peer = impl_->judge->find(facts);
  const Ruling ruling = impl_->judge->network(facts, peer, impl_->judge->place(facts, peer, protocol));
  Verdict verdict = impl_->words(ruling, facts.side);
  if (ruling.reason != Reason::kNone) {
    verdict.detail = impl_->detail(ruling, facts, peer);
  }
  return verdict;
}

Verdict Decider::decide_request(const ConnectionFacts& facts, const RequestHead& head,
                                const config::PathReading& paths) const {
  const Peer peer = impl_->judge->find(facts);
  const Place at = impl_->judge->place(facts, peer, IpProtocol::kTcp);
  const Ruling layer4 = impl_->judge->network(facts, peer, at);
  if (layer4.reason != Reason::kNone) {
    Verdict verdict = impl_->words(layer4, facts.side);
    verdict.detail = impl_->detail(layer4, facts, peer);
    return verdict;
  }
  if (peer.kind == Peer::Kind::kSelf || at.count == 0) {
    return impl_->words(layer4, facts.side);
  }
  const bool needs_path = at.enforced.path_rules || at.with_dry_run.path_rules;
  const PathView path(needs_path ? head.path : std::string_view{}, paths);
  const RequestView view(head, path);
  Ruling ruling = impl_->judge->request(at, view, Counted::kEnforced);
  if (ruling.basis == "l7_no_match" && impl_->judge->lacks_identity(facts, peer, view)) {
    ruling.reason = Reason::kNoIdentity;
  }
  Verdict verdict = impl_->words(ruling.basis.empty() ? layer4 : ruling, facts.side);
  if (at.dry_run != kNoRule) {
    impl_->add_dry_run(at, impl_->judge->request(at, view, Counted::kWithDryRun), verdict);
  }
  if (ruling.reason != Reason::kNone) {
    verdict.detail = impl_->request_detail(ruling, facts, peer, view);
  }
  return verdict;
}

SqlAccess Decider::sql_access(const ConnectionFacts& facts, config::kube::AppProtocol protocol) const {
  const Peer peer = impl_->judge->find(facts);
  const Place at = impl_->judge->place(facts, peer, IpProtocol::kTcp);
  const Ruling layer4 = impl_->judge->network(facts, peer, at);
  if (layer4.reason != Reason::kNone || peer.kind == Peer::Kind::kSelf) {
    SqlAccess made{impl_->words(layer4, facts.side), std::make_shared<const sql::SqlRules>()};
    made.verdict.detail = layer4.reason == Reason::kNone ? std::string() : impl_->detail(layer4, facts, peer);
    return made;
  }
  const Ruling layer7 = impl_->session(facts, at, protocol);
  SqlAccess made{impl_->words(layer7.reason == Reason::kNone ? layer4 : layer7, facts.side),
                 impl_->judge->sql_rules(at, protocol)};
  made.demands = impl_->judge->sql_demands(at, protocol);
  made.verdict.detail = impl_->session_detail(layer7, facts, peer, protocol);
  return made;
}

Verdict Decider::decide_tcp(const ConnectionFacts& facts) const {
  constexpr auto kTcp = config::kube::AppProtocol::kTcp;
  const Peer peer = impl_->judge->find(facts);
  const Place at = impl_->judge->place(facts, peer, IpProtocol::kTcp);
  const Ruling layer4 = impl_->judge->network(facts, peer, at);
  if (layer4.reason != Reason::kNone || peer.kind == Peer::Kind::kSelf) {
    Verdict verdict = impl_->words(layer4, facts.side);
    verdict.detail = layer4.reason == Reason::kNone ? std::string() : impl_->detail(layer4, facts, peer);
    return verdict;
  }
  const Ruling layer7 = impl_->session(facts, at, kTcp);
  Verdict verdict = impl_->words(layer7.basis.empty() ? layer4 : layer7, facts.side);
  if (at.dry_run != kNoRule) {
    impl_->add_dry_run(at, impl_->judge->session(at, kTcp, Counted::kWithDryRun), verdict);
  }
  verdict.detail = impl_->session_detail(layer7, facts, peer, kTcp);
  return verdict;
}

void Decider::add_demands(const ConnectionFacts& facts, const RequestHead& head, const config::PathReading& paths,
                          Demands& demands) const {
  const Place at = impl_->judge->place(facts, impl_->judge->find(facts), IpProtocol::kTcp);
  const PathView path(head.path, paths);
  impl_->judge->add_demands(at, RequestView(head, path), demands);
}

bool Decider::has_demands() const noexcept {
  return impl_->judge->has_demands();
}

bool Decider::depends_on_path(Side side, std::uint16_t port) const noexcept {
  const auto* cell = impl_->judge->everybody(side, port);
  return cell != nullptr && cell->enforced.path_rules;
}

std::vector<RuleFate> Decider::consider(const ConnectionFacts& facts, IpProtocol protocol, const RequestHead* head,
                                        const config::PathReading& paths) const {
  const PathView path(head != nullptr ? head->path : std::string_view{}, paths);
  const RequestHead nothing;
  const RequestView view(head != nullptr ? *head : nothing, path);
  return consider_rules(*impl_->judge, {facts, protocol, head != nullptr ? &view : nullptr});
}

bool Decider::judges_alike(const ConnectionFacts& a, const ConnectionFacts& b) const noexcept {
  const Peer one = impl_->judge->find(a);
  const Peer other = impl_->judge->find(b);
  return a.side == b.side && a.port == b.port && one.kind == other.kind && one.address == other.address &&
         one.account == other.account && one.may_be == other.may_be;
}

bool Decider::is_unknown_peer(const ConnectionFacts& facts) const noexcept {
  const Peer peer = impl_->judge->find(facts);
  if (peer.may_be != config::policy::MayBePod::kPodRange) {
    return false;
  }
  const auto at = impl_->judge->place(facts, peer, IpProtocol::kTcp);
  return impl_->judge->network(facts, peer, at).basis == "unknown_peer";
}

std::shared_ptr<const config::policy::KnownPod> Decider::pod_at(const config::IpAddress& address) const noexcept {
  const auto* host = rules().hosts.find(address);
  return host != nullptr && host->pods.size() == 1 ? host->pods.front() : nullptr;
}

bool Decider::is_still_at(const config::policy::KnownPod& pod, const config::IpAddress& address) const noexcept {
  const auto* host = rules().hosts.find(address);
  return host != nullptr && std::any_of(host->pods.begin(), host->pods.end(), [&](const auto& holder) {
           return pod.uid.empty() || holder->uid.empty() ? holder->name == pod.name : holder->uid == pod.uid;
         });
}

const config::policy::RuleSet& Decider::rules() const noexcept {
  return impl_->rules();
}

}  // namespace gabion::inspect::policy
