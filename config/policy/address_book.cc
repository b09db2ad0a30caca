// Counting who uses an address; an entry is made anew from whoever is left.
#include "config/policy/address_book.h"

#include <algorithm>
#include <utility>

namespace gabion::config::policy {
namespace {

bool is_live(const kube::Pod& pod) noexcept {
  return !pod.terminal && !pod.addresses.empty();
}

void add_or_remove(std::vector<const kube::Pod*>& list, const kube::Pod& pod, int change) {
  if (change > 0) {
    list.push_back(&pod);
  } else {
    std::erase(list, &pod);
  }
}

}  // namespace

AddressBook::AddressBook(const kube::Pod& workload, const std::vector<kube::Node>& nodes)
    : workload_(workload), told_(nodes) {
  for (const auto& node : nodes) {
    for (const auto& address : node.addresses) {
      use_node(address, !workload.node.empty() && node.name == workload.node, 1);
    }
  }
  for (const auto& address : workload.host_addresses) {
    if (workload.node.empty() || told_.leave(workload.node, address)) {
      use_node(address, true, 1);
    }
  }
}

void AddressBook::use_node(const IpAddress& address, bool own, int change) {
  NodeUse& use = nodes_[address];
  use.count += static_cast<std::uint32_t>(change);
  use.own += own ? static_cast<std::uint32_t>(change) : 0U;
  if (use.count == 0) {
    nodes_.erase(address);
  }
}

/// Of what `pod` says of its node.
void AddressBook::use_host(const kube::Pod& pod, const IpAddress& address, int change) {
  if (told_.leave(pod.node, address)) {
    use_node(address, false, change);
  }
}

void AddressBook::change(const kube::Pod& pod, int change) {
  if (!pod.terminal) {  // or its node's address may be somebody else's by now, as its own may
    for (const auto& address : pod.host_addresses) {
      use_host(pod, address, change);
    }
  }
  if (!is_live(pod)) {
    return;
  }
  add_or_remove(accounts_[{pod.name.name_space, pod.service_account}], pod, change);
  for (const auto& address : pod.addresses) {
    if (pod.host_network) {
      use_host(pod, address, change);
      continue;
    }
    auto& holders = pods_[address];
    add_or_remove(holders, pod, change);
    if (holders.empty()) {
      pods_.erase(address);
    }
  }
  for (const auto& port : pod.ports) {
    if (!port.name.empty() && !pod.host_network) {
      ports_[{port.name, port.protocol, port.port}] += static_cast<std::uint32_t>(change);
    }
  }
}

void AddressBook::add(const kube::Pod& pod) {
  known_.emplace(&pod, std::make_shared<const KnownPod>(KnownPod{pod.name, pod.uid, pod.service_account}));
  change(pod, 1);
}

void AddressBook::remove(const kube::Pod& pod) {
  change(pod, -1);
  known_.erase(&pod);
}

std::set<std::uint16_t> AddressBook::numbers_of(const std::string& name, kube::IpProtocol protocol) const {
  std::set<std::uint16_t> numbers;
  for (auto at = ports_.lower_bound({name, protocol, 0}); at != ports_.end(); ++at) {
    if (std::get<0>(at->first) != name || std::get<1>(at->first) != protocol) {
      break;
    }
    if (at->second > 0) {
      numbers.insert(std::get<2>(at->first));
    }
  }
  return numbers;
}

std::vector<kube::ObjectName> AddressBook::holders_of(const IpAddress& address) const {
  std::vector<kube::ObjectName> names;
  if (const auto found = pods_.find(address); found != pods_.end()) {
    for (const auto* pod : found->second) {
      names.push_back(pod->name);
    }
  }
  return names;
}

HostEntry AddressBook::pods_entry(const IpAddress& address, const std::vector<const kube::Pod*>& pods,
                                  PeerClasses& classes) const {
  HostEntry entry;
  entry.kind = pods.size() == 1 && pods.front() == &workload_ ? HostKind::kSelf : HostKind::kPod;
  entry.plain = classes.of_pods(pods, Proof::kAddress, &address);
  for (const auto* pod : pods) {
    entry.pods.push_back(known_.at(pod));
    const auto same_account = [pod](const auto& other) {
      return other.name_space == pod->name.name_space && other.service_account == pod->service_account;
    };
    if (std::any_of(entry.verified.begin(), entry.verified.end(), same_account)) {
      continue;
    }
    std::vector<const kube::Pod*> certified;
    for (const auto* other : pods) {
      if (other->name.name_space == pod->name.name_space && other->service_account == pod->service_account) {
        certified.push_back(other);
      }
    }
    entry.verified.push_back(VerifiedEntry{pod->name.name_space, pod->service_account,
                                           classes.of_pods(certified, Proof::kAddressAndCertificate, &address)});
  }
  return entry;
}

HostEntry AddressBook::node_entry(const IpAddress& address, const NodeUse& use, PeerClasses& classes) const {
  HostEntry entry;
  entry.kind = use.own > 0 ? HostKind::kOwnNode : HostKind::kNode;
  entry.plain = classes.of_address(classes.blocks().terms_at(address), MayBePod::kNobody);
  return entry;
}

void AddressBook::refresh_address(const IpAddress& address, PeerClasses& classes, RuleSet& rules) const {
  if (const auto node = nodes_.find(address); node != nodes_.end()) {
    rules.hosts.set(address, node_entry(address, node->second, classes));
  } else if (const auto pods = pods_.find(address); pods != pods_.end()) {
    rules.hosts.set(address, pods_entry(address, pods->second, classes));
  } else {
    rules.hosts.erase(address);
  }
}

/// Certificates name accounts; without mTLS nobody asks.
void AddressBook::refresh_account(const Account& account, PeerClasses& classes, RuleSet& rules) const {
  const auto found = accounts_.find(account);
  const kube::ObjectName key{account.first, account.second};
  if (found == accounts_.end() || found->second.empty()) {
    rules.accounts.erase(key);
  } else if (!rules.trust_domain.empty()) {
    rules.accounts.set(key, classes.of_pods(found->second, Proof::kCertificate, nullptr));
  }
}

void AddressBook::fill(PeerClasses& classes, RuleSet& rules) const {
  for (const auto& [address, pods] : pods_) {
    refresh_address(address, classes, rules);
  }
  for (const auto& [address, use] : nodes_) {
    refresh_address(address, classes, rules);
  }
  for (const auto& [account, pods] : accounts_) {
    refresh_account(account, classes, rules);
  }
}

void AddressBook::refresh(const kube::Pod& pod, PeerClasses& classes, RuleSet& rules) const {
  for (const auto& address : pod.addresses) {
    refresh_address(address, classes, rules);
  }
  for (const auto& address : pod.host_addresses) {
    refresh_address(address, classes, rules);
  }
  refresh_account({pod.name.name_space, pod.service_account}, classes, rules);
}

}  // namespace gabion::config::policy
