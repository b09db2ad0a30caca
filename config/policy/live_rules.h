// Rules that follow pods as they come, change and go: each event gives a rule set that shares all it did not touch.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/compilation.h"
#include "config/policy/compile.h"
#include "config/policy/rule_set.h"
#include "config/result.h"

namespace gabion::config::policy {

/// After any events rules() decides as compile() of objects() would. Used by one thread; the sets it gave are free.
///
/// Whose an address is follows the pod's uid (policy I1): a pod that is put takes its addresses from whoever had them,
/// a removal with another uid than the pod now has is ignored, and a terminal phase frees the addresses at once.
class LiveRules {
 public:
  /// Errors as compile().
  [[nodiscard]] static CheckedResult<std::unique_ptr<LiveRules>> make(kube::Objects objects, Workload workload);
  ~LiveRules();

  /// kShared: made by changing what the pod touches. kRebuilt: the rules themselves depended on it.
  enum class Effect : std::uint8_t { kNothing, kShared, kRebuilt };

  /// A pod is new or has changed. Errors as compile(); the last good rules stay.
  [[nodiscard]] CheckedResult<Effect> put(kube::Pod pod);
  /// A pod is gone. `uid` empty: whichever has the name. The workload's own pod stays, with its last state.
  [[nodiscard]] CheckedResult<Effect> remove(const kube::ObjectName& name, const std::string& uid);

  [[nodiscard]] const RuleSet& rules() const noexcept { return rules_; }
  /// Everything but pods, and the pods: valid until the next event.
  [[nodiscard]] const kube::Objects& others() const noexcept { return objects_; }
  [[nodiscard]] std::vector<const kube::Pod*> pods() const;
  /// Everything as it is now.
  [[nodiscard]] kube::Objects objects() const;

 private:
  LiveRules(kube::Objects objects, Workload workload);

  [[nodiscard]] CheckedResult<Effect> rebuild();
  [[nodiscard]] bool insert(std::unique_ptr<kube::Pod> pod, RuleSet& next);
  void take_over(const kube::Pod& pod, RuleSet& next);
  [[nodiscard]] CheckedResult<Effect> publish(bool shared, RuleSet next);

  kube::Objects objects_;  ///< without pods
  Workload workload_;
  std::map<kube::ObjectName, std::unique_ptr<kube::Pod>> pods_;
  std::unique_ptr<Compilation> compilation_;
  std::size_t class_limit_ = 0;  ///< more classes than this are mostly of pods that are gone
  RuleSet rules_;
};

}  // namespace gabion::config::policy
