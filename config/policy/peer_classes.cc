// Interning: equal sets of terms are one class and make their rows once.
#include "config/policy/peer_classes.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace gabion::config::policy {
namespace {

constexpr std::size_t kRangesWorthAnIndex = 64;
/// Of one upper half; an index of them takes as much as so many ranges.
constexpr std::size_t kCrowd = 32;

void append(std::string& key, const TermSet& terms) {
  key.append(reinterpret_cast<const char*>(terms.data()), terms.size() * sizeof(TermId));
  key.append(sizeof(TermId), '\xFF');
}

/// Block terms of an address as they hold for a pod: a named port must be declared by it.
TermSet blocks_for(const PeerTerms& terms, const TermSet& blocks, const kube::Pod& pod) {
  TermSet result;
  std::copy_if(blocks.begin(), blocks.end(), std::back_inserter(result), [&](TermId term) {
    const auto& port = terms.terms()[term].port;
    return !port || port->declared_by(pod);
  });
  return result;
}

void sort_once(TermSet& terms) {
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
}

std::uint32_t v4_number(const IpAddress& address) noexcept {
  const auto& bytes = address.bytes();
  return (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) | (std::uint32_t{bytes[2]} << 8U) |
         bytes[3];
}

/// Of the ranges from `first` on that begin in the half above its lowest address.
RangeTable::Crowd crowd_of(const std::vector<RangeTable::RangeV4>& ranges, std::size_t first, std::size_t end) {
  RangeTable::Crowd crowd{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end - first), {}};
  std::size_t at = first;
  for (std::uint32_t third = 0; third < crowd.third_byte.size(); ++third) {
    while (at < end && (ranges[at].first & 0xFFFFU) <= third << 8U) {
      ++at;
    }
    crowd.third_byte[third] = static_cast<std::uint16_t>(at - first);
  }
  return crowd;
}

/// REQUIRES: the ranges are there.
void add_index(RangeTable& table) {
  const auto& ranges = table.v4;
  if (ranges.size() < kRangesWorthAnIndex) {
    return;
  }
  table.upper_half.resize(1U << 16U);
  std::size_t at = 0;
  for (std::uint32_t half = 0; half < table.upper_half.size(); ++half) {
    while (at < ranges.size() && ranges[at].first <= half << 16U) {
      ++at;
    }
    std::size_t end = at;
    while (end < ranges.size() && ranges[end].first >> 16U == half) {
      ++end;
    }
    if (end - at < kCrowd) {
      table.upper_half[half] = static_cast<std::uint32_t>(at);
    } else {
      table.upper_half[half] = RangeTable::kCrowd | static_cast<std::uint32_t>(table.crowds.size());
      table.crowds.push_back(crowd_of(ranges, at, end));
    }
  }
}

}  // namespace

TermSet united(const TermSet& a, const TermSet& b) {
  TermSet result;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

TermSet common(const TermSet& a, const TermSet& b) {
  TermSet result;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

ClassRef PeerClasses::of_terms(TermSet allow, TermSet deny, MayBePod may_be) {
  std::string key(1, static_cast<char>(may_be));
  append(key, allow);
  append(key, deny);
  auto& known = classes_[key];
  if (!known) {
    PeerClass made;
    for (const Way way : {Way::kIngress, Way::kEgress}) {
      made.rows[static_cast<std::size_t>(way)] = ways_[static_cast<std::size_t>(way)]->rows_of(allow, deny);
    }
    made.allow = std::move(allow);
    made.deny = std::move(deny);
    made.may_be = may_be;
    known = std::make_shared<const PeerClass>(std::move(made));
  }
  return known;
}

ClassRef PeerClasses::of_pods(const std::vector<const kube::Pod*>& pods, Proof proof, const IpAddress* address) {
  TermSet allow;
  TermSet deny;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    PodTerms answers = terms_.answer(*pods[i]);
    const bool certified = proof != Proof::kAddress;
    TermSet yes = certified ? std::move(answers.verified_yes) : std::move(answers.yes);
    if (address != nullptr) {
      yes = united(yes, blocks_for(terms_, blocks_.terms_at(*address), *pods[i]));
    }
    deny = united(deny, united(yes, certified ? answers.verified_maybe : answers.maybe));
    allow = i == 0 ? std::move(yes) : common(allow, yes);
  }
  return of_terms(std::move(allow), std::move(deny), MayBePod::kKnown);
}

ClassRef PeerClasses::of_address(const std::vector<TermId>& block_terms, MayBePod may_be) {
  TermSet without_ports;
  std::copy_if(block_terms.begin(), block_terms.end(), std::back_inserter(without_ports),
               [this](TermId term) { return !terms_.terms()[term].port; });
  return of_terms(without_ports, without_ports, may_be);
}

std::shared_ptr<const RangeTable> make_ranges(PeerClasses& classes) {
  auto table = std::make_shared<RangeTable>();
  const BlockTable& blocks = classes.blocks();
  const auto class_of = [&](const BlockTable::Interval& interval) {
    const MayBePod outside = blocks.pod_ranges_known() ? MayBePod::kOutside : MayBePod::kNobody;
    return classes.of_address(blocks.terms_of(interval), interval.in_pod_range ? MayBePod::kPodRange : outside);
  };
  const PeerClass* last = nullptr;
  std::unordered_set<const PeerClass*> kept;
  for (const auto& interval : blocks.v4()) {
    ClassRef found = class_of(interval);
    if (found.get() != last) {
      last = found.get();
      table->v4.push_back({v4_number(interval.first), last});
      if (kept.insert(last).second) {
        table->classes_v4.push_back(std::move(found));
      }
    }
  }
  for (const auto& interval : blocks.v6()) {
    ClassRef found = class_of(interval);
    if (table->classes_v6.empty() || table->classes_v6.back() != found) {
      table->first_v6.push_back(interval.first);
      table->classes_v6.push_back(std::move(found));
    }
  }
  add_index(*table);
  return table;
}

std::vector<StrangerEntry> make_strangers(PeerClasses& classes, const std::vector<Rule>& rules) {
  struct Meant {
    TermSet surely;
    TermSet perhaps;  ///< ANDed with a selector
  };
  using Name = std::tuple<bool, std::string, std::string, std::string>;  // "*" sorts after all names
  std::map<Name, Meant> named;
  for (const Rule& rule : rules) {
    for (const auto& wanted : rule.accounts) {
      Meant& meant = named[{wanted.name == "*", wanted.trust_domain, wanted.name_space, wanted.name}];
      (wanted.also_selects ? meant.perhaps : meant.surely).push_back(rule.peers);
    }
  }
  named.try_emplace(Name{true, "", "", "*"});
  for (auto& [name, meant] : named) {
    sort_once(meant.surely);
    sort_once(meant.perhaps);
  }
  std::vector<StrangerEntry> result;
  for (const auto& [name, meant] : named) {
    const auto& [any, trust_domain, name_space, account] = name;
    const auto all = named.find(Name{true, trust_domain, name_space, "*"});
    const Meant& also = all == named.end() ? meant : all->second;
    TermSet allow = united(meant.surely, also.surely);
    TermSet deny = united(allow, united(meant.perhaps, also.perhaps));
    result.push_back(StrangerEntry{trust_domain, name_space, account,
                                   classes.of_terms(std::move(allow), std::move(deny), MayBePod::kStranger)});
  }
  return result;
}

}  // namespace gabion::config::policy
