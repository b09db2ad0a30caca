// The look-ups of a rule set that are more than one line.
#include "config/policy/rule_set.h"

namespace gabion::config::policy {
namespace {

std::uint32_t v4_number(const IpAddress& address) noexcept {
  const auto& bytes = address.bytes();
  return (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) | (std::uint32_t{bytes[2]} << 8U) |
         bytes[3];
}

}  // namespace

std::uint32_t RangeTable::before(std::size_t half) const noexcept {
  const std::uint32_t said = upper_half[half];
  return (said & kCrowd) != 0 ? crowds[said & ~kCrowd].before : said;
}

/// The range before them, and those that may begin at or below `address`.
std::span<const RangeTable::RangeV4> RangeTable::candidates(std::uint32_t address) const noexcept {
  if (upper_half.empty()) {
    return v4;
  }
  const std::size_t half = address >> 16U;
  std::size_t low = 0;
  std::size_t high = 0;
  if ((upper_half[half] & kCrowd) != 0) {
    const Crowd& crowd = crowds[upper_half[half] & ~kCrowd];
    const std::size_t third = (address >> 8U) & 0xFFU;
    low = crowd.before + crowd.third_byte[third];
    high = crowd.before + (third < 255 ? crowd.third_byte[third + 1] : crowd.count);
  } else {
    low = upper_half[half];
    high = half + 1 < upper_half.size() ? before(half + 1) : v4.size();
  }
  return std::span(v4).subspan(low - 1, high - low + 1);
}

const PeerClass* RangeTable::find(const IpAddress& address) const noexcept {
  if (!address.is_v4()) {
    const auto after = std::upper_bound(first_v6.begin(), first_v6.end(), address);
    return classes_v6[static_cast<std::size_t>(after - first_v6.begin()) - 1].get();
  }
  const std::uint32_t number = v4_number(address);
  const auto ranges = candidates(number);
  const auto after = std::upper_bound(ranges.begin() + 1, ranges.end(), number,
                                      [](std::uint32_t wanted, const RangeV4& next) { return wanted < next.first; });
  return std::prev(after)->peer_class;
}

bool may_mean_stranger(const Rule& rule, MayBePod may_be) noexcept {
  switch (may_be) {
    case MayBePod::kKnown:
      return false;
    case MayBePod::kOutside:
      return std::any_of(rule.accounts.begin(), rule.accounts.end(),
                         [](const AccountCondition& wanted) { return !wanted.also_selects; });
    case MayBePod::kNobody:
    case MayBePod::kPodRange:
      return rule.has_pod_items || !rule.accounts.empty();
    case MayBePod::kStranger:
      return rule.has_pod_items;
  }
  return false;
}

}  // namespace gabion::config::policy
