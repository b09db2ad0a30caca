// Remove what was, add what is; when that is not enough, start over.
#include "config/policy/live_rules.h"

#include <algorithm>
#include <utility>

namespace gabion::config::policy {
namespace {

constexpr std::size_t kSpareClasses = 4096;

}  // namespace

LiveRules::LiveRules(kube::Objects objects, Workload workload)
    : objects_(std::move(objects)), workload_(std::move(workload)) {
  for (auto& pod : objects_.pods) {
    auto name = pod.name;
    pods_.insert_or_assign(std::move(name), std::make_unique<kube::Pod>(std::move(pod)));
  }
  objects_.pods.clear();
}

LiveRules::~LiveRules() = default;

std::vector<const kube::Pod*> LiveRules::pods() const {
  std::vector<const kube::Pod*> pods;
  pods.reserve(pods_.size());
  for (const auto& [name, pod] : pods_) {
    pods.push_back(pod.get());
  }
  return pods;
}

CheckedResult<std::unique_ptr<LiveRules>> LiveRules::make(kube::Objects objects, Workload workload) {
  std::unique_ptr<LiveRules> made(new LiveRules(std::move(objects), std::move(workload)));
  if (const auto built = made->rebuild(); !built) {
    return built.error();
  }
  return made;
}

CheckedResult<LiveRules::Effect> LiveRules::rebuild() {
  const auto own = pods_.find(workload_.pod);
  if (own == pods_.end()) {
    return Errors{Error{"no Pod " + workload_.pod.to_string() + " among the manifests", "workload"}};
  }
  compilation_ = std::make_unique<Compilation>(objects_, *own->second, workload_);
  for (const auto& [name, pod] : pods_) {
    compilation_->add(*pod);
  }
  auto made = compilation_->run();
  if (!made) {
    return made.error();
  }
  rules_ = std::move(*made);
  class_limit_ = 2 * compilation_->class_count() + kSpareClasses;
  return Effect::kRebuilt;
}

/// A later pod has the address now; who had it before is told later, or never.
void LiveRules::take_over(const kube::Pod& pod, RuleSet& next) {
  for (const auto& address : pod.addresses) {
    for (const auto& name : compilation_->holders_of(address)) {
      kube::Pod& other = *pods_.at(name);
      if (&other == &pod) {
        continue;
      }
      compilation_->remove_from(other, next);
      std::erase(other.addresses, address);
      static_cast<void>(compilation_->add_to(other, next));  // its ports are known
    }
  }
}

bool LiveRules::insert(std::unique_ptr<kube::Pod> pod, RuleSet& next) {
  const kube::Pod& stored = *(pods_[pod->name] = std::move(pod));
  if (!stored.terminal && !stored.host_network) {
    take_over(stored, next);
  }
  return compilation_->add_to(stored, next);
}

CheckedResult<LiveRules::Effect> LiveRules::publish(bool shared, RuleSet next) {
  if (!shared || compilation_->out_of_budget() || compilation_->class_count() > class_limit_) {
    return rebuild();
  }
  rules_ = std::move(next);
  return Effect::kShared;
}

CheckedResult<LiveRules::Effect> LiveRules::put(kube::Pod pod) {
  RuleSet next = rules_;
  const auto before = pods_.find(pod.name);
  auto made = std::make_unique<kube::Pod>(std::move(pod));
  if (made->name == workload_.pod) {
    if (!made->terminal && !made->host_network) {
      take_over(*made, next);
    }
    before->second.swap(made);  // the old one is borrowed until the rebuild
    return rebuild();
  }
  if (before != pods_.end()) {
    compilation_->remove_from(*before->second, next);
    pods_.erase(before);
  }
  const bool shared = insert(std::move(made), next);
  return publish(shared, std::move(next));
}

CheckedResult<LiveRules::Effect> LiveRules::remove(const kube::ObjectName& name, const std::string& uid) {
  const auto found = pods_.find(name);
  const bool other = found != pods_.end() && !uid.empty() && !found->second->uid.empty() && found->second->uid != uid;
  if (found == pods_.end() || other || name == workload_.pod) {
    return Effect::kNothing;
  }
  RuleSet next = rules_;
  compilation_->remove_from(*found->second, next);
  pods_.erase(found);
  return publish(true, std::move(next));
}

kube::Objects LiveRules::objects() const {
  kube::Objects all = objects_;
  for (const auto& [name, pod] : pods_) {
    all.pods.push_back(*pod);
  }
  return all;
}

}  // namespace gabion::config::policy
