// Everything inspection compiled from one configuration: immutable, shared by all workers, swapped whole.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "config/proxy_config.h"
#include "config/result.h"
#include "config/services/service_index.h"
#include "inspect/detector.h"
#include "inspect/policy/decide.h"
#include "inspect/policy/node_policies.h"

namespace gabion::inspect {

namespace attack {
class SignatureSets;
}
namespace dlp {
class Profile;
}
namespace sql::taint {
class CandidateStore;
}

/// One profile's detectors, in the order they run.
struct CompiledProfile {
  config::InspectionProfile config;
  std::vector<std::unique_ptr<const Detector>> detectors;
  bool reads_answers = false;                      ///< some detector may read bodies of answers
  bool rules_answers = false;                      ///< … and refuse or change them
  BodyChange changes_answers = BodyChange::kNone;  ///< the most that one may do to them
};

/// Rule sets of `inspection.waf`, compiled apart from a snapshot for the next one to take up.
struct RuleSets;

class Snapshot;

/// What a new snapshot may take parts from, as far as they are what it would compile itself. One compilation at a time
/// may have the same `snapshot`.
struct EarlierParts {
  const Snapshot* snapshot = nullptr;
  const RuleSets* rules = nullptr;  ///< these before those of `snapshot`
};

/// What gRPC messages are read with.
struct MessageRules {
  std::shared_ptr<const config::GrpcSchema> schema;  ///< null: fields have numbers, not names
  std::uint32_t message_bytes = config::Limits{}.grpc_message_bytes;
  std::uint32_t ratio = config::Limits{}.decoded_ratio;
};

class Snapshot {
 public:
  /// Reads config.policy_directory, compiles rules for config.workload and the detectors of each profile. Of a gateway
  /// policy() denies everything, and node() has the rules of its pods: see with_policy().
  /// Takes as long as it takes: never on a worker. Errors name file and place. Without an earlier snapshot, or with
  /// a provisional one, it is quick: rule sets that are not cached are provisional.
  [[nodiscard]] static config::CheckedResult<std::shared_ptr<const Snapshot>> compile(const config::ProxyConfig& config,
                                                                                      std::uint64_t generation,
                                                                                      const EarlierParts& earlier = {});
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  [[nodiscard]] std::uint64_t generation() const noexcept;
  [[nodiscard]] const policy::Decider& policy() const noexcept;
  /// Of a gateway; null of a sidecar.
  [[nodiscard]] const std::shared_ptr<const policy::NodePolicies>& node() const noexcept;
  /// All of this with other rules, as long as this lives or not. `policy` is one of node()'s.
  [[nodiscard]] std::shared_ptr<const Snapshot> with_policy(std::shared_ptr<const policy::Decider> policy) const;
  /// Who answers for services, of the same reading of manifests.
  [[nodiscard]] const config::services::ServiceIndex& services() const noexcept;
  /// Index for profile(); REQUIRES: a profile of this configuration, "" = "default".
  [[nodiscard]] std::size_t profile_index(std::string_view name) const noexcept;
  [[nodiscard]] const CompiledProfile& profile(std::size_t index) const noexcept;
  [[nodiscard]] const MessageRules& message_rules() const noexcept;
  /// Of `inspection.dlp`; null where nothing asks for it.
  [[nodiscard]] std::shared_ptr<const dlp::Profile> dlp_profile(std::string_view name) const noexcept;
  /// Where values of requests are kept for the judgement of statements; null where no listener speaks SQL. Taken over
  /// by the next snapshot, as long as `inspection.sqlTaint` says the same.
  [[nodiscard]] const std::shared_ptr<sql::taint::CandidateStore>& taint() const noexcept;
  /// Why policies could not be read and so isolate what they select and allow nothing; `file:doc:path: what`, or the
  /// policy's name in front of the path.
  [[nodiscard]] std::span<const config::Error> policy_refusals() const noexcept;
  /// Remarks on policy files that change nothing (ignored kinds, fields that are not enforced, …).
  [[nodiscard]] std::span<const config::Error> policy_warnings() const noexcept;
  /// Remarks on the rules of `inspection.waf`, such as operators that need a database nobody has.
  [[nodiscard]] std::span<const config::Error> rule_warnings() const noexcept;
  /// Every file that the rules of `inspection.waf` were read from, with its stamp then (config/file_stamp.h).
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> rule_files() const;

  /// Some rule set lacks databases: its verdicts are the same, but take longer.
  [[nodiscard]] bool is_provisional() const noexcept;
  /// Compiles what a provisional snapshot lacks, for compile(): many seconds; may run beside compile(). Errors: files
  /// that cannot be read any more, or `stop` came first.
  [[nodiscard]] config::CheckedResult<std::shared_ptr<const RuleSets>> complete_rules(
      const std::stop_token& stop) const;

  /// Makes `scratch` (one per worker) large enough for every pattern database of this snapshot.
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const;

 private:
  struct Impl;
  explicit Snapshot(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gabion::inspect
