// Rules as iptables-save prints them and iptables-restore takes them: which are ours, and whether they are the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gabion::proxy::interception {

using Rules = std::vector<std::string>;

/// Our chains, by these names in every table.
inline constexpr std::string_view kInboundChain = "GABION_IN";
inline constexpr std::string_view kOutboundChain = "GABION_OUT";
inline constexpr std::string_view kDivertChain = "GABION_DIVERT";
inline constexpr std::string_view kForwardChain = "GABION_FORWARD";
inline constexpr std::string_view kPostChain = "GABION_POST";
inline constexpr std::string_view kLeaveChain = "GABION_LEAVE";
inline constexpr std::string_view kLetChain = "GABION_LET";

/// Of what iptables-save printed of one table: the rules of our chains, and those of others that jump to them. In its
/// order.
[[nodiscard]] Rules own_rules(std::string_view saved);

/// Whether one of our chains is in what iptables-save printed.
[[nodiscard]] bool has_own_chains(std::string_view saved);

/// Whether iptables-save means the same rules, in the same order within each chain: it reorders the options of a rule
/// and adds "-m tcp".
[[nodiscard]] bool same_rules(const Rules& wanted, const Rules& found);

/// Input of iptables-restore --noflush that puts `wanted` in place of whatever is ours in `saved`, in one step. Nothing
/// wanted: nothing of ours is left, chains neither.
[[nodiscard]] std::string change_text(std::string_view table, const Rules& wanted, std::string_view saved);

}  // namespace gabion::proxy::interception
