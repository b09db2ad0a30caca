// What is read of Services and EndpointSlices, and what the API server would have refused.
#include <gtest/gtest.h>

#include <string>

#include "config/kube/parse.h"

namespace gabion::config::kube {
namespace {

std::string first_error(const std::string& text) {
  const auto objects = parse_manifests(text, "f");
  return objects ? "" : objects.error().front().to_string();
}

std::string service(const std::string& spec) {
  return "{apiVersion: v1, kind: Service, metadata: {name: orders, namespace: shop}, spec: " + spec + "}";
}

std::string slice(const std::string& members) {
  return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: orders-x, namespace: shop, labels: "
         "{kubernetes.io/service-name: orders}}, " +
         members + "}";
}

TEST(Services, AreReadWithTheirDefaults) {
  const auto objects = parse_manifests(
      service(
          "{clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1, 'fd00::1'], ipFamilies: [IPv4, IPv6], externalIPs: "
          "[192.0.2.1], selector: {app: orders}, internalTrafficPolicy: Local, publishNotReadyAddresses: true, "
          "ports: [{name: http, port: 80, targetPort: web, appProtocol: kubernetes.io/h2c}, {name: db, port: 5432}, "
          "{name: dns, port: 53, protocol: UDP, targetPort: 5353}]}"),
      "f");
  ASSERT_TRUE(objects);
  const Service& read = objects->services.front();
  EXPECT_EQ(read.cluster_addresses.size(), 2U);
  EXPECT_EQ(read.external_addresses.size(), 1U);
  EXPECT_EQ(read.families_v4, (std::vector<bool>{true, false}));
  EXPECT_EQ(read.internal_traffic, InternalTraffic::kLocal);
  EXPECT_TRUE(read.publishes_unready);
  EXPECT_EQ(read.ports[0].target_name, "web");
  EXPECT_EQ(read.ports[0].app_protocol, "kubernetes.io/h2c");
  EXPECT_EQ(read.ports[1].target, 5432);
  EXPECT_EQ(read.ports[2].protocol, IpProtocol::kUdp);
  EXPECT_EQ(read.ports[2].target, 5353);
}

TEST(Services, AddressesOfLoadBalancersAreRead) {
  const auto objects = parse_manifests(
      "{apiVersion: v1, kind: Service, metadata: {name: o}, spec: {type: LoadBalancer, clusterIP: 10.96.0.1, ports: "
      "[{port: 80}]}, status: {loadBalancer: {ingress: [{ip: 192.0.2.9}, {hostname: x.example}]}}}",
      "f");
  ASSERT_TRUE(objects);
  ASSERT_EQ(objects->services.front().external_addresses.size(), 1U);
  EXPECT_EQ(objects->services.front().external_addresses.front().to_string(), "192.0.2.9");
}

TEST(Services, WhatTheApiServerRefusesIsRefused) {
  for (const std::string spec : {
           "{clusterIP: 10.96.0.1}",  // no ports
           "{ports: [{port: 0}]}",
           "{ports: [{port: 65536}]}",
           "{ports: [{}]}",
           "{ports: [{port: 80}, {port: 81, name: b}]}",  // several: all named
           "{ports: [{port: 80, name: a}, {port: 81, name: a}]}",
           "{ports: [{port: 80, name: a}, {port: 80, name: b}]}",  // one number twice
           "{ports: [{port: 80, name: A}]}",
           "{ports: [{port: 80, targetPort: 0}]}",
           "{ports: [{port: 80, targetPort: '80'}]}",
           "{ports: [{port: 80, targetPort: -web}]}",
           "{ports: [{port: 80, targetPort: true}]}",
           "{ports: [{port: 80, protocol: tcp}]}",
           "{ports: [{port: 80, appProtocol: 'a b'}]}",
           "{type: Cluster, ports: [{port: 80}]}",
           "{clusterIP: 10.96.0.1, clusterIPs: [10.96.0.2], ports: [{port: 80}]}",
           "{clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1, 10.96.0.2], ports: [{port: 80}]}",
           "{clusterIP: None, clusterIPs: [None, 10.96.0.1]}",
           "{type: NodePort, clusterIP: None, ports: [{port: 80}]}",
           "{type: ExternalName}",
           "{type: ExternalName, externalName: A_b}",
           "{type: ExternalName, externalName: a.example, clusterIP: 10.96.0.1}",
           "{ipFamilies: [v4], ports: [{port: 80}]}",
           "{internalTrafficPolicy: Node, ports: [{port: 80}]}",
       }) {
    EXPECT_NE(first_error(service(spec)), "") << spec;
  }
  EXPECT_NE(first_error("{apiVersion: v1, kind: Service, metadata: {name: a.b}, spec: {ports: [{port: 80}]}}"), "");
}

TEST(Services, HeadlessAndExternalOnesNeedNoPorts) {
  EXPECT_EQ(first_error(service("{clusterIP: None}")), "");
  EXPECT_EQ(first_error(service("{type: ExternalName, externalName: db.example.com}")), "");
}

TEST(EndpointSlices, AreReadWithTheirDefaults) {
  const auto objects = parse_manifests(
      slice("addressType: IPv4, ports: [{name: http, port: 8080, appProtocol: http}, {name: any}], endpoints: ["
            "{addresses: [10.0.0.1, 10.0.0.9], nodeName: n1, targetRef: {kind: Pod, name: orders-0}}, "
            "{addresses: [10.0.0.2], conditions: {ready: false}}, "
            "{addresses: [10.0.0.3], conditions: {ready: false, serving: true, terminating: true}}, "
            "{addresses: [10.0.0.4], conditions: {ready: null}}]"),
      "f");
  ASSERT_TRUE(objects);
  const EndpointSlice& read = objects->endpoint_slices.front();
  EXPECT_EQ(read.service, "orders");
  EXPECT_EQ(read.ports[0].port, 8080);
  EXPECT_EQ(read.ports[1].port, 0);
  ASSERT_EQ(read.endpoints.size(), 4U);
  EXPECT_EQ(read.endpoints[0].address.to_string(), "10.0.0.1");
  EXPECT_EQ(read.endpoints[0].node, "n1");
  EXPECT_EQ(read.endpoints[0].pod.to_string(), "shop/orders-0");
  EXPECT_TRUE(read.endpoints[0].conditions.ready && read.endpoints[0].conditions.serving);
  EXPECT_FALSE(read.endpoints[1].conditions.ready || read.endpoints[1].conditions.serving);
  EXPECT_TRUE(read.endpoints[2].conditions.serving && read.endpoints[2].conditions.terminating);
  EXPECT_TRUE(read.endpoints[3].conditions.ready);
}

TEST(EndpointSlices, WhatTheApiServerRefusesIsRefused) {
  for (const std::string members : {
           "endpoints: []",
           "addressType: IPv5",
           "addressType: IPv4, endpoints: [{}]",
           "addressType: IPv4, endpoints: [{addresses: []}]",
           "addressType: IPv4, endpoints: [{addresses: [fd00::1]}]",
           "addressType: IPv6, endpoints: [{addresses: [10.0.0.1]}]",
           "addressType: IPv4, endpoints: [{addresses: [0.0.0.0]}]",
           "addressType: IPv4, endpoints: [{addresses: [169.254.1.1]}]",
           "addressType: IPv4, endpoints: [{addresses: [224.0.0.1]}]",
           "addressType: IPv6, endpoints: [{addresses: ['fe80::1']}]",
           "addressType: FQDN, endpoints: [{addresses: ['a b']}]",
           "addressType: IPv4, endpoints: [{addresses: [10.0.0.1], conditions: {ready: 'true'}}]",
           "addressType: IPv4, ports: [{port: 0}]",
           "addressType: IPv4, ports: [{name: A, port: 80}]",
           "addressType: IPv4, ports: [{name: a, port: 80}, {name: a, port: 81}]",
           "addressType: IPv4, ports: [{port: 80, protocol: HTTP}]",
       }) {
    EXPECT_NE(first_error(slice(members)), "") << members;
  }
}

TEST(EndpointSlices, MoreEndpointsThanTheApiServerTakesAreRefused) {
  std::string endpoints;
  for (int i = 0; i <= 1000; ++i) {
    endpoints += "{addresses: [10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + "]},";
  }
  EXPECT_NE(first_error(slice("addressType: IPv4, endpoints: [" + endpoints + "]")).find("more than 1000"),
            std::string::npos);
}

TEST(EndpointSlices, OtherVersionsAreIgnoredWithAWarning) {
  const auto objects = parse_manifests(
      "{apiVersion: discovery.k8s.io/v1beta1, kind: EndpointSlice, metadata: {name: a}, addressType: IPv4}", "f");
  ASSERT_TRUE(objects);
  EXPECT_TRUE(objects->endpoint_slices.empty());
  EXPECT_EQ(objects->warnings.size(), 1U);
}

TEST(EndpointSlices, NamesAreNotLookedUp) {
  const auto objects = parse_manifests(slice("addressType: FQDN, endpoints: [{addresses: [db.example.com]}]"), "f");
  ASSERT_TRUE(objects);
  EXPECT_TRUE(objects->endpoint_slices.front().endpoints.empty());
  EXPECT_EQ(objects->warnings.size(), 1U);
}

}  // namespace
}  // namespace gabion::config::kube
