// One rule of a CiliumNetworkPolicy: peers, ports, HTTP patterns (policy §5.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/import.h"
#include "config/policy/import_frame.h"

namespace gabion::config::policy::cilium {

enum class Way : std::uint8_t { kIngress, kEgress };
enum class Purpose : std::uint8_t { kAllow, kDeny };

/// What reading needs besides the value.
struct Reading {
  const std::string& name_space;
  const ImportOptions& options;
  ImportLog& log;
};

/// One item of toPorts.
struct PortRule {
  std::vector<kube::PortSpec> ports;                 ///< of any protocol; never empty in what could be read
  std::optional<std::vector<kube::HttpMatch>> http;  ///< nothing: layer 4 only; empty: every HTTP request
};

struct Rule {
  std::optional<std::vector<kube::PeerSpec>> peers;  ///< nothing: anybody
  bool nobody = false;                               ///< an empty list of peers, or the rule {}
  std::vector<PortRule> ports;                       ///< none: every port
};

/// The selector of the policy itself: pods of its namespace.
[[nodiscard]] kube::LabelSelector read_own_selector(const YamlValue& value, const std::string& path,
                                                    const Reading& reading);

[[nodiscard]] Rule read_rule(const YamlValue& value, const std::string& path, Way way, Purpose purpose,
                             const Reading& reading);

/// Reads the members that say who; E_PEER for those that are not imported.
void read_peers(kube::Fields& fields, Way way, Purpose purpose, const Reading& reading, Rule& rule);

/// One item of rules.http.
[[nodiscard]] kube::HttpMatch read_http(const YamlValue& value, const std::string& path, const Reading& reading);

/// Whether somebody may be both. `name_space` is the policies' own.
[[nodiscard]] bool may_overlap(const std::optional<std::vector<kube::PeerSpec>>& a,
                               const std::optional<std::vector<kube::PeerSpec>>& b, const std::string& name_space);

}  // namespace gabion::config::policy::cilium
