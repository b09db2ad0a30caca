// Which sets of peers an address is in by its ipBlocks: one sweep over all their bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "config/ip_address.h"
#include "config/kube/objects.h"
#include "config/policy/peer_terms.h"

namespace gabion::config::policy {

/// What may be spent on tables; see kMaxCells.
class Budget {
 public:
  explicit Budget(std::size_t units) : left_(units) {}
  /// False from the first time on that more is taken than there was.
  bool take(std::size_t units) noexcept {
    left_ = units > left_ ? 0 : left_ - units;
    spent_ = spent_ || left_ == 0;
    return !spent_;
  }
  [[nodiscard]] bool is_spent() const noexcept { return spent_; }

 private:
  std::size_t left_;
  bool spent_ = false;
};

/// Immutable once built.
class BlockTable {
 public:
  /// Addresses from `first` to the next interval's.
  struct Interval {
    IpAddress first;
    std::uint32_t terms = 0;  ///< index for terms_of
    bool in_pod_range = false;
  };

  /// Of all blocks in `terms` and all pod ranges of `nodes`. Unless every node tells its ranges, none is believed.
  BlockTable(const std::vector<PeerTerms::Term>& terms, const std::vector<kube::Node>& nodes, Budget& budget);

  /// Ascending.
  [[nodiscard]] const std::vector<TermId>& terms_at(const IpAddress& address) const;
  [[nodiscard]] const std::vector<TermId>& terms_of(const Interval& interval) const { return sets_[interval.terms]; }
  [[nodiscard]] const std::vector<Interval>& v4() const noexcept { return v4_; }
  [[nodiscard]] const std::vector<Interval>& v6() const noexcept { return v6_; }
  /// True if every node tells its pods' ranges: then an address outside them is certainly no pod.
  [[nodiscard]] bool pod_ranges_known() const noexcept { return ranges_known_; }

 private:
  struct Bound;
  class Sweep;

  [[nodiscard]] std::vector<Bound> bounds(const std::vector<PeerTerms::Term>& terms,
                                          const std::vector<kube::Node>& nodes, bool v4) const;
  [[nodiscard]] std::vector<Interval> sweep(std::vector<Bound> bounds, const IpAddress& lowest, Budget& budget);

  bool ranges_known_ = false;
  std::vector<std::vector<TermId>> sets_;
  std::map<std::vector<TermId>, std::uint32_t> set_ids_;
  std::vector<Interval> v4_;
  std::vector<Interval> v6_;
};

}  // namespace gabion::config::policy
