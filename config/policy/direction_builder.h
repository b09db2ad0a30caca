// Cuts one direction's ports into classes and computes the cells of (peer class, port class).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/policy/rule_set.h"

namespace gabion::config::policy {

/// Ports `first` to `last` of one protocol.
struct PortSpan {
  kube::IpProtocol protocol = kube::IpProtocol::kTcp;
  std::uint16_t first = 0;
  std::uint16_t last = 65535;
};

/// Takes a direction's rules with their ports, then builds its table once.
class DirectionBuilder {
 public:
  void add_network(const PortSpan& span, const Entry& entry);
  void add_l7(const PortSpan& span, const Entry& entry);

  /// Writes the port tables and cells of `table` for all classes of `rules`. False: more than `cell_budget` cells;
  /// what was used is taken off it.
  [[nodiscard]] bool build(const RuleSet& rules, DirectionTable& table, std::size_t& cell_budget);

 private:
  struct Placed {
    PortSpan span;
    Entry entry;
    PolicyKind kind = PolicyKind::kNetworkPolicy;
  };

  [[nodiscard]] bool cut(std::size_t protocol, PortTable& ports, std::size_t& budget) const;
  [[nodiscard]] std::uint32_t intern(Cell cell, DirectionTable& table);

  std::vector<Placed> placed_;
  std::unordered_map<std::string, std::uint32_t> cell_ids_;
};

}  // namespace gabion::config::policy
