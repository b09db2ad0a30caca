// Where a workload's rules come from: its policy directory, read again at each change, compiled as far as needed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/policy/compile.h"
#include "config/policy/live_rules.h"
#include "config/policy/manifest_folder.h"
#include "config/result.h"
#include "config/services/service_index.h"
#include "inspect/policy/close_bad_regexes.h"
#include "inspect/policy/decide.h"

namespace gabion::inspect::policy {

/// Used by one thread at a time, never by a worker. Keeps the inventory it read (about a kilobyte a pod).
class PolicySource {
 public:
  /// `directory` empty: the cluster consists of the workload alone, and nothing isolates it.
  /// `names`: what `inspect` of an L7Policy may name.
  PolicySource(std::filesystem::path directory, config::policy::Workload workload, InspectNames names = {});

  /// Whether it reads this directory for this workload.
  [[nodiscard]] bool is_for(const std::filesystem::path& directory, const config::policy::Workload& workload,
                            const InspectNames& names) const noexcept;

  /// What the directory says now. A change of pods alone costs what those pods touch. Errors: as load_manifests() and
  /// compile(); refresh() then starts over at the next call.
  [[nodiscard]] config::CheckedResult<std::shared_ptr<const Decider>> refresh();

  /// Of the last refresh() that gave rules; never null then.
  [[nodiscard]] const std::shared_ptr<const config::services::ServiceIndex>& services() const noexcept {
    return services_;
  }
  /// Of the last refresh() that gave rules. Why policies could not be read, and what is worth a look.
  [[nodiscard]] const config::Errors& refusals() const noexcept { return refusals_; }
  [[nodiscard]] const config::Errors& warnings() const noexcept { return warnings_; }

 private:
  enum class Outcome : std::uint8_t { kSame, kNew };
  [[nodiscard]] config::CheckedResult<void> start_over(config::kube::Objects objects);
  [[nodiscard]] config::CheckedResult<void> follow(config::policy::PodChanges changes);
  [[nodiscard]] config::CheckedResult<Outcome> read();
  void start_over_next() noexcept;
  [[nodiscard]] config::CheckedResult<void> index_services();

  config::policy::ManifestFolder folder_;
  config::policy::Workload workload_;
  InspectNames names_;
  std::unique_ptr<config::policy::LiveRules> rules_;
  std::shared_ptr<const Decider> decider_;                          ///< of rules_, null: to be built
  std::shared_ptr<const config::services::ServiceIndex> services_;  ///< of rules_, null: to be built
  config::Errors refusals_;
  config::Errors warnings_;
};

}  // namespace gabion::inspect::policy
