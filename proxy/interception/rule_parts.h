// Parts that the rules of every layout are made of.
#pragma once

#include <string>
#include <string_view>

#include "proxy/interception/net_settings.h"
#include "proxy/interception/rule_text.h"

namespace gabion::proxy::interception {

struct FamilyWords {
  std::string_view source;     ///< of calls to the application, by REDIRECT
  std::string_view localhost;  ///< left alone: containers of a pod among themselves
  std::string_view anywhere;   ///< an address that is none
  std::string_view icmp;
};

[[nodiscard]] FamilyWords words_of(Family family) noexcept;

/// The loopback address the sidecar calls its own application from by REDIRECT, and only there.
[[nodiscard]] std::string_view application_source(Family family) noexcept;

/// "--uid-owner 1337", by whom a sidecar's own traffic is told over loopback. By TPROXY it is its group: it has a
/// capability, and Kubernetes gives none to a container that does not run as root.
[[nodiscard]] std::string owner_of(const NetSettings& settings);

[[nodiscard]] bool is_of(const config::Cidr& cidr, Family family) noexcept;

/// "-d 10.0.0.0/8 "; nothing for a network that is everything, as iptables-save has it.
[[nodiscard]] std::string to_network(const config::Cidr& cidr);

/// "-s 10.0.0.0/8 ", likewise.
[[nodiscard]] std::string from_network(const config::Cidr& cidr);

/// To GABION_IN: what is not led there, then what is: `match` ("" or "-d 10.0.0.0/8 ") of TCP by `target`
/// ("REDIRECT --to-ports 15006").
void add_inbound_exceptions(const NetSettings& settings, Rules& rules);
void add_inbound_ports(const NetSettings& settings, std::string_view match, std::string_view target, Rules& rules);

/// To GABION_OUT: the exclude lists of networks and ports, then what they leave of the include lists by `target`.
void add_outbound_ports(const NetSettings& settings, Family family, std::string_view target, Rules& rules);

}  // namespace gabion::proxy::interception
