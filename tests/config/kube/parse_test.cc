// Documents, lists, names, and the objects that are no policies.
#include "config/kube/parse.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::config::kube {
namespace {

std::string first_error(const std::string& text) {
  const auto objects = parse_manifests(text, "f");
  return objects ? "" : objects.error().front().to_string();
}

TEST(Manifests, AnEmptyTextHoldsNothing) {
  for (const std::string text : {"", "# only a comment\n", "---\n---\n", "null"}) {
    const auto objects = parse_manifests(text, "f");
    ASSERT_TRUE(objects.has_value()) << text;
    EXPECT_TRUE(objects->network_policies.empty());
    EXPECT_TRUE(objects->pods.empty());
  }
}

TEST(Manifests, WhatLeavesTheObjectUnknownIsAnError) {
  EXPECT_EQ(first_error("[1]"), "f:1: is no object: must be a map (line 1)");
  EXPECT_EQ(first_error("{a: b}"), "f:1:kind: is required (line 1)");
  EXPECT_EQ(first_error("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy}"), "f:1:metadata.name: is required");
  EXPECT_EQ(first_error("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: X}}"),
            "f:1:metadata.namespace: must be a DNS label of at most 63 bytes (line 1)");
  EXPECT_EQ(first_error("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: 7}}"),
            "f:1:metadata.name: must be a string, not an integer: quote it (line 1)");
  EXPECT_NE(first_error("{"), "");
  EXPECT_NE(first_error("a: 1\na: 2\n"), "") << "duplicate key";
}

TEST(Manifests, ABadNameIsARefusalForPoliciesAndAnErrorForPods) {
  const auto objects = parse_manifests(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: A, namespace: x}}", "f");
  EXPECT_EQ(objects.value().refusals.front().to_string(),
            "f:1:metadata.name: must be a DNS subdomain of at most 253 bytes (line 1)");
  EXPECT_TRUE(objects.value().network_policies.front().unreadable);
  EXPECT_NE(first_error("{apiVersion: v1, kind: Pod, metadata: {name: A}}"), "");
}

TEST(Manifests, TheSameObjectTwiceIsAnError) {
  const std::string pod = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}\n";
  EXPECT_EQ(first_error(pod + "---\n" + pod), "f:2: Pod x/a is there twice, first at f:1");
  EXPECT_EQ(first_error(pod + "---\n{apiVersion: v1, kind: Pod, metadata: {name: a}}"), "");
}

TEST(Manifests, ListsAreUnwrapped) {
  const auto objects = parse_manifests(R"({"apiVersion": "v1", "kind": "List", "items": [
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}},
    {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicyList", "items": [
      {"metadata": {"name": "p"}, "spec": {"podSelector": {}, "ingress": [{"form": []}]}}]}]})",
                                       "f");
  ASSERT_TRUE(objects.has_value()) << objects.error().front().to_string();
  EXPECT_EQ(objects->pods.size(), 1U);
  EXPECT_EQ(objects->network_policies.size(), 1U);
  EXPECT_EQ(objects->refusals.front().to_string(),
            "f:1:items[1].items[0].spec.ingress[0].form: unknown field (line 4)");
  EXPECT_EQ(first_error("{apiVersion: v1, kind: List, items: {}}"), "f:1:items: must be a list (line 1)");
  EXPECT_EQ(first_error("{apiVersion: v1, kind: List, items: [7]}"),
            "f:1:items[0]: is no object: must be a map (line 1)");
}

TEST(Manifests, OtherKindsAreIgnoredWithAWarning) {
  const auto objects = parse_manifests("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}", "f").value();
  EXPECT_EQ(objects.warnings.front().to_string(), "f:1:kind: Deployment of \"apps/v1\" is ignored (line 1)");
}

TEST(Manifests, PodsAreReadWithWhatPoliciesNeed) {
  const auto objects = parse_manifests(R"(
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x, labels: {app: a}, uid: 1}
spec:
  nodeName: n
  serviceAccountName: sa
  volumes: []
  initContainers:
  - {name: once, ports: [{name: once, containerPort: 1}]}
  - {name: beside, restartPolicy: Always, ports: [{name: beside, containerPort: 2, protocol: UDP}]}
  containers:
  - {name: c, image: i, ports: [{containerPort: 80, hostPort: 8080}]}
status: {phase: Failed, hostIP: 172.18.0.2, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]}
)",
                                       "f")
                           .value();
  const Pod& pod = objects.pods.front();
  EXPECT_EQ(pod.name.to_string(), "x/a");
  EXPECT_EQ(pod.service_account, "sa");
  EXPECT_EQ(pod.node, "n");
  EXPECT_TRUE(pod.terminal);
  EXPECT_FALSE(pod.host_network);
  ASSERT_EQ(pod.addresses.size(), 2U);
  EXPECT_EQ(pod.addresses[1].to_string(), "fd00::1");
  EXPECT_EQ(pod.host_addresses.front().to_string(), "172.18.0.2");
  ASSERT_EQ(pod.ports.size(), 2U);
  EXPECT_EQ(pod.ports[0].port, 80);
  EXPECT_EQ(pod.ports[1].name, "beside");
  EXPECT_EQ(pod.ports[1].protocol, IpProtocol::kUdp);
}

TEST(Manifests, MalformedInventoryIsAnError) {
  for (const std::string rest :
       {"kind: Pod, spec: []", "kind: Pod, spec: {hostNetwork: 'true'}", "kind: Pod, status: {podIP: 10.0.0}",
        "kind: Pod, metadata: {name: a, labels: {a: 1}}",
        "kind: Pod, spec: {containers: [{ports: [{containerPort: 0}]}]}",
        "kind: Pod, spec: {containers: [{ports: [{}]}]}", "kind: Node, spec: {podCIDR: 10.0.0.0}",
        "kind: Node, status: {addresses: [{type: InternalIP, address: x}]}",
        "kind: Service, spec: {ports: [{port: 0}]}", "kind: Service, spec: {selector: []}",
        "kind: Namespace, metadata: {name: a, labels: 1}"}) {
    const std::string metadata = rest.find("metadata") == std::string::npos ? "metadata: {name: a}, " : "";
    EXPECT_NE(first_error("{apiVersion: v1, " + metadata + rest + "}"), "") << rest;
  }
}

TEST(Manifests, NamespacesGetTheirNameAsLabel) {
  const auto objects =
      parse_manifests("{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {a: b}}}", "f").value();
  EXPECT_EQ(objects.namespaces.front().labels, (Labels{{"a", "b"}, {"kubernetes.io/metadata.name", "x"}}));
}

TEST(Manifests, ANodesInternalAddressesAreBeforeItsExternalOnes) {
  const auto objects = parse_manifests(R"(
{apiVersion: v1, kind: Node, metadata: {name: n}, status: {addresses: [{type: ExternalIP, address: 203.0.113.1},
 {type: ExternalIP, address: '2001:db8::1'}, {type: Hostname, address: n}, {type: InternalIP, address: 172.18.0.2},
 {type: ExternalIP, address: 172.18.0.2}]}}
)",
                                       "f")
                           .value();
  std::string addresses;
  for (const auto& address : objects.nodes.front().addresses) {
    addresses += address.to_string() + " ";
  }
  EXPECT_EQ(addresses, "172.18.0.2 203.0.113.1 2001:db8::1 ");
}

TEST(Manifests, NodesAndServicesAreRead) {
  const auto objects = parse_manifests(R"(
{apiVersion: v1, kind: Node, metadata: {name: n}, spec: {podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24, 'fd00::/64']},
 status: {addresses: [{type: InternalIP, address: 172.18.0.2}, {type: Hostname, address: n}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: s, namespace: x}, spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1],
 selector: {app: a}, ports: [{name: http, port: 80, targetPort: http}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: headless, namespace: x}, spec: {clusterIP: None}}
)",
                                       "f")
                           .value();
  EXPECT_EQ(objects.nodes.front().addresses.size(), 1U);
  EXPECT_EQ(objects.nodes.front().pod_cidrs.size(), 2U);
  EXPECT_EQ(objects.services[0].cluster_addresses.size(), 1U);
  EXPECT_EQ(objects.services[0].ports.front().port, 80);
  EXPECT_TRUE(objects.services[1].cluster_addresses.empty());
}

}  // namespace
}  // namespace gabion::config::kube
