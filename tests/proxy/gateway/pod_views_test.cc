// What a gateway holds for each pod: whose rules, whose connections, and what becomes of them with the next snapshot.
#include "proxy/gateway/pod_connection.h"

#include "tests/proxy/gateway/gateway_fixture.h"

namespace gabion::proxy {
namespace {

using inspect::Side;

using PodViewsTest = GatewayTest;

TEST_F(PodViewsTest, OneForEachPodOfTheNodeThatHasNoSidecar) {
  const auto root = make();
  ASSERT_EQ(root->pods->all.size(), 2);
  for (const auto& [address, name] :
       {std::pair("10.1.1.1", "shop/web"), std::pair("fd01::1", "shop/web"), std::pair("10.1.1.2", "shop/cart")}) {
    const auto found = root->pods->by_address.find(ip(address));
    ASSERT_NE(found, root->pods->by_address.end()) << address;
    EXPECT_EQ(found->second->pod_name(), name);
  }
  for (const auto* address : {"10.1.1.3", "10.1.2.1", "10.0.0.1"}) {
    EXPECT_FALSE(root->pods->by_address.contains(ip(address))) << address;
  }
}

TEST_F(PodViewsTest, TheGatewaysOwnRulesDenyEverything) {
  const auto root = make();
  for (const auto side : {Side::kIngress, Side::kEgress}) {
    inspect::ConnectionFacts facts;
    facts.side = side;
    facts.peer_address = ip("10.1.2.1");
    facts.port = 80;
    EXPECT_FALSE(root->inspection->policy().decide_connection(facts).allowed());
    EXPECT_TRUE(root->pods->all.front()->inspection->policy().decide_connection(facts).allowed());
  }
}

TEST_F(PodViewsTest, APodIsCalledThroughItsGatewayAndOthersFromTheCallersAddress) {
  const auto root = make();
  const auto calls = [&](std::string_view to) {
    return find_pod(*root, Side::kEgress, at(to), ip(to.front() == '[' ? "fd01::1" : "10.1.1.1"));
  };
  for (const auto& [to, gateway] :
       {std::pair("10.1.2.1:80", "10.0.0.2:15008"), std::pair("10.1.1.2:80", "10.0.0.1:15008"),
        std::pair("[fd02::1]:80", "10.0.0.2:15008")}) {
    const auto found = calls(to);
    ASSERT_NE(found.plan, nullptr) << to;
    const auto& plan = found.plan->upstreams.front();
    ASSERT_EQ(plan.tls, config::UpstreamTls::kHop) << to;
    EXPECT_EQ(plan.hop->gateway, at(gateway));
    EXPECT_EQ(plan.hop->identity, "spiffe://cluster.local/ns/shop/sa/web");
    EXPECT_EQ(plan.destination, at(to));
    EXPECT_EQ(plan.source, ip("10.0.0.1"));
    EXPECT_FALSE(plan.source_is_foreign);
    EXPECT_TRUE(is_reachable(reachable_pool_keys(*root), plan.pool_key));
  }
  const auto outside = calls("192.0.2.1:443");
  ASSERT_NE(outside.plan, nullptr);
  EXPECT_EQ(outside.plan->upstreams.front().tls, config::UpstreamTls::kDisable);
  EXPECT_EQ(outside.plan->upstreams.front().source, ip("10.1.1.1"));
  EXPECT_TRUE(outside.plan->upstreams.front().source_is_foreign);
  const auto node = calls("10.0.0.1:443");  // what its own kernel answers would go to the pod itself
  EXPECT_FALSE(node.plan->upstreams.front().source_is_foreign);
}

TEST_F(PodViewsTest, PodsShareNoConnections) {
  const auto root = make();
  const auto key = [&](std::string_view from) {
    return find_pod(*root, Side::kEgress, at("10.1.2.1:80"), ip(from)).plan->upstreams.front().pool_key;
  };
  EXPECT_NE(key("10.1.1.1"), key("10.1.1.2"));
  const auto in = [&](std::string_view caller) {
    return find_pod(*root, Side::kIngress, at("10.1.1.1:80"), ip(caller)).plan->upstreams.front().pool_key;
  };
  EXPECT_NE(in("192.0.2.1"), in("192.0.2.2"));
}

TEST_F(PodViewsTest, WhoIsNoPodOfTheNodeIsRefused) {
  const auto root = make();
  struct Case {
    Side side;
    std::string_view original;
    std::string_view caller;
    Reason reason;
  };
  for (const auto& tested : {Case{Side::kEgress, "10.1.2.1:80", "10.1.1.9", Reason::kUnknownPod},
                             Case{Side::kEgress, "10.1.2.1:80", "10.1.1.3", Reason::kUnknownPod},
                             Case{Side::kIngress, "10.1.1.9:80", "192.0.2.1", Reason::kUnknownPod},
                             Case{Side::kIngress, "10.1.1.1:80", "10.1.2.1", Reason::kHopRefused},
                             Case{Side::kEgress, "10.0.0.1:15008", "10.1.1.1", Reason::kLoopRefused},
                             Case{Side::kIngress, "10.0.0.1:15006", "192.0.2.1", Reason::kLoopRefused}}) {
    const auto found = find_pod(*root, tested.side, at(tested.original), ip(tested.caller));
    EXPECT_EQ(found.plan, nullptr) << tested.original;
    EXPECT_EQ(found.refusal, tested.reason) << tested.original << " " << tested.caller;
  }
  EXPECT_NE(find_pod(*root, Side::kIngress, at("10.1.1.1:80"), ip("10.1.1.3")).plan, nullptr)
      << "a sidecar says it itself";
}

TEST_F(PodViewsTest, TheNextSnapshotHasTheSamePodUntilItIsAnother) {
  const auto first = make();
  const auto view = first->pods->by_address.at(ip("10.1.1.1"));
  const std::shared_ptr<const Snapshot> second = make("", 2);
  EXPECT_EQ(newest(second, view), second->pods->by_address.at(ip("10.1.1.1")));
  std::string renamed(kManifests);
  renamed.replace(renamed.find("uid: u1"), 7, "uid: u9");
  write(renamed);
  const std::shared_ptr<const Snapshot> third = make("", 3);
  EXPECT_EQ(newest(third, view), view) << "the pod that took its place inherits nothing";
}

TEST_F(PodViewsTest, EndpointsOfAServiceArePlannedOnceForAPodAndAGeneration) {
  write(
      std::string(kManifests) +
      "---\n{apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}, spec: {clusterIP: 10.96.0.1, ports: "
      "[{name: http, port: 80}]}}\n---\n"
      "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: s-1, namespace: "
      "shop, labels: {kubernetes.io/service-name: s}}, ports: [{name: http, port: 8080}], endpoints: [{addresses: "
      "[10.1.2.1]}, {addresses: [10.1.1.2]}]}\n");
  WorkerMetrics metrics;
  KeptPlans kept(metrics);
  const auto call = [&](const Snapshot& root, std::string_view from) {
    return proxy::find_pod(root, Side::kEgress, at("10.96.0.1:80"), ip(from), kept).plan;
  };
  const auto first = make("", 1);
  const auto planned = call(*first, "10.1.1.1");
  ASSERT_NE(planned, nullptr);
  EXPECT_EQ(planned->services.front()->endpoints.size(), 2);
  EXPECT_EQ(call(*first, "10.1.1.1"), planned);
  EXPECT_NE(call(*first, "10.1.1.2"), planned) << "another pod calls as itself";
  EXPECT_EQ(kept.endpoints(), 6);
  const auto second = make("", 2);
  const auto later = call(*second, "10.1.1.1");
  EXPECT_NE(later, planned);
  EXPECT_NE(later->services.front()->endpoints.front().plan.pool_key,
            planned->services.front()->endpoints.front().plan.pool_key);
  EXPECT_EQ(current_plan(*second->pods->by_address.at(ip("10.1.1.1")), *planned, kept), later);
  EXPECT_EQ(kept.endpoints(), 3);
}

TEST_F(PodViewsTest, MorePodsThanAreAllowedAreRefused) {
  auto root = make();
  root->config.gateway->max_pods = 1;
  const auto refused = inspect::Snapshot::compile(root->config, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().front().where, "gateway.maxPods");
}

}  // namespace
}  // namespace gabion::proxy
