// What an injected pod shall look like: the operator's defaults, changed by the pod's annotations.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace gabion::config::inject {

inline constexpr std::string_view kInject = "gabion.dev/inject";
inline constexpr std::string_view kStatus = "gabion.dev/status";
inline constexpr std::string_view kProxyName = "gabion";
inline constexpr std::string_view kInitName = "gabion-init";
inline constexpr int kUid = 1337;  ///< uid and gid of the proxy: what its traffic is told by
inline constexpr int kAgentPort = 15020;

enum class SidecarForm : std::uint8_t {
  kNative,   ///< an init container with restartPolicy: Always; Kubernetes 1.29 and later
  kClassic,  ///< a container; init containers run before it, their traffic is not seen
};

/// How what comes in to a pod is led to its proxy (docs/interception.md).
enum class Interception : std::uint8_t {
  kRedirect,  ///< the application sees 127.0.0.6 or ::6 as its caller
  kTproxy,    ///< it sees its caller; the proxy runs as root with CAP_NET_ADMIN alone
};

struct Settings {
  SidecarForm form = SidecarForm::kNative;
  Interception interception = Interception::kRedirect;
  std::string image = "ghcr.io/gabion/gabion:0.1.0";
  std::string init_image = "ghcr.io/gabion/gabion-init:0.1.0";
  std::string cpu_request = "50m";
  std::string cpu_limit;  ///< empty: none, a throttled proxy delays every request
  std::string memory_request = "64Mi";
  std::string memory_limit = "512Mi";
  std::string exclude_inbound_ports;   ///< "9090,9091"; empty: none
  std::string exclude_outbound_ports;  ///< likewise
  std::string exclude_outbound_cidrs;  ///< "10.0.0.0/8,fd00::/8"
  std::string config_map = "gabion-config";
  std::string policy_map = "gabion-policy";
  std::string certificate_secret;  ///< empty: gabion-tls-<service account>
  bool rewrite_probes = true;
};

/// What gabion.dev/inject says of a pod.
enum class InjectWish : std::uint8_t { kYes, kNo };

struct PodSettings {
  Settings settings;
  InjectWish wish = InjectWish::kYes;
};

/// `metadata` is the pod's (or template's), nullptr when it has none. Every gabion.dev/ annotation must be known and
/// good: errors name the annotation.
[[nodiscard]] CheckedResult<PodSettings> read_annotations(const boost::json::value* metadata, Settings defaults);

/// For the command line: the values that annotations may have as well.
[[nodiscard]] Result<void> check_image(std::string_view text);

}  // namespace gabion::config::inject
