// From a pod to the patch that gives it the firewall: one function for `gabion inject` and for a webhook.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "config/inject/json_patch.h"
#include "config/inject/settings.h"

namespace gabion::config::inject {

enum class InjectOutcome : std::uint8_t {
  kInjected,
  kSkipped,  ///< it is injected already, or does not want to be
  kRefused,  ///< it must not run as it is where pods are expected to be protected
};

struct PodInjection {
  InjectOutcome outcome = InjectOutcome::kRefused;
  JsonPatch patch;                   ///< of kInjected
  std::vector<std::string> reasons;  ///< of the other two
  std::vector<std::string> notes;    ///< what the operator should know all the same
};

/// `pod` is a Pod or a template: `metadata` and `spec`. Pure. Applied, the patch makes a pod that this function skips.
/// What the pod has stays: lists are added to, of containers only probes change. Operations on what is there come
/// before those that move it.
[[nodiscard]] PodInjection inject_pod(const boost::json::value& pod, const Settings& defaults);

}  // namespace gabion::config::inject
