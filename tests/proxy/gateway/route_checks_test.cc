// Routes that a gateway cannot follow: told at their place where it can be known, never taken for unnamed addresses.
#include "proxy/gateway/route_checks.h"

#include "tests/proxy/gateway/gateway_fixture.h"

namespace gabion::proxy {
namespace {

using inspect::Side;

constexpr std::string_view kService =
    "---\n{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {clusterIP: 10.96.0.1, ports: "
    "[{name: sql, port: 5432}]}}\n---\n"
    "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: db-1, namespace: shop, "
    "labels: {kubernetes.io/service-name: db}}, ports: [{name: sql, port: 5432}], endpoints: [{addresses: "
    "[10.1.2.1]}]}\n";

class RouteChecksTest : public GatewayTest {
 protected:
  static std::string route(std::string_view keys, std::string_view tls = "REQUIRE") {
    return "outbound:\n- name: db\n  protocol: postgres\n  routes:\n  - {" + std::string(keys) +
           ", tls: {mode: " + std::string(tls) + "}}\n";
  }
  static PodConnection call(const Snapshot& root, std::string_view to, std::string_view from = "10.1.1.1") {
    return find_pod(root, Side::kEgress, at(to), ip(from));
  }
};

TEST_F(RouteChecksTest, ARouteWithADatabasesTlsToAProtectedPodIsToldAtItsPlace) {
  const auto root = make(route("destination: \"10.1.2.1:5432\""));
  const auto errors = routes_that_cannot_hold(*root);
  ASSERT_EQ(errors.size(), 1);
  EXPECT_EQ(errors.front().where, (folder_ / "gabion.yaml").string() + ":12: outbound[0].routes[0].tls");
  EXPECT_NE(errors.front().what.find("shop/orders"), std::string::npos) << errors.front().what;
}

TEST_F(RouteChecksTest, OtherRoutesHold) {
  EXPECT_TRUE(routes_that_cannot_hold(*make(route("destination: \"10.1.2.1:5432\"", "DISABLE"))).empty());
  for (const auto* outside : {"192.0.2.1:5432", "10.1.1.3:5432", "10.0.0.2:5432"}) {  // nobody's, a sidecar's, a node's
    const auto root = make(route("destination: \"" + std::string(outside) + "\""));
    EXPECT_TRUE(routes_that_cannot_hold(*root).empty()) << outside;
    const auto found = call(*root, outside);
    ASSERT_NE(found.plan, nullptr) << outside;
    EXPECT_EQ(found.plan->name, "db");
    EXPECT_EQ(found.plan->upstreams.front().tls, config::UpstreamTls::kDatabase);
  }
}

TEST_F(RouteChecksTest, WhatItNamesIsRefusedAndNotCalledOtherwise) {
  const auto root = make(route("destination: \"10.1.2.1:5432\""));
  const auto refused = call(*root, "10.1.2.1:5432");
  EXPECT_EQ(refused.plan, nullptr);
  EXPECT_EQ(refused.refusal, Reason::kUncallableDestination);
  EXPECT_EQ(refused.detail, "TLS of a database's own, and who is called is a pod that a gateway protects");
  EXPECT_NE(refused.view, nullptr) << "whose call it was is told";
  const auto other = call(*root, "10.1.2.1:80");
  ASSERT_NE(other.plan, nullptr) << "another port is not what it names";
  EXPECT_EQ(other.plan->upstreams.front().tls, config::UpstreamTls::kHop);
}

TEST_F(RouteChecksTest, APlanOfBeforeIsNotUsedOnceThePodIsProtected) {
  std::string unprotected(kManifests);
  unprotected.replace(unprotected.find("nodeName: node-b"), 16, "hostNetwork: true");
  write(unprotected);
  const auto before = make(route("destination: \"10.1.2.1:5432\""));
  EXPECT_TRUE(routes_that_cannot_hold(*before).empty());
  const auto plan = call(*before, "10.1.2.1:5432").plan;
  ASSERT_NE(plan, nullptr);
  const std::string key = plan->upstreams.front().pool_key;
  EXPECT_TRUE(is_reachable(reachable_pool_keys(*before), key));
  write(kManifests);
  const auto after = make(route("destination: \"10.1.2.1:5432\""), 2);
  WorkerMetrics metrics;
  KeptPlans kept(metrics);
  EXPECT_EQ(current_plan(*after->pods->by_address.at(ip("10.1.1.1")), *plan, kept), nullptr);
  EXPECT_FALSE(is_reachable(reachable_pool_keys(*after), key));
}

TEST_F(RouteChecksTest, AServiceWithSuchEndpointsLikewise) {
  write(std::string(kManifests) + std::string(kService));
  const auto root = make(route("service: {namespace: shop, name: db, port: sql}"));
  ASSERT_EQ(routes_that_cannot_hold(*root).size(), 1);
  const auto refused = call(*root, "10.96.0.1:5432");
  EXPECT_EQ(refused.plan, nullptr);
  EXPECT_EQ(refused.refusal, Reason::kUncallableDestination);
  const auto plain = make(route("service: {namespace: shop, name: db, port: sql}", "DISABLE"));
  EXPECT_TRUE(routes_that_cannot_hold(*plain).empty());
  EXPECT_NE(call(*plain, "10.96.0.1:5432").plan, nullptr);
}

TEST_F(RouteChecksTest, APodWithoutAnAddressOfTheFamilyIsRefusedWhatTheRouteNames) {
  const auto root = make(
      "outbound: [{name: db, protocol: postgres, routes: [{destination: \"[2001:db8::1]:5432\", pod: 192.0.2.9, tls: "
      "{mode: DISABLE}}]}]\n");
  EXPECT_NE(call(*root, "192.0.2.9:5432").plan, nullptr);
  const auto refused = call(*root, "192.0.2.9:5432", "10.1.1.2");
  EXPECT_EQ(refused.plan, nullptr);
  EXPECT_EQ(refused.refusal, Reason::kUncallableDestination);
  EXPECT_EQ(refused.detail, "the pod that calls has no address of that family");
}

TEST_F(RouteChecksTest, APodOfANodeWhoseAddressNobodySaysIsRefused) {
  write(std::string(kManifests) +
        "---\n{apiVersion: v1, kind: Pod, metadata: {name: far, namespace: shop, uid: u9}, spec: {nodeName: node-c}, "
        "status: {podIP: 10.1.3.1}}\n");
  const auto refused = call(*make(), "10.1.3.1:80");
  EXPECT_EQ(refused.plan, nullptr);
  EXPECT_EQ(refused.refusal, Reason::kUncallableDestination);
}

}  // namespace
}  // namespace gabion::proxy
