// Everything anew, or pod by pod: see policy_source.h.
#include "inspect/policy/policy_source.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "inspect/policy/close_bad_regexes.h"

namespace gabion::inspect::policy {

using config::policy::LiveRules;

PolicySource::PolicySource(std::filesystem::path directory, config::policy::Workload workload, InspectNames names)
    : folder_(std::move(directory)), workload_(std::move(workload)), names_(std::move(names)) {}

bool PolicySource::is_for(const std::filesystem::path& directory, const config::policy::Workload& workload,
                          const InspectNames& names) const noexcept {
  return folder_.directory() == directory && names_ == names && workload_.pod == workload.pod &&
         workload_.trust_domain == workload.trust_domain;
}

config::CheckedResult<void> PolicySource::start_over(config::kube::Objects objects) {
  close_bad_regexes(objects);
  close_unknown_names(objects, names_);
  auto refusals = objects.refusals;
  auto warnings = objects.warnings;
  auto rules = LiveRules::make(std::move(objects), workload_);
  if (!rules) {
    return rules.error();
  }
  rules_ = std::move(*rules);
  services_.reset();
  refusals_ = std::move(refusals);
  warnings_ = std::move(warnings);
  return {};
}

config::CheckedResult<void> PolicySource::index_services() {
  const auto pods = rules_->pods();
  const auto own = std::find_if(pods.begin(), pods.end(), [&](const auto* pod) { return pod->name == workload_.pod; });
  auto built =
      config::services::ServiceIndex::build(rules_->others(), pods, own == pods.end() ? std::string() : (*own)->node);
  if (!built) {
    return built.error();
  }
  if (services_ == nullptr) {  // they are about services alone, which begin with start_over()
    const auto& warnings = (*built)->warnings();
    warnings_.insert(warnings_.end(), warnings.begin(), warnings.end());
  }
  services_ = std::move(*built);
  return {};
}

config::CheckedResult<void> PolicySource::follow(config::policy::PodChanges changes) {
  for (const auto& [name, uid] : changes.removed) {
    if (const auto removed = rules_->remove(name, uid); !removed) {
      return removed.error();
    }
  }
  for (auto& pod : changes.put) {
    if (const auto put = rules_->put(std::move(pod)); !put) {
      return put.error();
    }
  }
  return {};
}

config::CheckedResult<PolicySource::Outcome> PolicySource::read() {
  if (folder_.directory().empty()) {
    if (rules_ != nullptr) {
      return Outcome::kSame;
    }
    config::kube::Objects alone;
    alone.pods.emplace_back().name = workload_.pod;
    const auto started = start_over(std::move(alone));
    return started ? config::CheckedResult<Outcome>(Outcome::kNew) : started.error();
  }
  auto found = folder_.read();
  if (!found) {
    return found.error();
  }
  auto* changes = std::get_if<config::policy::PodChanges>(&*found);
  if (changes == nullptr) {
    const auto started = start_over(std::get<config::kube::Objects>(std::move(*found)));
    return started ? config::CheckedResult<Outcome>(Outcome::kNew) : started.error();
  }
  const auto& removed = changes->removed;
  if (std::any_of(removed.begin(), removed.end(), [&](const auto& pod) { return pod.first == workload_.pod; })) {
    folder_.forget();  // a workload that is not there any more: reading everything says so
    return read();
  }
  if (changes->put.empty() && removed.empty()) {
    return Outcome::kSame;
  }
  const auto followed = follow(std::move(*changes));
  return followed ? config::CheckedResult<Outcome>(Outcome::kNew) : followed.error();
}

config::CheckedResult<std::shared_ptr<const Decider>> PolicySource::refresh() {
  const auto outcome = read();
  if (!outcome) {
    start_over_next();
    return outcome.error();
  }
  if (*outcome == Outcome::kNew || decider_ == nullptr) {
    auto built = Decider::build(rules_->rules(), decider_.get());
    if (!built) {
      start_over_next();
      return config::Errors{built.error()};
    }
    decider_ = std::move(*built);
  }
  if (services_ == nullptr || (*outcome == Outcome::kNew && services_->follows_pods())) {
    if (const auto indexed = index_services(); !indexed) {
      start_over_next();
      return indexed.error();
    }
  }
  return decider_;
}

void PolicySource::start_over_next() noexcept {
  folder_.forget();
  rules_.reset();
  decider_.reset();
  services_.reset();
}

}  // namespace gabion::inspect::policy
