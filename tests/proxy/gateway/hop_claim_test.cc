// What a gateway may say for a pod: everything must be true, and each lie is refused by name.
#include "proxy/gateway/hop_claim.h"

#include "tests/proxy/gateway/gateway_fixture.h"

namespace gabion::proxy {
namespace {

/// orders, on node-b, calls web, on node-a, which this gateway is of.
struct Claim {
  config::SpiffeId peer = {"cluster.local", "gabion-system", "gateway"};
  std::string_view from = "10.0.0.2";
  std::string_view source = "10.1.2.1:40000";
  std::string_view destination = "10.1.1.1:8080";
  std::string identity = "spiffe://cluster.local/ns/shop/sa/orders";
};

class HopClaimTest : public GatewayTest {
 protected:
  static HopVerdict judge(const Snapshot& root, const Claim& claim) {
    return judge_hop(root, claim.peer, ip(claim.from), {at(claim.source), at(claim.destination), claim.identity});
  }
};

TEST_F(HopClaimTest, WhatIsTrueIsTaken) {
  const auto root = make();
  const auto verdict = judge(*root, {});
  ASSERT_NE(verdict.view, nullptr) << verdict.refusal;
  EXPECT_EQ(verdict.view->calls->name(), "shop/web");
  EXPECT_EQ(verdict.caller, id("shop", "orders"));
}

TEST_F(HopClaimTest, ItsOwnPodsComeTheSameWay) {
  const auto root = make();
  Claim own;
  own.from = "10.0.0.1";
  own.source = "10.1.1.2:1";
  own.identity = "spiffe://cluster.local/ns/shop/sa/cart";
  EXPECT_NE(judge(*root, own).view, nullptr);
}

TEST_F(HopClaimTest, EachLieIsRefused) {
  const auto root = make();
  struct Case {
    std::string_view name;
    std::string_view refusal;
    void (*tell)(Claim&);
  };
  const Case cases[] = {
      {"a workload's certificate", "the peer is no gateway", [](Claim& claim) { claim.peer = id("shop", "orders"); }},
      {"another domain", "the peer is no gateway", [](Claim& claim) { claim.peer.trust_domain = "elsewhere"; }},
      {"from no node", "the peer's address is no node's", [](Claim& claim) { claim.from = "10.0.0.3"; }},
      {"from a pod", "the peer's address is no node's", [](Claim& claim) { claim.from = "10.1.2.1"; }},
      {"for a pod of ours", "the caller is a pod of another node than the gateway's that calls for it",
       [](Claim& claim) { claim.source = "10.1.1.2:1"; }},
      {"for nobody", "the caller's address is no pod's that a gateway protects",
       [](Claim& claim) { claim.source = "10.1.2.9:1"; }},
      {"for a pod with a sidecar", "the caller's address is no pod's that a gateway protects",
       [](Claim& claim) { claim.source = "10.1.1.3:1"; }},
      {"for a node", "the caller's address is no pod's that a gateway protects",
       [](Claim& claim) { claim.source = "10.0.0.2:1"; }},
      {"as somebody else", "the identity is not that of the caller's pod",
       [](Claim& claim) { claim.identity = "spiffe://cluster.local/ns/shop/sa/web"; }},
      {"as no id", "the identity is not that of the caller's pod", [](Claim& claim) { claim.identity = "orders"; }},
      {"as more than an id", "the identity is not that of the caller's pod",
       [](Claim& claim) { claim.identity += "/x"; }},
      {"to its own node", "who is called is no pod of this node",
       [](Claim& claim) { claim.destination = "10.1.2.1:1"; }},
      {"to the node itself", "who is called is no pod of this node",
       [](Claim& claim) { claim.destination = "10.0.0.1:15000"; }},
      {"to loopback", "who is called is no pod of this node",
       [](Claim& claim) { claim.destination = "127.0.0.1:15000"; }},
      {"to a pod with a sidecar", "who is called is no pod of this node",
       [](Claim& claim) { claim.destination = "10.1.1.3:1"; }},
  };
  for (const auto& tested : cases) {
    Claim claim;
    tested.tell(claim);
    const auto verdict = judge(*root, claim);
    EXPECT_EQ(verdict.view, nullptr) << tested.name;
    EXPECT_EQ(verdict.refusal, tested.refusal) << tested.name;
  }
}

TEST_F(HopClaimTest, AnAddressOfTwoPodsIsNobodys) {
  write(std::string(kManifests) +
        "---\n{apiVersion: v1, kind: Pod, metadata: {name: twin, namespace: shop}, spec: {nodeName: node-b, "
        "serviceAccountName: orders}, status: {podIP: 10.1.2.1}}\n");
  const auto root = make();
  EXPECT_EQ(judge(*root, {}).view, nullptr);
}

}  // namespace
}  // namespace gabion::proxy
