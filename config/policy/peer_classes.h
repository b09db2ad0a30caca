// Peers that no rule tells apart are one class, with the rows of the rules that mean it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/policy/block_table.h"
#include "config/policy/peer_terms.h"
#include "config/policy/placed_rules.h"
#include "config/policy/rule_set.h"

namespace gabion::config::policy {

/// Sorted sets of terms.
using TermSet = std::vector<TermId>;
[[nodiscard]] TermSet united(const TermSet& a, const TermSet& b);
[[nodiscard]] TermSet common(const TermSet& a, const TermSet& b);

/// What a certificate without an address of a pod, or an address with one, makes of a pod.
enum class Proof : std::uint8_t { kAddress, kAddressAndCertificate, kCertificate };

/// Makes and keeps classes. Borrows everything; used by one thread.
class PeerClasses {
 public:
  PeerClasses(const PeerTerms& terms, const BlockTable& blocks, PlacedRules& ingress, PlacedRules& egress)
      : terms_(terms), blocks_(blocks), ways_{&ingress, &egress} {}

  /// Of `pods`, all of them candidates for one peer at `address` (null: not a pod's). An Allow must match every
  /// candidate, a Deny any of them (policy §2.2).
  [[nodiscard]] ClassRef of_pods(const std::vector<const kube::Pod*>& pods, Proof proof, const IpAddress* address);
  /// Of an address that is no pod's.
  [[nodiscard]] ClassRef of_address(const std::vector<TermId>& block_terms, MayBePod may_be);
  /// Of peers that are certainly in `allow` and not certainly out of `deny`.
  [[nodiscard]] ClassRef of_terms(TermSet allow, TermSet deny, MayBePod may_be);

  [[nodiscard]] const BlockTable& blocks() const noexcept { return blocks_; }
  [[nodiscard]] std::size_t size() const noexcept { return classes_.size(); }
  [[nodiscard]] const PeerTerms& terms() const noexcept { return terms_; }

 private:
  const PeerTerms& terms_;
  const BlockTable& blocks_;
  std::array<PlacedRules*, 2> ways_;
  std::unordered_map<std::string, ClassRef> classes_;
};

/// All ranges that no pod and no node has to itself.
[[nodiscard]] std::shared_ptr<const RangeTable> make_ranges(PeerClasses& classes);

/// A class for each account that rules name, and one for all others. `rules` are those of the terms.
[[nodiscard]] std::vector<StrangerEntry> make_strangers(PeerClasses& classes, const std::vector<Rule>& rules);

}  // namespace gabion::config::policy
