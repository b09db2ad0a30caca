// A gateway's snapshot for tests: two nodes, three pods without a sidecar, one with, one of the host's network.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "proxy/gateway/pod_connection.h"
#include "proxy/gateway/pod_views.h"

namespace gabion::proxy {

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() : folder_(std::filesystem::temp_directory_path() / ("gabion-gateway-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    write(kManifests);
  }
  ~GatewayTest() override { std::filesystem::remove_all(folder_); }

  static constexpr std::string_view kManifests =
      "{apiVersion: v1, kind: Node, metadata: {name: node-a}, status: {addresses: [{type: InternalIP, address: "
      "10.0.0.1}]}}\n---\n"
      "{apiVersion: v1, kind: Node, metadata: {name: node-b}, status: {addresses: [{type: InternalIP, address: "
      "10.0.0.2}]}}\n---\n"
      "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, uid: u1}, spec: {nodeName: node-a, "
      "serviceAccountName: web}, status: {podIP: 10.1.1.1, podIPs: [{ip: 10.1.1.1}, {ip: \"fd01::1\"}]}}\n---\n"
      "{apiVersion: v1, kind: Pod, metadata: {name: cart, namespace: shop, uid: u2}, spec: {nodeName: node-a, "
      "serviceAccountName: cart}, status: {podIP: 10.1.1.2}}\n---\n"
      "{apiVersion: v1, kind: Pod, metadata: {name: orders, namespace: shop, uid: u3}, spec: {nodeName: node-b, "
      "serviceAccountName: orders}, status: {podIP: 10.1.2.1, podIPs: [{ip: 10.1.2.1}, {ip: \"fd02::1\"}]}}\n---\n"
      "{apiVersion: v1, kind: Pod, metadata: {name: own, namespace: shop, annotations: {gabion.dev/status: x}}, spec: "
      "{nodeName: node-a, containers: [{name: gabion}]}, status: {podIP: 10.1.1.3}}\n---\n"
      "{apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: shop}, spec: {nodeName: node-a, hostNetwork: "
      "true}, status: {podIP: 10.0.0.1}}\n";

  void write(std::string_view manifests) { std::ofstream(folder_ / "all.yaml", std::ios::trunc) << manifests; }

  /// `sections` follow those that every gateway has.
  std::shared_ptr<Snapshot> make(std::string_view sections = "", std::uint64_t generation = 1) {
    const std::string text =
        "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nmode: gateway\n"
        "gateway: {node: node-a, peers: [\"spiffe://cluster.local/ns/gabion-system/sa/gateway\"]}\n"
        "identity: {certificate: a, key: b, trustBundle: c, trustDomain: cluster.local}\n"
        "capture: {inbound: {}, outbound: {}}\n"
        "policy: {directory: " +
        folder_.string() + "}\n" + std::string(sections);
    auto config = config::parse_proxy_config(text, folder_ / "gabion.yaml", false);
    EXPECT_TRUE(config) << (config ? "" : config.error().front().to_string());
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->generation = generation;
    snapshot->config = *std::move(config);
    auto inspection = inspect::Snapshot::compile(snapshot->config, generation);
    EXPECT_TRUE(inspection) << (inspection ? "" : inspection.error().front().to_string());
    snapshot->inspection = *std::move(inspection);
    config::Errors errors;
    add_pods(*snapshot, errors);
    EXPECT_TRUE(errors.empty()) << (errors.empty() ? "" : errors.front().to_string());
    return snapshot;
  }

  /// As for a worker that has kept nothing.
  static PodConnection find_pod(const Snapshot& root, inspect::Side side, const config::Endpoint& original,
                                const config::IpAddress& caller) {
    WorkerMetrics metrics;
    KeptPlans kept(metrics);
    return proxy::find_pod(root, side, original, caller, kept);
  }

  static config::IpAddress ip(std::string_view text) { return *config::IpAddress::parse(text); }
  static config::Endpoint at(std::string_view text) { return *config::Endpoint::parse(text); }
  static config::SpiffeId id(std::string_view name_space, std::string_view account) {
    return {"cluster.local", std::string(name_space), std::string(account)};
  }

  std::filesystem::path folder_;
};

}  // namespace gabion::proxy
