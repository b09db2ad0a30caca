// From configuration to plan, unless the last one still holds: see rule_profile.h.
#include "inspect/waf/detector/rule_profile.h"

#include <algorithm>

#include "config/file_stamp.h"
#include "inspect/waf/detector/exclusion_text.h"
#include "inspect/waf/plan/compile.h"
#include "inspect/waf/seclang/load.h"

namespace gabion::inspect::waf {
namespace {

plan::Options options_of(const config::WafConfig& config, const std::filesystem::path& cache) {
  plan::Options options;
  options.request_body = config.request_body == config::RequestBodyRule::kAlways ? plan::Options::RequestBody::kAlways
                                                                                 : plan::Options::RequestBody::kForms;
  options.paranoia = config.paranoia;
  options.inbound_threshold = config.inbound_threshold;
  options.outbound_threshold = config.outbound_threshold;
  options.mode = seclang::RuleEngine::kOn;  // a profile or policy says per request whether it blocks
  options.cache_directory = cache.string();
  return options;
}

bool is_current(const RuleProfile& profile, const config::WafConfig& config) {
  return profile.config == config && std::all_of(profile.files.begin(), profile.files.end(), [](const auto& file) {
           return config::file_stamp(file.first) == file.second;
         });
}

config::CheckedResult<std::shared_ptr<const RuleProfile>> compile_profile(const config::WafConfig& config,
                                                                          const plan::Options& options) {
  const auto rules =
      seclang::load_with_base(config.entry.string(), {text_before_rules(config), text_after_rules(config)});
  if (!rules) {
    return rules.error();
  }
  auto made = std::make_shared<RuleProfile>();
  made->config = config;
  made->files = rules->stamps;
  auto compiled = plan::compile(*rules, options);
  if (!compiled) {
    return compiled.error();
  }
  made->plan = std::move(*compiled);
  for (const auto& rule : made->plan->rules) {
    made->names.emplace_back(rule.id, std::to_string(rule.id));
  }
  std::sort(made->names.begin(), made->names.end());
  return std::shared_ptr<const RuleProfile>(std::move(made));
}

}  // namespace

std::string_view RuleProfile::name_of(std::uint32_t rule_id) const noexcept {
  const auto found = std::lower_bound(names.begin(), names.end(), rule_id,
                                      [](const auto& name, std::uint32_t wanted) { return name.first < wanted; });
  return found == names.end() || found->first != rule_id ? std::string_view("0") : found->second;
}

config::CheckedResult<RuleProfiles> compile_rule_profiles(std::span<const config::WafConfig> configs,
                                                          const std::filesystem::path& cache,
                                                          const RuleProfiles& previous,
                                                          plan::Options::Databases databases) {
  RuleProfiles profiles;
  for (const auto& config : configs) {
    const auto kept = std::find_if(previous.begin(), previous.end(),
                                   [&](const auto& profile) { return is_current(*profile, config); });
    if (kept != previous.end()) {
      profiles.push_back(*kept);
      continue;
    }
    auto options = options_of(config, cache);
    options.databases = databases;
    auto compiled = compile_profile(config, options);
    if (!compiled) {
      return compiled.error();
    }
    profiles.push_back(std::move(*compiled));
  }
  return profiles;
}

config::CheckedResult<RuleProfiles> complete_rule_profiles(const RuleProfiles& profiles,
                                                           const std::filesystem::path& cache,
                                                           const std::stop_token& stop) {
  RuleProfiles completed;
  for (const auto& profile : profiles) {
    if (profile->plan->is_complete()) {
      continue;
    }
    auto options = options_of(profile->config, cache);
    options.stop = stop;
    auto compiled = compile_profile(profile->config, options);
    if (!compiled) {
      return compiled.error();
    }
    completed.push_back(std::move(*compiled));
  }
  return completed;
}

}  // namespace gabion::inspect::waf
