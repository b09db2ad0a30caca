// The nat rules that lead a pod's TCP to its sidecar, as text: what to ask for, what is there, and whether they agree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.h"

namespace gabion::proxy::interception {

enum class Family : std::uint8_t { kV4, kV6 };

inline constexpr std::string_view kInboundChain = "GABION_IN";
inline constexpr std::string_view kOutboundChain = "GABION_OUT";

/// What is led where. Ports are TCP's; an empty include list means everything.
struct RedirectSettings {
  std::uint32_t uid = 1337;             ///< the sidecar's: what it sends is left alone
  std::uint32_t gid = 1337;             ///< likewise
  std::uint16_t inbound_port = 15006;   ///< where the sidecar takes what comes in
  std::uint16_t outbound_port = 15001;  ///< where it takes what goes out
  std::uint16_t agent_port = 15020;     ///< not led anywhere; 0 = none
  std::vector<std::uint16_t> include_inbound_ports;
  std::vector<std::uint16_t> exclude_inbound_ports;
  std::vector<std::uint16_t> include_outbound_ports;  ///< beside include_outbound_cidrs, whatever the address
  std::vector<std::uint16_t> exclude_outbound_ports;
  std::vector<config::Cidr> include_outbound_cidrs;
  std::vector<config::Cidr> exclude_outbound_cidrs;
  std::vector<std::uint32_t> exclude_uids;  ///< what these send is left alone
};

/// What contradicts itself; empty: nothing. Sentences name the option.
[[nodiscard]] std::vector<std::string> contradictions(const RedirectSettings& settings);

/// The rules in order, "-A CHAIN …", as iptables-restore takes them: two jumps, then our chains (policy.md §7.1).
[[nodiscard]] std::vector<std::string> redirect_rules(const RedirectSettings& settings, Family family);

/// Of what iptables-save printed: the rules of our chains, and those of others that jump to them. In its order.
[[nodiscard]] std::vector<std::string> own_rules(std::string_view saved);

/// Whether one of our chains is in what iptables-save printed.
[[nodiscard]] bool has_own_chains(std::string_view saved);

/// Whether iptables-save means the same rules, in the same order within each chain: it reorders the options of a rule
/// and adds "-m tcp".
[[nodiscard]] bool same_rules(const std::vector<std::string>& wanted, const std::vector<std::string>& found);

/// Input of iptables-restore --noflush that puts `wanted` in place of `found`, in one step.
[[nodiscard]] std::string install_text(const std::vector<std::string>& wanted, const std::vector<std::string>& found);

/// Likewise: takes `found` and our chains away. REQUIRES: has_own_chains of what `found` is of.
[[nodiscard]] std::string remove_text(const std::vector<std::string>& found);

/// The loopback address the sidecar calls its own application from, and only there.
[[nodiscard]] std::string_view application_source(Family family) noexcept;

}  // namespace gabion::proxy::interception
