// `mode: gateway` of gabion.yaml: what it needs, what its defaults are, and what a gateway cannot do.
#include <gtest/gtest.h>

#include "config/proxy_config.h"
#include "config/proxy_config_json.h"

namespace gabion::config {
namespace {

constexpr std::string_view kHead = "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\npolicy: {directory: policy}\n";
constexpr std::string_view kIdentity =
    "identity: {certificate: a, key: b, trustBundle: c, trustDomain: cluster.local}\n";
constexpr std::string_view kGateway =
    "mode: gateway\ngateway: {node: node-a, peers: [\"spiffe://cluster.local/ns/gabion-system/sa/gateway\"]}\n";
constexpr std::string_view kCapture = "capture: {inbound: {}, outbound: {}}\n";

CheckedResult<ProxyConfig> parse(std::string_view a, std::string_view b = "", std::string_view c = "",
                                 std::string_view d = "") {
  return parse_proxy_config(std::string(kHead) + std::string(a) + std::string(b) + std::string(c) + std::string(d),
                            "g.yaml", false);
}

std::string refusal(const CheckedResult<ProxyConfig>& config) {
  std::string all;
  for (const Error& error : config ? Errors{} : config.error()) {
    all += (all.empty() ? "" : "\n") + error.to_string();
  }
  return all;
}

TEST(GatewayConfig, HasDefaultsOfItsOwn) {
  const auto config = parse(kIdentity, kGateway, kCapture);
  ASSERT_TRUE(config) << refusal(config);
  ASSERT_TRUE(config->gateway);
  EXPECT_EQ(config->gateway->node, "node-a");
  EXPECT_EQ(config->gateway->port, 15008);
  EXPECT_EQ(config->gateway->max_pods, 256);
  EXPECT_EQ(config->gateway->pending_hops, 1000);
  EXPECT_EQ(config->gateway->hop, (std::vector{*Endpoint::parse("0.0.0.0:15008"), *Endpoint::parse("[::]:15008")}));
  EXPECT_EQ(config->capture.undeclared, UndeclaredPort::kAuto);
  EXPECT_EQ(config->capture.inbound_tls, TlsMode::kDisable);
  EXPECT_EQ(config->capture.unknown, UnknownDestination::kAllow);
  EXPECT_EQ(config->capture.tls, UpstreamTls::kDisable);
  EXPECT_EQ(config->capture.inbound_mode, CaptureMode::kTproxy);
  EXPECT_EQ(config->capture.outbound_mode, CaptureMode::kTproxy);
}

TEST(GatewayConfig, IsReadWholeAndShown) {
  const auto config =
      parse(kIdentity,
            "mode: gateway\ngateway:\n  node: node-a\n  listen: \"10.0.0.1:15010\"\n  port: 15010\n  nodes: [node-a, "
            "node-b]\n"
            "  maxPods: 3\n  pendingHops: 4\n  peers: [\"spiffe://cluster.local/ns/x/sa/a\", "
            "\"spiffe://cluster.local/ns/x/sa/b\"]\n",
            "capture: {inbound: {undeclared: deny}, outbound: {unknown: deny}}\n",
            "inbound: [{port: 80, protocol: http}]\n"
            "outbound: [{protocol: http, routes: [{destination: \"192.0.2.1:80\"}]}]\n");
  ASSERT_TRUE(config) << refusal(config);
  EXPECT_EQ(config->gateway->hop, std::vector{*Endpoint::parse("10.0.0.1:15010")});
  EXPECT_EQ(config->gateway->nodes.size(), 2);
  EXPECT_EQ(config->gateway->peers.size(), 2);
  EXPECT_EQ(config->capture.undeclared, UndeclaredPort::kDeny);
  EXPECT_EQ(config->capture.unknown, UnknownDestination::kDeny);
  EXPECT_EQ(config->inbound.front().tls, TlsMode::kDisable);
  EXPECT_EQ(config->outbound.front().routes.front().tls, UpstreamTls::kDisable);
  const std::string shown = to_json(*config);
  for (const auto* part : {"\"mode\": \"gateway\"", "\"node\": \"node-a\"", "\"maxPods\": 3", "\"pendingHops\": 4",
                           "spiffe://cluster.local/ns/x/sa/b"}) {
    EXPECT_NE(shown.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(shown.find("workload"), std::string::npos);
}

TEST(GatewayConfig, WhatCannotBeIsToldWithItsPlace) {
  const std::string whole = std::string(kIdentity) + std::string(kGateway) + std::string(kCapture);
  struct Case {
    std::string text;
    std::string_view refusal;
  };
  const Case cases[] = {
      {std::string(kIdentity) + "mode: node\n" + std::string(kCapture), "mode: "},
      {whole + "workload: {namespace: a, pod: b}\n",
       "workload: a gateway stands for all pods of gateway.node, not for one"},
      {std::string(kIdentity) + "workload: {namespace: a, pod: b}\ngateway: {node: a, peers: []}\n" +
           std::string(kCapture),
       "gateway: needs mode: gateway"},
      {std::string(kIdentity) + "mode: gateway\n" + std::string(kCapture), "gateway: is required"},
      {std::string(kIdentity) + "mode: gateway\ngateway: {peers: [\"spiffe://cluster.local/ns/x/sa/a\"]}\n" +
           std::string(kCapture),
       "gateway.node: is required"},
      {std::string(kIdentity) + "mode: gateway\ngateway: {node: a}\n" + std::string(kCapture),
       "gateway.peers: is required"},
      {std::string(kIdentity) + "mode: gateway\ngateway: {node: a, peers: [\"spiffe://other/ns/x/sa/a\"]}\n" +
           std::string(kCapture),
       "gateway.peers[0]: is of another trust domain than identity.trustDomain, cluster.local"},
      {std::string(kGateway) + std::string(kCapture),
       "gateway: gateways know each other by certificates: needs the section identity"},
      {std::string(kIdentity) + std::string(kGateway) + "inbound: [{port: 80, protocol: http}]\n",
       "mode gateway: needs capture, with inbound and outbound"},
      {std::string(kIdentity) + std::string(kGateway) + "capture: {inbound: {}}\n",
       "capture: mode gateway: needs inbound and outbound"},
      {std::string(kIdentity) + std::string(kGateway) + "capture: {inbound: {tls: STRICT}, outbound: {}}\n",
       "capture.inbound.tls: mode gateway: what comes without a gateway is plain text to the pod"},
      {std::string(kIdentity) + std::string(kGateway) + "capture: {inbound: {}, outbound: {tls: MUTUAL}}\n",
       "capture.outbound.tls: mode gateway: who is called decides"},
      {std::string(kIdentity) + std::string(kGateway) + "capture: {inbound: {mode: redirect}, outbound: {}}\n",
       "capture.inbound.mode: mode gateway: by redirect nobody would know who calls"},
      {whole + "inbound: [{port: 80, protocol: http, tls: STRICT}]\n",
       "inbound[0].tls: mode gateway: it has no certificate of the pod's"},
      {whole + "inbound: [{listen: \"127.0.0.2:80\", port: 80, protocol: http, target: \"127.0.0.1:80\"}]\n",
       "inbound[0].listen: mode gateway: connections are captured"},
      {whole + "outbound: [{protocol: http, routes: [{destination: \"192.0.2.1:80\", tls: {mode: MUTUAL, serverIds: "
               "[\"spiffe://cluster.local/ns/x/sa/a\"]}}]}]\n",
       "outbound[0].routes[0].tls.mode: mode gateway: it has no certificate of the pod's"},
      {whole + "outbound: [{protocol: http, sourceAddress: 10.0.0.1, routes: [{destination: \"192.0.2.1:80\"}]}]\n",
       "outbound[0].sourceAddress: mode gateway: pods are called from the address of the pod that calls"},
  };
  for (const auto& tested : cases) {
    const auto text = refusal(parse(tested.text));
    EXPECT_NE(text.find(tested.refusal), std::string::npos) << tested.text << "\n" << text;
  }
}

TEST(GatewayConfig, ASidecarHasNone) {
  const auto config = parse(kIdentity, "mode: sidecar\nworkload: {namespace: a, pod: b}\n", kCapture);
  ASSERT_TRUE(config) << refusal(config);
  EXPECT_FALSE(config->gateway);
}

}  // namespace
}  // namespace gabion::config
