// Compiles a configuration into what inspection needs, or into everything that is wrong with it.
#include "inspect/snapshot.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "inspect/detectors.h"
#include "inspect/dlp/profile_set.h"
#include "inspect/policy/policy_source.h"

namespace gabion::inspect {

struct RuleSets {
  waf::RuleProfiles profiles;
};

struct Snapshot::Impl {
  std::uint64_t generation = 0;
  std::shared_ptr<policy::PolicySource> source;  // shared with the snapshots before; touched by compile() only
  std::shared_ptr<const policy::Decider> policy;
  std::shared_ptr<const policy::NodePolicies> node;
  std::shared_ptr<const config::services::ServiceIndex> services;
  std::shared_ptr<const std::vector<CompiledProfile>> profiles;  // shared by the pods of a gateway
  MessageRules message_rules;
  waf::RuleProfiles rules;
  dlp::ProfileSet dlp;
  TaintCollection taint;
  std::filesystem::path rule_cache;
  std::shared_ptr<const attack::SignatureSets> signatures;  // compiled in, the same in every snapshot
  config::Errors refusals;
  config::Errors warnings;
  config::Errors rule_warnings;

  [[nodiscard]] config::CheckedResult<void> compile_rules(const config::ProxyConfig& config,
                                                          const EarlierParts& earlier);
  [[nodiscard]] config::CheckedResult<void> read_policy(const config::ProxyConfig& config, const Impl* previous);
  [[nodiscard]] config::CheckedResult<void> read_node(const config::ProxyConfig& config);
  /// Of every workload.
  [[nodiscard]] std::vector<const config::policy::RuleSet*> rule_sets() const;
};

namespace {

config::policy::Workload workload_of(const config::ProxyConfig& config) {
  config::policy::Workload workload;
  workload.pod = {config.workload.name_space, config.workload.pod};
  workload.trust_domain = config.identity ? config.identity->trust_domain : std::string();
  return workload;
}

policy::InspectNames inspect_names(const config::ProxyConfig& config) {
  policy::InspectNames names;
  for (const auto& rules : config.waf) {
    names.waf.push_back(rules.name);
  }
  names.dlp.assign(std::begin(config::kBuiltInDlpProfiles), std::end(config::kBuiltInDlpProfiles));
  for (const auto& profile : config.dlp.profiles) {
    names.dlp.push_back(profile.name);
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
  if (!config.capture.outbound.empty()) {
    named.insert(config.capture.inspect.empty() ? "default" : config.capture.inspect);
  }
  auto profiles = config.profiles;
  for (auto& profile : profiles) {
    if (!named.contains(profile.name)) {
      profile.attacks = profile.payment_cards = config::FindingAction::kOff;
      profile.waf.reset();
      profile.dlp.clear();
    }
  }
  return profiles;
}

/// Names of profiles that some rule asks for, each once.
std::vector<std::string> demanded_dlp(std::span<const config::policy::RuleSet* const> sets) {
  std::set<std::string> names;
  for (const auto* rules : sets) {
    for (const auto& rule : rules->rules) {
      for (const auto& dlp : rule.dlp) {
        names.insert(dlp.profile);
      }
    }
  }
  return {names.begin(), names.end()};
}

bool demands_waf(std::span<const config::policy::RuleSet* const> sets) {
  return std::any_of(sets.begin(), sets.end(), [](const auto* rules) {
    return std::any_of(rules->rules.begin(), rules->rules.end(), [](const auto& rule) { return rule.waf.has_value(); });
  });
}

/// All that are written, so that a mistake in one is told before somebody asks for it.
std::vector<std::string> needed_dlp(const config::DlpConfig& config,
                                    std::span<const config::InspectionProfile> profiles,
                                    std::span<const std::string> demanded) {
  std::set<std::string> names(demanded.begin(), demanded.end());
  for (const auto& profile : config.profiles) {
    names.insert(profile.name);
  }
  for (const auto& profile : profiles) {
    if (!profile.dlp.empty()) {
      names.insert(profile.dlp);
    }
  }
  return {names.begin(), names.end()};
}

TaintCollection taint_collection(const config::ProxyConfig& config, const TaintCollection& earlier) {
  if (!config::speaks_sql(config)) {
    return {};
  }
  if (earlier.store != nullptr && earlier.config == config.sql_taint) {
    return earlier;
  }
  return {std::make_shared<sql::taint::CandidateStore>(config.sql_taint), config.sql_taint};
}

}  // namespace

Snapshot::Snapshot(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Snapshot::~Snapshot() = default;

config::CheckedResult<void> Snapshot::Impl::compile_rules(const config::ProxyConfig& config,
                                                          const EarlierParts& earlier) {
  using Databases = waf::plan::Options::Databases;
  const bool waits = earlier.snapshot != nullptr && !earlier.snapshot->is_provisional();
  auto known = earlier.rules == nullptr ? waf::RuleProfiles{} : earlier.rules->profiles;
  if (earlier.snapshot != nullptr) {
    known.insert(known.end(), earlier.snapshot->impl_->rules.begin(), earlier.snapshot->impl_->rules.end());
  }
  auto compiled =
      waf::compile_rule_profiles(config.waf, config.waf_cache, known, waits ? Databases::kComplete : Databases::kQuick);
  if (!compiled) {
    return compiled.error();
  }
  rules = std::move(*compiled);
  rule_cache = config.waf_cache;
  for (const auto& profile : rules) {
    for (const auto& warning : profile->plan->warnings) {
      rule_warnings.emplace_back(warning, "inspection.waf." + profile->config.name);
    }
  }
  return {};
}

config::CheckedResult<void> Snapshot::Impl::read_policy(const config::ProxyConfig& config, const Impl* previous) {
  const auto workload = workload_of(config);
  if (previous != nullptr && previous->source != nullptr &&
      previous->source->is_for(config.policy_directory, workload, inspect_names(config))) {
    source = previous->source;
  } else {
    source = std::make_shared<policy::PolicySource>(config.policy_directory, workload, inspect_names(config));
  }
  auto refreshed = source->refresh();
  if (!refreshed) {
    return refreshed.error();
  }
  policy = std::move(*refreshed);
  services = source->services();
  refusals = source->refusals();
  warnings = source->warnings();
  const auto& more = policy->rules().warnings;
  warnings.insert(warnings.end(), more.begin(), more.end());
  return {};
}

config::CheckedResult<void> Snapshot::Impl::read_node(const config::ProxyConfig& config) {
  auto read = policy::read_node_policies(config.policy_directory, *config.gateway,
                                         config.identity ? config.identity->trust_domain : std::string(),
                                         inspect_names(config));
  if (!read) {
    return read.error();
  }
  node = *std::move(read);
  policy = node->nobody;
  services = node->services;
  refusals = node->refusals;
  warnings = node->warnings;
  return {};
}

std::vector<const config::policy::RuleSet*> Snapshot::Impl::rule_sets() const {
  std::vector<const config::policy::RuleSet*> sets{&policy->rules()};
  if (node != nullptr) {
    for (const auto& pod : node->pods) {
      sets.push_back(&pod.policy->rules());
    }
  }
  return sets;
}

config::CheckedResult<std::shared_ptr<const Snapshot>> Snapshot::compile(const config::ProxyConfig& config,
                                                                         std::uint64_t generation,
                                                                         const EarlierParts& earlier) {
  const Snapshot* const previous = earlier.snapshot;
  auto impl = std::make_unique<Impl>();
  impl->generation = generation;
  impl->message_rules = {config.grpc.schema, config.limits.grpc_message_bytes, config.limits.decoded_ratio};
  const auto read = config.gateway ? impl->read_node(config)
                                   : impl->read_policy(config, previous == nullptr ? nullptr : previous->impl_.get());
  if (!read) {
    return read.error();
  }
  if (previous != nullptr) {
    impl->signatures = previous->impl_->signatures;
  }
  if (const auto rules = impl->compile_rules(config, earlier); !rules) {
    return rules.error();
  }
  const auto used = used_profiles(config);
  const auto sets = impl->rule_sets();
  const auto demanded = demanded_dlp(sets);
  auto dlp = dlp::ProfileSet::compile(config.dlp, needed_dlp(config.dlp, used, demanded),
                                      previous == nullptr ? nullptr : &previous->impl_->dlp);
  if (!dlp) {
    return dlp.error();
  }
  impl->dlp = std::move(*dlp);
  impl->taint = taint_collection(config, previous == nullptr ? TaintCollection() : previous->impl_->taint);
  const RuleDemands demands{.waf = demands_waf(sets), .dlp = demanded};
  auto profiles = compile_profiles(used, impl->signatures, impl->rules, impl->dlp, demands, config.limits, impl->taint);
  if (!profiles) {
    return config::Errors{profiles.error()};
  }
  impl->profiles = std::make_shared<const std::vector<CompiledProfile>>(std::move(*profiles));
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(impl)));
}

std::uint64_t Snapshot::generation() const noexcept {
  return impl_->generation;
}

const policy::Decider& Snapshot::policy() const noexcept {
  return *impl_->policy;
}

const std::shared_ptr<const policy::NodePolicies>& Snapshot::node() const noexcept {
  return impl_->node;
}

std::shared_ptr<const Snapshot> Snapshot::with_policy(std::shared_ptr<const policy::Decider> policy) const {
  auto impl = std::make_unique<Impl>(*impl_);
  impl->policy = std::move(policy);
  impl->refusals = impl->warnings = impl->rule_warnings = {};  // told once, by this
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(impl)));
}

const config::services::ServiceIndex& Snapshot::services() const noexcept {
  return *impl_->services;
}

std::size_t Snapshot::profile_index(std::string_view name) const noexcept {
  const std::string_view wanted = name.empty() ? "default" : name;
  for (std::size_t i = 0; i < impl_->profiles->size(); ++i) {
    if ((*impl_->profiles)[i].config.name == wanted) {
      return i;
    }
  }
  assert(false && "the configuration was checked: every profile that is named exists");
  return 0;
}

const CompiledProfile& Snapshot::profile(std::size_t index) const noexcept {
  return (*impl_->profiles)[index];
}

const MessageRules& Snapshot::message_rules() const noexcept {
  return impl_->message_rules;
}

std::shared_ptr<const dlp::Profile> Snapshot::dlp_profile(std::string_view name) const noexcept {
  return impl_->dlp.find(name);
}

const std::shared_ptr<sql::taint::CandidateStore>& Snapshot::taint() const noexcept {
  return impl_->taint.store;
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

bool Snapshot::is_provisional() const noexcept {
  return std::any_of(impl_->rules.begin(), impl_->rules.end(),
                     [](const auto& profile) { return !profile->plan->is_complete(); });
}

config::CheckedResult<std::shared_ptr<const RuleSets>> Snapshot::complete_rules(const std::stop_token& stop) const {
  auto completed = waf::complete_rule_profiles(impl_->rules, impl_->rule_cache, stop);
  if (!completed) {
    return completed.error();
  }
  return std::shared_ptr<const RuleSets>(std::make_shared<RuleSets>(RuleSets{std::move(*completed)}));
}

std::span<const config::Error> Snapshot::policy_warnings() const noexcept {
  return impl_->warnings;
}

config::Result<void> Snapshot::prepare(Scratch& scratch) const {
  for (const CompiledProfile& profile : *impl_->profiles) {
    for (const auto& detector : profile.detectors) {
      if (auto prepared = detector->prepare(scratch); !prepared) {
        return prepared;
      }
    }
  }
  return {};
}

}  // namespace gabion::inspect
