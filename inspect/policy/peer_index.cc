// Address first, then whether the certificate agrees; a certificate alone means all pods of its account.
#include "inspect/policy/peer_index.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace gabion::inspect::policy {
namespace {

using config::policy::AccountCondition;
using config::policy::AccountEntry;
using config::policy::Entry;
using config::policy::has_term;
using config::policy::HostEntry;
using config::policy::HostKind;
using config::policy::PeerClassId;
using config::policy::RangeEntry;
using config::policy::Rule;

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

bool names(const AccountCondition& wanted, const config::SpiffeId& identity) noexcept {
  return wanted.trust_domain == identity.trust_domain && wanted.name_space == identity.name_space &&
         (wanted.name == "*" || wanted.name == identity.service_account);
}

}  // namespace

PeerIndex::PeerIndex(const config::policy::RuleSet& rules) : rules_(rules) {
  hosts_.reserve(rules_.hosts.size());
  for (const auto& entry : rules_.hosts) {
    hosts_.emplace(entry.address, &entry);
  }
}

const HostEntry* PeerIndex::host(const config::IpAddress& address) const noexcept {
  const auto found = hosts_.find(address);
  return found == hosts_.end() ? nullptr : found->second;
}

PeerClassId PeerIndex::range(const config::IpAddress& address) const noexcept {
  const auto& ranges = address.is_v4() ? rules_.ranges_v4 : rules_.ranges_v6;
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), address,
                                      [](const config::IpAddress& a, const RangeEntry& b) { return a < b.first; });
  return std::prev(after)->peer_class;  // the first range begins at the lowest address
}

const AccountEntry* PeerIndex::account(const config::SpiffeId& identity) const noexcept {
  if (identity.trust_domain != rules_.trust_domain) {
    return nullptr;
  }
  const auto key = std::tie(identity.name_space, identity.service_account);
  const auto found =
      std::lower_bound(rules_.accounts.begin(), rules_.accounts.end(), key,
                       [](const AccountEntry& a, const auto& b) { return std::tie(a.name_space, a.name) < b; });
  const bool same = found != rules_.accounts.end() && std::tie(found->name_space, found->name) == key;
  return same ? &*found : nullptr;
}

bool PeerIndex::belongs_to(const config::SpiffeId& identity, const HostEntry& entry) const noexcept {
  return identity.trust_domain == rules_.trust_domain &&
         std::any_of(entry.pods.begin(), entry.pods.end(), [this, &identity](config::policy::PodId id) {
           const auto& pod = rules_.pods[id];
           return pod.name.name_space == identity.name_space && pod.service_account == identity.service_account;
         });
}

Peer PeerIndex::by_identity(const config::SpiffeId& identity, PeerClassId seen) const noexcept {
  Peer peer;
  peer.address = &rules_.peer_classes[seen];
  if (const auto* candidates = account(identity)) {
    peer.account = &rules_.peer_classes[candidates->peer_class];
  } else {
    peer.stranger = &identity;
  }
  return peer;
}

Peer PeerIndex::find(const ConnectionFacts& facts) const noexcept {
  const HostEntry* entry = host(facts.peer_address);
  const auto* identity = facts.side == Side::kIngress ? facts.peer_identity : nullptr;
  const bool pod = entry != nullptr && !entry->pods.empty();
  Peer peer;
  PeerClassId seen = entry != nullptr ? entry->plain : range(facts.peer_address);
  if (identity != nullptr && !pod) {
    peer = by_identity(*identity, seen);
  } else {
    seen = identity != nullptr ? entry->verified : seen;
    peer.row = seen;
    peer.address = &rules_.peer_classes[seen];
  }
  peer.host = entry;
  if (entry != nullptr) {
    const bool foreign = identity != nullptr && pod && !belongs_to(*identity, *entry);
    peer.kind = foreign ? Peer::Kind::kMismatch : kind_of(entry->kind, facts.side);
  }
  return peer;
}

bool surely_meets(const Peer& peer, const Entry& entry, const Rule& rule) noexcept {
  if (!has_term(peer.address->allow, entry.applies)) {
    return false;
  }
  if (has_term(peer.address->allow, entry.peers) ||
      (peer.account != nullptr && has_term(peer.account->allow, entry.peers))) {
    return true;
  }
  return peer.stranger != nullptr &&
         std::any_of(rule.accounts.begin(), rule.accounts.end(), [&peer](const AccountCondition& wanted) {
           return !wanted.also_selects && names(wanted, *peer.stranger);
         });
}

bool may_meet(const Peer& peer, const Entry& entry, const Rule& rule) noexcept {
  if (!has_term(peer.address->allow, entry.applies)) {
    return false;
  }
  if (peer.row) {
    return has_term(peer.address->deny, entry.peers);
  }
  // The certificate says more than an address of nobody: of the address only ipBlocks count.
  if (has_term(peer.address->allow, entry.peers) ||
      (peer.account != nullptr && has_term(peer.account->deny, entry.peers))) {
    return true;
  }
  return peer.stranger != nullptr &&
         (rule.has_pod_items || std::any_of(rule.accounts.begin(), rule.accounts.end(),
                                            [&peer](const auto& wanted) { return names(wanted, *peer.stranger); }));
}

}  // namespace gabion::inspect::policy
