// Kubelet probes sent to the agent's port instead: the kubelet has no certificate (mesh.md §7).
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "config/inject/json_patch.h"

namespace gabion::config::inject {

/// What becomes of the probes of a pod.
struct ProbeRewrites {
  JsonPatch operations;             ///< one a probe; pointers are the pod's
  boost::json::object declared;     ///< path on the agent's port -> the probe as it was; what the agent serves
  std::vector<std::string> notes;   ///< what stays as it is and may fail
  std::vector<std::string> errors;  ///< probes that are none
};

/// HTTP, TCP and gRPC probes of all containers and of init containers that stay; exec probes need none of this.
[[nodiscard]] ProbeRewrites rewrite_probes(const boost::json::value& spec);

}  // namespace gabion::config::inject
