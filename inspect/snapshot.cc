// Compiles a configuration into what inspection needs, or into everything that is wrong with it.
#include "inspect/snapshot.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "inspect/detectors.h"
#include "inspect/policy/policy_source.h"

namespace gabion::inspect {

struct Snapshot::Impl {
  std::uint64_t generation = 0;
  std::shared_ptr<policy::PolicySource> source;  // shared with the snapshots before; touched by compile() only
  std::shared_ptr<const policy::Decider> policy;
  std::vector<CompiledProfile> profiles;
  waf::RuleProfiles rules;
  std::shared_ptr<const attack::SignatureSets> signatures;  // compiled in, the same in every snapshot
  config::Errors refusals;
  config::Errors warnings;
  config::Errors rule_warnings;
};

namespace {

config::policy::Workload workload_of(const config::ProxyConfig& config) {
  config::policy::Workload workload;
  workload.pod = {config.workload.name_space, config.workload.pod};
  workload.trust_domain = config.identity ? config.identity->trust_domain : std::string();
  return workload;
}

std::vector<std::string> rule_set_names(const config::ProxyConfig& config) {
  std::vector<std::string> names;
  for (const auto& rules : config.waf) {
    names.push_back(rules.name);
  }
  return names;
}

/// Profiles as configured; what no listener names looks for nothing, so that it costs nothing.
std::vector<config::InspectionProfile> used_profiles(const config::ProxyConfig& config) {
  std::set<std::string, std::less<>> named;
  for (const auto& inbound : config.inbound) {
    named.insert(inbound.inspect.empty() ? "default" : inbound.inspect);
  }
  for (const auto& outbound : config.outbound) {
    named.insert(outbound.inspect.empty() ? "default" : outbound.inspect);
  }
  auto profiles = config.profiles;
  for (auto& profile : profiles) {
    if (!named.contains(profile.name)) {
      profile.attacks = profile.payment_cards = config::FindingAction::kOff;
      profile.waf.reset();
    }
  }
  return profiles;
}

}  // namespace

Snapshot::Snapshot(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Snapshot::~Snapshot() = default;

config::CheckedResult<std::shared_ptr<const Snapshot>> Snapshot::compile(const config::ProxyConfig& config,
                                                                         std::uint64_t generation,
                                                                         const Snapshot* previous) {
  auto impl = std::make_unique<Impl>();
  impl->generation = generation;
  const auto workload = workload_of(config);
  if (previous != nullptr &&
      previous->impl_->source->is_for(config.policy_directory, workload, rule_set_names(config))) {
    impl->source = previous->impl_->source;
  } else {
    impl->source = std::make_shared<policy::PolicySource>(config.policy_directory, workload, rule_set_names(config));
  }
  auto policy = impl->source->refresh();
  if (!policy) {
    return policy.error();
  }
  impl->policy = std::move(*policy);
  impl->refusals = impl->source->refusals();
  impl->warnings = impl->source->warnings();
  const auto& warnings = impl->policy->rules().warnings;
  impl->warnings.insert(impl->warnings.end(), warnings.begin(), warnings.end());
  if (previous != nullptr) {
    impl->signatures = previous->impl_->signatures;
  }
  auto rules = waf::compile_rule_profiles(config.waf, config.waf_cache,
                                          previous == nullptr ? waf::RuleProfiles{} : previous->impl_->rules);
  if (!rules) {
    return rules.error();
  }
  impl->rules = std::move(*rules);
  for (const auto& profile : impl->rules) {
    for (const auto& warning : profile->plan->warnings) {
      impl->rule_warnings.emplace_back(warning, "inspection.waf." + profile->config.name);
    }
  }
  const auto demands = impl->policy->demands_waf() ? WafDemands::kSome : WafDemands::kNone;
  auto profiles = compile_profiles(used_profiles(config), impl->signatures, impl->rules, demands);
  if (!profiles) {
    return config::Errors{profiles.error()};
  }
  impl->profiles = std::move(*profiles);
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(impl)));
}

std::uint64_t Snapshot::generation() const noexcept {
  return impl_->generation;
}

const policy::Decider& Snapshot::policy() const noexcept {
  return *impl_->policy;
}

std::size_t Snapshot::profile_index(std::string_view name) const noexcept {
  const std::string_view wanted = name.empty() ? "default" : name;
  for (std::size_t i = 0; i < impl_->profiles.size(); ++i) {
    if (impl_->profiles[i].config.name == wanted) {
      return i;
    }
  }
  assert(false && "the configuration was checked: every profile that is named exists");
  return 0;
}

const CompiledProfile& Snapshot::profile(std::size_t index) const noexcept {
  return impl_->profiles[index];
}

std::span<const config::Error> Snapshot::policy_refusals() const noexcept {
  return impl_->refusals;
}

std::span<const config::Error> Snapshot::rule_warnings() const noexcept {
  return impl_->rule_warnings;
}

std::vector<std::pair<std::string, std::string>> Snapshot::rule_files() const {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& profile : impl_->rules) {
    files.insert(files.end(), profile->files.begin(), profile->files.end());
  }
  return files;
}

std::span<const config::Error> Snapshot::policy_warnings() const noexcept {
  return impl_->warnings;
}

config::Result<void> Snapshot::prepare(Scratch& scratch) const {
  for (const CompiledProfile& profile : impl_->profiles) {
    for (const auto& detector : profile.detectors) {
      if (auto prepared = detector->prepare(scratch); !prepared) {
        return prepared;
      }
    }
  }
  return {};
}

}  // namespace gabion::inspect
