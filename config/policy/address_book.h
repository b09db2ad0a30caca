// Whose each address is: pods, nodes and accounts as they come and go, and what a rule set is told of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "config/kube/node_objects.h"
#include "config/kube/objects.h"
#include "config/policy/peer_classes.h"
#include "config/policy/rule_set.h"

namespace gabion::config::policy {

/// Borrows every pod between add() and remove(), and the workload. Pods that are terminal or have no address are
/// nobody's peers (policy R10), hostNetwork pods are their node. What pods say of a node's addresses is believed where
/// Node objects are silent (kube::NodeObjects).
class AddressBook {
 public:
  AddressBook(const kube::Pod& workload, const std::vector<kube::Node>& nodes);

  void add(const kube::Pod& pod);
  void remove(const kube::Pod& pod);

  /// Numbers that live pods declare for ports of this name and protocol.
  [[nodiscard]] std::set<std::uint16_t> numbers_of(const std::string& name, kube::IpProtocol protocol) const;

  /// Pods that are peers by `address`.
  [[nodiscard]] std::vector<kube::ObjectName> holders_of(const IpAddress& address) const;

  /// Writes hosts and accounts of everything there is.
  void fill(PeerClasses& classes, RuleSet& rules) const;
  /// Writes again what depends on `pod`, which was added or removed.
  void refresh(const kube::Pod& pod, PeerClasses& classes, RuleSet& rules) const;

 private:
  struct NodeUse {
    std::uint32_t count = 0;  ///< who says so
    std::uint32_t own = 0;    ///< … of the workload's node
  };
  using Account = std::pair<std::string, std::string>;
  using PortKey = std::tuple<std::string, kube::IpProtocol, std::uint16_t>;

  void use_node(const IpAddress& address, bool own, int change);
  void use_host(const kube::Pod& pod, const IpAddress& address, int change);
  void change(const kube::Pod& pod, int change);
  void refresh_address(const IpAddress& address, PeerClasses& classes, RuleSet& rules) const;
  void refresh_account(const Account& account, PeerClasses& classes, RuleSet& rules) const;
  [[nodiscard]] HostEntry pods_entry(const IpAddress& address, const std::vector<const kube::Pod*>& pods,
                                     PeerClasses& classes) const;
  [[nodiscard]] HostEntry node_entry(const IpAddress& address, const NodeUse& use, PeerClasses& classes) const;

  const kube::Pod& workload_;
  kube::NodeObjects told_;
  std::unordered_map<IpAddress, std::vector<const kube::Pod*>> pods_;
  std::unordered_map<IpAddress, NodeUse> nodes_;
  std::map<Account, std::vector<const kube::Pod*>> accounts_;
  std::map<PortKey, std::uint32_t> ports_;  ///< how many live pods declare it
  std::unordered_map<const kube::Pod*, std::shared_ptr<const KnownPod>> known_;
};

}  // namespace gabion::config::policy
