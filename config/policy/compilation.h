// One workload's policies in the form from which rule sets are made, and made again when pods come and go.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/address_book.h"
#include "config/policy/compile.h"
#include "config/policy/peer_classes.h"
#include "config/policy/peer_terms.h"
#include "config/policy/placed_rules.h"
#include "config/policy/rule_set.h"

namespace gabion::config::policy {

/// Picks the policies that select the workload and places their rules. Used by one thread.
class Compilation {
 public:
  /// Borrows everything but `workload`; `pod` is the workload's.
  Compilation(const kube::Objects& policies_and_places, const kube::Pod& pod, const Workload& workload);
  Compilation(const Compilation&) = delete;
  Compilation& operator=(const Compilation&) = delete;

  /// Adds a pod that was there from the beginning, the workload's own included.
  void add(const kube::Pod& pod) { book_.add(pod); }
  /// Reads the policies and makes the rule set. Once, after all pods there are.
  [[nodiscard]] CheckedResult<RuleSet> run();

  /// A pod comes or goes after run(): puts into `rules`, a copy of the last set, what is different.
  /// False: the rules themselves depend on it (a named port got a number it never had); start over.
  [[nodiscard]] bool add_to(const kube::Pod& pod, RuleSet& rules);
  void remove_from(const kube::Pod& pod, RuleSet& rules);
  /// Pods at `address`.
  [[nodiscard]] std::vector<kube::ObjectName> holders_of(const IpAddress& address) const {
    return book_.holders_of(address);
  }
  /// Classes of peers kept, those of nobody left included.
  [[nodiscard]] std::size_t class_count() const noexcept { return classes_->size(); }
  /// More was needed than kMaxCells: the last set is not usable.
  [[nodiscard]] bool out_of_budget() const noexcept { return budget_.is_spent(); }

 private:
  using Peers = PeerTerms::Peers;
  using Place = std::function<void(const PortSpan&, TermId peers, TermId applies)>;

  [[nodiscard]] bool selected(const kube::ObjectName& policy, const kube::LabelSelector& selector);
  void add_network_policy(const kube::NetworkPolicy& policy);
  void add_network_rules(const kube::NetworkPolicy& policy, const std::vector<kube::NetworkRule>& rules, Way way);
  void add_network_rule(const kube::ObjectName& policy, const kube::NetworkRule& rule, std::size_t index, Way way);
  void add_l7_policy(const kube::L7Policy& policy);
  void add_l7_rule(const kube::L7Policy& policy, const kube::L7Rule& rule, std::size_t index, Way way);
  [[nodiscard]] Rule make_l7_rule(const kube::L7Policy& policy, const kube::L7Rule& rule, std::size_t index, Way way);
  void warn_about(const kube::L7Rule& rule, const Rule& made, Way way);
  /// Calls `place` for each stretch of numbers that `ports` mean.
  void place_ports(const std::vector<kube::PortSpec>& ports, const Peers& peers, Way way, const Place& place);
  void place_named_egress(const std::vector<kube::PortSpec>& ports, const Peers& peers, const Place& place);
  void finish();
  void note_cells(RuleSet& rules) const;

  [[nodiscard]] DirectionTable& table(Way way) { return way == Way::kIngress ? set_.ingress : set_.egress; }
  [[nodiscard]] PlacedRules& placed(Way way) { return way == Way::kIngress ? ingress_ : egress_; }
  void warn(std::string what, std::string where) { set_.warnings.push_back(Error{std::move(what), std::move(where)}); }

  const kube::Objects& objects_;
  const kube::Pod& pod_;
  RuleSet set_;
  std::shared_ptr<std::vector<Rule>> rules_ = std::make_shared<std::vector<Rule>>();
  std::array<std::vector<RuleId>, 2> network_rules_;
  std::array<std::vector<RuleId>, 2> l7_rules_;
  /// Named ports of egress rules, with the numbers that were placed for them.
  std::map<std::pair<std::string, kube::IpProtocol>, std::set<std::uint16_t>> named_;
  Budget budget_;
  CellPool cells_;
  AddressBook book_;
  PeerTerms terms_;
  PlacedRules ingress_;
  PlacedRules egress_;
  std::unique_ptr<BlockTable> blocks_;
  std::unique_ptr<PeerClasses> classes_;
};

}  // namespace gabion::config::policy
