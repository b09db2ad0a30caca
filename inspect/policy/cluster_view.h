// A whole cluster's answers: every pod's Decider over one set of manifests, asked about traffic between named ends.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/policy/traffic.h"
#include "config/proxy_config.h"
#include "config/result.h"
#include "inspect/policy/consider.h"
#include "inspect/policy/decide.h"

namespace gabion::inspect::policy {

/// What one side says. A side without `judge` allows: an end that is no pod has no policies.
struct SideAnswer {
  Side side = Side::kIngress;
  const Decider* judge = nullptr;
  ConnectionFacts facts;  ///< what the judge was asked with; borrows the traffic
  Verdict network;        ///< NetworkPolicy alone
  Verdict verdict;        ///< of the request, or of the connection when none was given
};

struct TrafficAnswer {
  bool allowed = false;
  bool same_end = false;  ///< a pod's traffic to itself is not judged
  SideAnswer egress;      ///< of the source
  SideAnswer ingress;     ///< of the destination
  std::string path;       ///< of the request, normalised

  /// The side that denies, the source's first; the destination's when both allow.
  [[nodiscard]] const SideAnswer& decisive() const noexcept { return egress.verdict.allowed() ? ingress : egress; }
};

/// How every sidecar of the cluster reads paths: one inspection profile for all.
struct PathSettings {
  config::PathLevel level = config::PathLevel::kBase;
  config::PathReading reading;
};

/// Compiles a pod's rules when it is first asked about and keeps them. Answers view its memory: it outlives them.
/// Not thread-safe.
class ClusterView {
 public:
  ClusterView(config::kube::Objects objects, std::string trust_domain, PathSettings paths = {});

  /// Errors: an end that is not there or has no address, rules that do not compile.
  [[nodiscard]] config::Result<TrafficAnswer> ask(const config::policy::Traffic& traffic);

  /// For one side of `answer`, as ask() gave it: every rule and what it made of the traffic.
  [[nodiscard]] std::vector<RuleFate> consider(const config::policy::Traffic& traffic, const TrafficAnswer& answer,
                                               Side side) const;

  /// The compiled rules of a pod. Errors as in ask().
  [[nodiscard]] config::Result<const Decider*> decider(const config::kube::ObjectName& pod);

  /// The id in the certificate that this pod's sidecar shows. Nothing: no such pod, or no trust domain.
  [[nodiscard]] std::optional<config::SpiffeId> identity_of(const config::kube::ObjectName& pod) const;

  /// Null: no such pod.
  [[nodiscard]] const config::kube::Pod* find_pod(const config::kube::ObjectName& name) const;
  [[nodiscard]] const config::kube::Objects& objects() const noexcept { return objects_; }
  [[nodiscard]] const std::string& trust_domain() const noexcept { return trust_domain_; }

 private:
  [[nodiscard]] config::Result<std::vector<config::IpAddress>> addresses_of(const config::policy::End& end) const;
  /// Of the destination's first family that both ends have.
  [[nodiscard]] config::Result<config::IpAddress> peer_address(const config::policy::Traffic& traffic, Side side) const;
  [[nodiscard]] config::Result<SideAnswer> ask_side(const config::policy::Traffic& traffic, Side side,
                                                    const std::string& path);
  void judge(const config::policy::Traffic& traffic, const std::string& path, SideAnswer& answer) const;
  [[nodiscard]] bool held_by_others(const config::IpAddress& address, const config::policy::End& end) const;
  /// With `owner`, `address` is taken from everybody else.
  [[nodiscard]] config::Result<const Decider*> compiled(const config::kube::ObjectName& own,
                                                        const config::policy::End* owner,
                                                        const config::IpAddress& address);

  config::kube::Objects objects_;
  std::string trust_domain_;
  PathSettings paths_;
  std::map<std::string, std::size_t, std::less<>> pods_;  ///< "namespace/name" -> index
  /// By the pod, and by the peer whose address is taken from everybody else ("" = nobody's).
  std::map<std::pair<std::string, std::string>, std::unique_ptr<const Decider>> deciders_;
};

}  // namespace gabion::inspect::policy
