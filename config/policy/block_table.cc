// Blocks open and close at their bounds; between two bounds nothing changes.
#include "config/policy/block_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace gabion::config::policy {
namespace {

/// The address after the last one of `cidr`; nothing if that is the end of the family.
std::optional<IpAddress> after(const Cidr& cidr) {
  std::array<std::uint8_t, 16> bytes = cidr.network.bytes();
  if (cidr.prefix_bits == 0) {
    return std::nullopt;
  }
  std::size_t at = (cidr.prefix_bits - 1U) / 8U;
  unsigned carry = 0x80U >> ((cidr.prefix_bits - 1U) % 8U);
  while (true) {
    carry += bytes[at];
    bytes[at] = static_cast<std::uint8_t>(carry & 0xFFU);
    carry >>= 8U;
    if (carry == 0) {
      break;
    }
    if (at == 0) {
      return std::nullopt;
    }
    --at;
  }
  if (!cidr.network.is_v4()) {
    // ::ffff:0:0/96 are IPv4 addresses (R17): what follows ::fffe:0:0/96 among IPv6 addresses is ::1:0:0:0.
    const IpAddress next = IpAddress::v6(bytes);
    return next.is_v4() ? IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) : next;
  }
  return IpAddress::v4((std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
                       (std::uint32_t{bytes[2]} << 8U) | bytes[3]);
}

constexpr TermId kPodRange = kAnyPeer;  // stands for the pod ranges among terms

}  // namespace

/// Where a net begins (+1) or has ended (-1).
struct BlockTable::Bound {
  IpAddress at;
  TermId term = 0;
  std::uint32_t block = 0;  ///< one ipBlock: its cidr and its holes
  bool hole = false;
  int change = 0;
};

/// What is open while the sweep goes on.
class BlockTable::Sweep {
 public:
  void apply(const Bound& bound) {
    if (bound.term == kPodRange) {
      pod_ranges_ += bound.change;
      return;
    }
    Open& block = blocks_[bound.block];
    const bool before = block.cidr > 0 && block.holes == 0;
    (bound.hole ? block.holes : block.cidr) += bound.change;
    const bool now = block.cidr > 0 && block.holes == 0;
    if (before != now) {
      count(bound.term, now ? 1 : -1);
    }
  }

  [[nodiscard]] std::vector<TermId> terms() const { return {terms_.begin(), terms_.end()}; }
  [[nodiscard]] bool in_pod_range() const noexcept { return pod_ranges_ > 0; }

 private:
  struct Open {
    int cidr = 0;
    int holes = 0;
  };

  void count(TermId term, int change) {
    int& open = open_[term];
    open += change;
    if (open == 0) {
      open_.erase(term);
      terms_.erase(term);
    } else if (open == 1 && change == 1) {
      terms_.insert(term);
    }
  }

  std::unordered_map<std::uint32_t, Open> blocks_;
  std::unordered_map<TermId, int> open_;  ///< blocks of a term that hold the address
  std::set<TermId> terms_;
  int pod_ranges_ = 0;
};

BlockTable::BlockTable(const std::vector<PeerTerms::Term>& terms, const std::vector<kube::Node>& nodes, Budget& budget)
    : ranges_known_(!nodes.empty() && std::all_of(nodes.begin(), nodes.end(),
                                                  [](const kube::Node& node) { return !node.pod_cidrs.empty(); })) {
  sets_.emplace_back();
  set_ids_.emplace(sets_.front(), 0);
  v4_ = sweep(bounds(terms, nodes, true), IpAddress::v4(0), budget);
  v6_ = sweep(bounds(terms, nodes, false), IpAddress::v6({}), budget);
  set_ids_.clear();
}

std::vector<BlockTable::Bound> BlockTable::bounds(const std::vector<PeerTerms::Term>& terms,
                                                  const std::vector<kube::Node>& nodes, bool v4) const {
  std::vector<Bound> result;
  std::uint32_t block = 0;
  const auto add = [&result, &block, v4](TermId term, const Cidr& cidr, bool hole) {
    if (cidr.network.is_v4() != v4) {
      return;
    }
    result.push_back(Bound{cidr.network, term, block, hole, 1});
    if (const auto next = after(cidr)) {
      result.push_back(Bound{*next, term, block, hole, -1});
    }
  };
  for (TermId term = 0; term < terms.size(); ++term) {
    for (std::size_t i = 0; terms[term].peers != nullptr && i < terms[term].peers->size(); ++i, ++block) {
      const auto& peer = (*terms[term].peers)[i];
      if (!peer.ip_block) {
        continue;
      }
      add(term, peer.ip_block->cidr, false);
      for (const auto& hole : peer.ip_block->except) {
        add(term, hole, true);
      }
    }
  }
  for (const auto& node : nodes) {
    for (const auto& range : node.pod_cidrs) {
      add(kPodRange, range, false);
    }
  }
  std::sort(result.begin(), result.end(), [](const Bound& a, const Bound& b) { return a.at < b.at; });
  return result;
}

std::vector<BlockTable::Interval> BlockTable::sweep(std::vector<Bound> bounds, const IpAddress& lowest,
                                                    Budget& budget) {
  Sweep open;
  std::vector<Interval> result;
  std::size_t next = 0;
  IpAddress at = lowest;
  while (true) {
    while (next < bounds.size() && bounds[next].at == at) {
      open.apply(bounds[next++]);
    }
    auto terms = open.terms();
    if (!budget.take(1 + terms.size())) {
      return {Interval{lowest, 0, false}};
    }
    const auto [set, fresh] = set_ids_.emplace(terms, static_cast<std::uint32_t>(sets_.size()));
    if (fresh) {
      sets_.push_back(std::move(terms));
    }
    result.push_back(Interval{at, set->second, open.in_pod_range()});
    if (next == bounds.size()) {
      return result;
    }
    at = bounds[next].at;
  }
}

const std::vector<TermId>& BlockTable::terms_at(const IpAddress& address) const {
  const auto& intervals = address.is_v4() ? v4_ : v6_;
  const auto found = std::upper_bound(intervals.begin(), intervals.end(), address,
                                      [](const IpAddress& a, const Interval& b) { return a < b.first; });
  return sets_[std::prev(found)->terms];
}

}  // namespace gabion::config::policy
