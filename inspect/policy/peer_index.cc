// Address first, then whether the certificate agrees; a certificate alone means all pods of its account.
#include "inspect/policy/peer_index.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace gabion::inspect::policy {
namespace {

using config::policy::Entry;
using config::policy::has_term;
using config::policy::HostKind;
using config::policy::kAnyPeer;
using config::policy::MayBePod;
using config::policy::PeerClass;
using config::policy::Rule;
using config::policy::RuleSet;

Peer::Kind kind_of(HostKind kind, Side side) noexcept {
  switch (kind) {
    case HostKind::kSelf:
      return Peer::Kind::kSelf;
    case HostKind::kOwnNode:  // egress to the own node gets no exemption (R19)
      return side == Side::kIngress ? Peer::Kind::kOwnNode : Peer::Kind::kOther;
    case HostKind::kPod:
    case HostKind::kNode:
      return Peer::Kind::kOther;
  }
  return Peer::Kind::kOther;
}

/// Null if no rule names it.
const PeerClass* stranger(const RuleSet& rules, bool any, std::string_view domain, std::string_view space,
                          std::string_view name) noexcept {
  const auto key = std::tuple(any, domain, space, name);
  const auto of = [](const auto& entry) {
    return std::tuple(entry.name == "*", std::string_view(entry.trust_domain), std::string_view(entry.name_space),
                      std::string_view(entry.name));
  };
  const auto found = std::lower_bound(rules.strangers.begin(), rules.strangers.end(), key,
                                      [&of](const auto& entry, const auto& wanted) { return of(entry) < wanted; });
  return found != rules.strangers.end() && of(*found) == key ? found->peer_class.get() : nullptr;
}

const PeerClass* stranger(const RuleSet& rules, const config::SpiffeId& id) noexcept {
  if (const auto* exact = stranger(rules, false, id.trust_domain, id.name_space, id.service_account)) {
    return exact;
  }
  const auto* any = stranger(rules, true, id.trust_domain, id.name_space, "*");
  return any != nullptr ? any : stranger(rules, true, "", "", "*");
}

}  // namespace

void PeerIndex::add_identity(const config::SpiffeId& identity, Peer& peer) const noexcept {
  const bool own_domain = identity.trust_domain == rules_.trust_domain;
  if (peer.host != nullptr && !peer.host->pods.empty()) {
    const auto& accounts = peer.host->verified;
    const auto found = std::find_if(accounts.begin(), accounts.end(), [&identity](const auto& entry) {
      return entry.name_space == identity.name_space && entry.service_account == identity.service_account;
    });
    if (own_domain && found != accounts.end()) {
      peer.address = found->peer_class.get();
    } else {
      peer.kind = Peer::Kind::kMismatch;
    }
    return;
  }
  // The certificate says more than an address of nobody: of the address only ipBlocks count.
  const auto* known = own_domain ? rules_.accounts.find(std::pair<std::string_view, std::string_view>(
                                       identity.name_space, identity.service_account))
                                 : nullptr;
  peer.account = known != nullptr ? known->get() : stranger(rules_, identity);
  peer.may_be = known != nullptr ? MayBePod::kKnown : MayBePod::kStranger;
}

Peer PeerIndex::find(const ConnectionFacts& facts) const noexcept {
  Peer peer;
  peer.host = rules_.hosts.find(facts.peer_address);
  peer.address = peer.host != nullptr ? peer.host->plain.get() : rules_.ranges->find(facts.peer_address);
  peer.may_be = peer.address->may_be;
  peer.kind = peer.host != nullptr ? kind_of(peer.host->kind, facts.side) : Peer::Kind::kOther;
  if (facts.side == Side::kIngress && facts.peer_identity != nullptr) {
    add_identity(*facts.peer_identity, peer);
  }
  return peer;
}

bool surely_meets(const Peer& peer, const Entry& entry, const Rule& /*rule*/) noexcept {
  return has_term(peer.address->allow, entry.applies) &&
         (has_term(peer.address->allow, entry.peers) ||
          (peer.account != nullptr && has_term(peer.account->allow, entry.peers)));
}

bool may_meet(const Peer& peer, const Entry& entry, const Rule& rule) noexcept {
  if (!has_term(peer.address->deny, entry.applies)) {
    return false;
  }
  return has_term(peer.address->deny, entry.peers) ||
         (peer.account != nullptr && has_term(peer.account->deny, entry.peers)) ||
         (entry.applies == kAnyPeer && may_mean_stranger(rule, peer.may_be));
}

}  // namespace gabion::inspect::policy
