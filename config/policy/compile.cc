// The whole way from objects to one workload's rules, once.
#include "config/policy/compile.h"

#include <algorithm>

#include "config/policy/compilation.h"

namespace gabion::config::policy {

CheckedResult<RuleSet> compile(const kube::Objects& objects, const Workload& workload) {
  const auto pod = std::find_if(objects.pods.begin(), objects.pods.end(),
                                [&workload](const kube::Pod& candidate) { return candidate.name == workload.pod; });
  if (pod == objects.pods.end()) {
    return Errors{Error{"no Pod " + workload.pod.to_string() + " among the manifests", "workload"}};
  }
  Compilation compilation(objects, *pod, workload);
  for (const auto& each : objects.pods) {
    compilation.add(each);
  }
  return compilation.run();
}

}  // namespace gabion::config::policy
