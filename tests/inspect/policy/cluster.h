// A small cluster for policy tests: two namespaces, two nodes, a few pods; manifests of a test are added to it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/kube/parse.h"
#include "config/policy/compile.h"
#include "inspect/policy/decide.h"

namespace gabion::inspect::policy {

/// x/a, x/b, x/c: 10.0.0.1-3, app a, b, c; y/a: 10.0.1.1; node n1 (172.18.0.2) runs all but y/a, which is on n2
/// (172.18.0.3). x/host is hostNetwork on n2, x/done is finished at 10.0.0.9, x/new has no address yet, z/a is in a
/// namespace nobody declared. Pod ranges are 10.0.0.0/16 and fd00::/64; x/a and x/b are dual-stack.
inline constexpr std::string_view kInventory = R"(
apiVersion: v1
kind: Namespace
metadata: {name: x, labels: {team: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: y, labels: {team: data}}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDRs: [10.0.0.0/24, "fd00::/64"]}
status: {addresses: [{type: InternalIP, address: 172.18.0.2}, {type: Hostname, address: n1}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
spec: {podCIDR: 10.0.1.0/24}
status: {addresses: [{type: InternalIP, address: 172.18.0.3}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x, labels: {app: a, tier: web}}
spec:
  nodeName: n1
  serviceAccountName: sa-a
  containers:
  - ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]
  - ports: [{name: metrics, containerPort: 9090}]
status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: x, labels: {app: b, empty: ""}}
spec: {nodeName: n1, serviceAccountName: sa-b, containers: [{ports: [{name: http, containerPort: 8081}]}]}
status: {phase: Running, podIPs: [{ip: 10.0.0.2}, {ip: "fd00::2"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: c, namespace: x, labels: {app: c}}
spec: {nodeName: n1, serviceAccountName: sa-b}
status: {phase: Running, podIP: 10.0.0.3}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: y, labels: {app: a}}
spec: {nodeName: n2, containers: [{ports: [{name: http, containerPort: 80}, {name: http, containerPort: 81, protocol: UDP}]}]}
status: {phase: Running, podIP: 10.0.1.1}
---
apiVersion: v1
kind: Pod
metadata: {name: host, namespace: x, labels: {app: b}}
spec: {nodeName: n2, hostNetwork: true, serviceAccountName: sa-host, containers: [{ports: [{name: http, containerPort: 8081}]}]}
status: {phase: Running, podIP: 172.18.0.3, hostIP: 172.18.0.3}
---
apiVersion: v1
kind: Pod
metadata: {name: done, namespace: x, labels: {app: b}}
spec: {nodeName: n1}
status: {phase: Succeeded, podIP: 10.0.0.9}
---
apiVersion: v1
kind: Pod
metadata: {name: new, namespace: x, labels: {app: b}}
status: {phase: Pending}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: z, labels: {app: b}}
status: {phase: Running, podIP: 10.0.0.20}
)";

inline constexpr std::string_view kPodA = "10.0.0.1";
inline constexpr std::string_view kPodB = "10.0.0.2";
inline constexpr std::string_view kPodC = "10.0.0.3";
inline constexpr std::string_view kPodYA = "10.0.1.1";
inline constexpr std::string_view kOwnNode = "172.18.0.2";
inline constexpr std::string_view kOtherNode = "172.18.0.3";
inline constexpr std::string_view kNobody = "10.0.0.77";    ///< inside a pod range
inline constexpr std::string_view kOutside = "192.0.2.10";  ///< outside all pod ranges

/// "x/a" -> namespace x, name a.
inline config::kube::ObjectName object_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

/// An id of the cluster's trust domain, "x/sa-a"; with another one, "other.example:x/sa-a".
inline config::SpiffeId identity(std::string_view text) {
  const std::size_t colon = text.find(':');
  const bool own = colon == std::string_view::npos;
  const auto name = object_name(own ? text : text.substr(colon + 1));
  return {own ? "cluster.local" : std::string(text.substr(0, colon)), name.name_space, name.name};
}

/// What one pod decides. Deciders are kept.
class Cluster {
 public:
  explicit Cluster(std::string_view policies) {
    auto read = config::kube::parse_manifests(std::string(kInventory) + "\n---\n" + std::string(policies), "test");
    EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().front().to_string());
    objects_ = read ? std::move(*read) : config::kube::Objects{};
  }

  [[nodiscard]] const Decider& decider(std::string_view pod) {
    auto& made = deciders_[std::string(pod)];
    if (!made) {
      made = Decider::build(config::policy::compile(objects_, {object_name(pod), "cluster.local"}).value()).value();
    }
    return *made;
  }

  [[nodiscard]] Verdict network(Side side, std::string_view pod, std::string_view peer, std::uint16_t port,
                                config::kube::IpProtocol protocol = config::kube::IpProtocol::kTcp) {
    ConnectionFacts facts;
    facts.side = side;
    facts.peer_address = config::IpAddress::parse(peer).value();
    facts.port = port;
    return decider(pod).decide_network(facts, protocol);
  }

  [[nodiscard]] const config::kube::Objects& objects() const { return objects_; }

 private:
  config::kube::Objects objects_;
  std::map<std::string, std::unique_ptr<const Decider>> deciders_;
};

}  // namespace gabion::inspect::policy
