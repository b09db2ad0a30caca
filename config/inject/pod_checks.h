// What of a pod makes injection impossible or worth nothing, and what only deserves a note.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace gabion::config::inject {

struct PodFindings {
  std::vector<std::string> refusals;  ///< any: the pod is not injected
  std::vector<std::string> notes;
};

/// `spec` is a pod's. Who may become uid 1337 or change the rules of the pod's network is not held by them.
[[nodiscard]] PodFindings check_pod(const boost::json::value& spec);

}  // namespace gabion::config::inject
