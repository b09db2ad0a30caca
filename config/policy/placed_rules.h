// One direction's rules on their ports, and the rows of cells that any part of them makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/policy/block_table.h"
#include "config/policy/rule_set.h"

namespace gabion::config::policy {

/// Ports `first` to `last` of one protocol.
struct PortSpan {
  kube::IpProtocol protocol = kube::IpProtocol::kTcp;
  std::uint16_t first = 0;
  std::uint16_t last = 65535;
};

/// Equal cells are one, across directions and generations.
class CellPool {
 public:
  /// Null for a cell that says nothing. Else valid as long as cells() is kept.
  [[nodiscard]] const Cell* intern(Cell cell);
  /// All there are, by Cell::id.
  [[nodiscard]] const std::vector<std::shared_ptr<const Cell>>& cells() const noexcept { return cells_; }

 private:
  std::unordered_map<std::string, std::shared_ptr<const Cell>> by_content_;
  std::vector<std::shared_ptr<const Cell>> cells_;
};

class PlacedRules {
 public:
  /// Borrows all three.
  PlacedRules(const std::vector<Rule>& rules, CellPool& cells, Budget& budget)
      : rules_(rules), cells_(cells), budget_(budget) {}

  void add(const PortSpan& span, const Entry& entry);

  /// Rows of the layers that every workload has, into `table`. Call it once, when all is added.
  void fill(DirectionTable& table);
  /// The layer of the rules that name sets of `allow` and `deny`. Empty rows when the budget is spent.
  [[nodiscard]] PortRows rows_of(const std::vector<TermId>& allow, const std::vector<TermId>& deny);

 private:
  struct Placed {
    PortSpan span;
    Entry entry;
  };
  /// What a placed rule adds to the cells of its ports: an answer, or the state of its port, or both.
  enum class Adds : std::uint8_t { kAnswer, kState, kBoth };
  using Picked = std::pair<std::uint32_t, Adds>;  ///< index into placed_

  class Builder;
  /// The Deny rules that may mean peers of which nobody knows enough.
  [[nodiscard]] PortRows denying(MayBePod may_be);
  [[nodiscard]] PortRows rows(const std::vector<Picked>& picked);
  [[nodiscard]] Row row(const std::vector<Picked>& picked, kube::IpProtocol protocol);
  [[nodiscard]] bool is_l7(const Placed& placed) const { return rule(placed).kind == PolicyKind::kL7Policy; }
  [[nodiscard]] const Rule& rule(const Placed& placed) const { return rules_[placed.entry.rule]; }

  const std::vector<Rule>& rules_;
  CellPool& cells_;
  Budget& budget_;
  std::vector<Placed> placed_;
  std::unordered_map<TermId, std::vector<std::uint32_t>> by_peers_;    ///< rules that name the set
  std::unordered_map<TermId, std::vector<std::uint32_t>> by_applies_;  ///< L7 rules whose port is on the set's pods
};

}  // namespace gabion::config::policy
