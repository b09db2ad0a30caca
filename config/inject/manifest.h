// Whole manifests injected: every document of a text, every pod in a document.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/inject/pod_patch.h"
#include "config/result.h"

namespace gabion::config::inject {

/// What became of one pod or template.
struct PodReport {
  std::string object;  ///< "Deployment shop/orders"
  InjectOutcome outcome = InjectOutcome::kSkipped;
  std::vector<std::string> reasons;
  std::vector<std::string> notes;
};

struct InjectedManifest {
  std::string text;
  std::vector<PodReport> pods;  ///< in the order of the text
};

/// Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Pod, and List of them; other kinds come back byte for
/// byte. What an earlier call added is taken out first, so that a second call changes nothing. Refusals and notes stand
/// as comments above their document. Errors: no YAML, or objects that are none; where = "file:line".
[[nodiscard]] CheckedResult<InjectedManifest> inject_manifest(std::string_view text, std::string_view file,
                                                              const Settings& settings);

/// The text before injection, byte for byte. Errors: marks are missing, as after a round through the API server, which
/// keeps no comments.
[[nodiscard]] CheckedResult<std::string> uninject_manifest(std::string_view text, std::string_view file);

}  // namespace gabion::config::inject
