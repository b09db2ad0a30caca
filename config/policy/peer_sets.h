// Which peers a rule means: sets of addresses, told apart only as far as rules tell them apart (policy §4.2).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/rule_set.h"

namespace gabion::config::policy {

/// The pods on which a port of this name and protocol has this number (policy R14).
struct NamedPort {
  std::string name;
  kube::IpProtocol protocol = kube::IpProtocol::kTcp;
  std::uint16_t number = 0;
};

/// Collects the peer lists of rules, then fills the address tables and classes of a RuleSet.
/// Borrows objects, workload and every peer list: they outlive it.
class PeerSets {
 public:
  using Peers = std::optional<std::vector<kube::PeerSpec>>;

  PeerSets(const kube::Objects& objects, const kube::Pod& workload, std::string trust_domain);

  /// The set of `peers` as a policy in `name_space` means them, on the pods of `port` only if that is given.
  [[nodiscard]] TermId term(const Peers& peers, const std::string& name_space, const std::optional<NamedPort>& port);

  /// Distinct numbers that ports of this name and protocol have on any live pod, ascending.
  [[nodiscard]] std::vector<std::uint16_t> numbers_of(const std::string& name, kube::IpProtocol protocol) const;

  /// True if every node tells its pods' ranges: then an address outside them is certainly no pod.
  [[nodiscard]] bool pod_ranges_known() const noexcept { return ranges_known_; }

  /// Writes pods, hosts, ranges, accounts, term_words and peer_classes.
  void fill(RuleSet& rules);

 private:
  struct Term {
    const std::vector<kube::PeerSpec>* peers = nullptr;  ///< null: any
    std::string name_space;
    std::optional<NamedPort> port;
  };
  /// Who is asked about. Without `pod`, `selectors` says what selectors answer.
  struct Subject;
  enum class Answer : std::uint8_t { kNo, kUnknown, kYes };

  [[nodiscard]] const kube::Labels* namespace_labels(const std::string& name) const;
  [[nodiscard]] Answer selectors(const kube::PeerSpec& peer, const Term& term, const Subject& subject) const;
  [[nodiscard]] Answer account(const kube::ServiceAccountPeer& wanted, const Subject& subject) const;
  [[nodiscard]] Answer item(const kube::PeerSpec& peer, const Term& term, const Subject& subject) const;
  [[nodiscard]] Answer answer(const Term& term, const Subject& subject) const;
  [[nodiscard]] PeerClassId peer_class(const std::vector<Subject>& candidates);
  [[nodiscard]] bool may_be_pod(const IpAddress& address) const;

  void collect_pods();
  void collect_nodes();
  void fill_hosts(RuleSet& rules);
  void fill_accounts(RuleSet& rules);
  [[nodiscard]] std::vector<RangeEntry> ranges(bool v4);
  [[nodiscard]] std::vector<IpAddress> boundaries(bool v4) const;

  const kube::Objects& objects_;
  const kube::Pod& workload_;
  std::string trust_domain_;
  bool ranges_known_ = false;
  std::vector<const kube::Pod*> live_;                       ///< not terminal, with an address
  std::map<IpAddress, std::vector<PodId>> pods_by_address_;  ///< index into live_
  std::map<IpAddress, HostKind> nodes_;
  std::map<std::string, const kube::Namespace*, std::less<>> namespaces_;
  std::vector<Term> terms_;
  std::map<std::tuple<const void*, std::string, kube::IpProtocol, std::uint16_t>, TermId> term_ids_;
  std::map<std::vector<std::uint64_t>, PeerClassId> class_ids_;  ///< allow and deny, one after the other
  std::vector<PeerClass> classes_;
};

}  // namespace gabion::config::policy
