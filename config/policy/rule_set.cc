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

const ClassRef& RangeTable::find(const IpAddress& address) const noexcept {
  if (!address.is_v4()) {
    const auto after = std::upper_bound(first_v6.begin(), first_v6.end(), address);
    return classes_v6[static_cast<std::size_t>(after - first_v6.begin()) - 1];
  }
  const std::uint32_t number = v4_number(address);
  auto low = first_v4.begin();
  auto high = first_v4.end();
  if (!upper_half.empty()) {
    const std::size_t half = number >> 16U;
    low += upper_half[half];
    high = half + 1 < upper_half.size() ? first_v4.begin() + upper_half[half + 1] : high;
  }
  const auto after = std::upper_bound(low, high, number);
  return classes_v4[static_cast<std::size_t>(after - first_v4.begin()) - 1];
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
