// Where captured connections go: by declared port, by route, by the inventory, or nowhere.
#include "proxy/capture/captured_plan.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "proxy/capture/capture_plans.h"

namespace gabion::proxy {
namespace {

using inspect::Side;

constexpr std::string_view kManifests =
    "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, status: {podIP: 10.0.0.9}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: orders-0, namespace: shop}, spec: {serviceAccountName: orders},"
    " status: {phase: Running, podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}, {ip: \"fd00::2\"}]}}\n";

config::Endpoint at(std::string_view text) {
  return *config::Endpoint::parse(text);
}

/// As for a worker that has kept nothing.
CapturedPlan plan_captured(const Snapshot& snapshot, Side side, const CapturedCall& call) {
  WorkerMetrics metrics;
  KeptPlans kept(metrics);
  return proxy::plan_captured(snapshot, side, call, kept);
}

PlanRef current_plan(const Snapshot& snapshot, const ListenerPlan& earlier) {
  WorkerMetrics metrics;
  KeptPlans kept(metrics);
  return proxy::current_plan(snapshot, earlier, kept);
}

class CapturedPlanTest : public ::testing::Test {
 protected:
  CapturedPlanTest()
      : folder_(std::filesystem::temp_directory_path() / ("gabion-capture-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "all.yaml", std::ios::trunc) << kManifests;
  }
  ~CapturedPlanTest() override { std::filesystem::remove_all(folder_); }

  std::shared_ptr<const Snapshot> make(std::string_view sections, std::uint64_t generation = 1) {
    const std::string text =
        "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: shop, pod: web}\n"
        "policy: {directory: " +
        folder_.string() +
        "}\n"
        "inspection: {profiles: {default: {attacks: off, paymentCards: off}}}\n" +
        std::string(sections);
    auto config = config::parse_proxy_config(text, folder_ / "gabion.yaml", true);
    EXPECT_TRUE(config) << (config ? "" : config.error().front().to_string());
    auto snapshot = Snapshot::make(*std::move(config), generation);
    EXPECT_TRUE(snapshot) << (snapshot ? "" : snapshot.error().front().to_string());
    return *snapshot;
  }

  std::filesystem::path folder_;
};

constexpr std::string_view kInbound = "capture: {inbound: {}}\ninbound: [{port: 80, protocol: http, tls: DISABLE}]\n";
constexpr std::string_view kOutbound =
    "capture: {outbound: {tls: DISABLE}}\n"
    "outbound: [{name: db, protocol: postgres, routes: [{destination: \"10.0.0.2:5432\", pod: 10.0.0.2, tls: {mode: "
    "DISABLE}}]}]\n";

TEST_F(CapturedPlanTest, ADeclaredPortGoesOnToWhereItWasGoing) {
  const auto snapshot = make(kInbound);
  EXPECT_EQ(snapshot->sockets.size(), 2);
  for (const auto& [original, source] : {std::pair("10.0.0.9:80", "127.0.0.6"), std::pair("[fd00::9]:80", "::6")}) {
    const auto found = plan_captured(*snapshot, Side::kIngress, {at(original), at("10.0.0.9:15006"), {}});
    ASSERT_NE(found.plan, nullptr);
    EXPECT_EQ(found.plan->listen, at(original));
    EXPECT_EQ(found.plan->upstreams.front().destination, at(original));
    EXPECT_EQ(found.plan->upstreams.front().source->to_string(), source);
    EXPECT_TRUE(is_reachable(reachable_pool_keys(*snapshot), found.plan->upstreams.front().pool_key));
  }
}

TEST_F(CapturedPlanTest, OtherPortsAreRefused) {
  const auto found = plan_captured(*make(kInbound), Side::kIngress, {at("10.0.0.9:81"), at("10.0.0.9:15006"), {}});
  EXPECT_EQ(found.plan, nullptr);
  EXPECT_EQ(found.refusal, Reason::kUndeclaredPort);
}

TEST_F(CapturedPlanTest, OurOwnListenersAreNobodysDestination) {
  const auto snapshot = make("capture: {inbound: {}, outbound: {tls: DISABLE}}\n");
  struct Case {
    Side side;
    std::string_view original;
    std::string_view local;
    Reason refusal;
  };
  const Case cases[] = {
      {Side::kIngress, "10.0.0.9:15006", "10.0.0.9:15006", Reason::kLoopRefused},
      {Side::kIngress, "10.0.0.8:15006", "10.0.0.9:15006", Reason::kLoopRefused},  // another address of this pod
      {Side::kIngress, "10.0.0.9:15001", "10.0.0.9:15006", Reason::kLoopRefused},
      {Side::kEgress, "127.0.0.1:15001", "127.0.0.1:15001", Reason::kLoopRefused},
      {Side::kEgress, "10.7.7.7:15001", "127.0.0.1:15001", Reason::kUnknownDestination},  // of another pod
  };
  for (const auto& tested : cases) {
    const auto found = plan_captured(*snapshot, tested.side, {at(tested.original), at(tested.local), {}});
    EXPECT_EQ(found.plan, nullptr) << tested.original;
    EXPECT_EQ(found.refusal, tested.refusal) << tested.original;
  }
}

TEST_F(CapturedPlanTest, ARouteIsFoundByWhatTheApplicationCalls) {
  const auto found = plan_captured(*make(kOutbound), Side::kEgress, {at("10.0.0.2:5432"), at("127.0.0.1:15001"), {}});
  ASSERT_NE(found.plan, nullptr);
  EXPECT_EQ(found.plan->name, "db");
  EXPECT_EQ(found.plan->protocol, config::Protocol::kPostgres);
  EXPECT_EQ(found.plan->upstreams.size(), 1);
}

TEST_F(CapturedPlanTest, APodOfTheInventoryIsCalledWhereItIs) {
  const auto snapshot = make(kOutbound);
  for (const std::string_view original : {"10.0.0.2:8080", "[fd00::2]:8080"}) {
    const auto found = plan_captured(*snapshot, Side::kEgress, {at(original), at("127.0.0.1:15001"), {}});
    ASSERT_NE(found.plan, nullptr) << original;
    EXPECT_EQ(found.plan->name, kCaptureOutbound);
    EXPECT_EQ(found.plan->upstreams.front().name, "shop/orders-0");
    EXPECT_EQ(found.plan->upstreams.front().destination, at(original));
    EXPECT_EQ(egress_facts(found.plan->routes.front()).port, 8080);
  }
}

TEST_F(CapturedPlanTest, WhatNobodyKnowsIsRefusedUnlessItIsAllowed) {
  const auto denied = plan_captured(*make("capture: {outbound: {tls: DISABLE}}\n"), Side::kEgress,
                                    {at("192.0.2.1:80"), at("127.0.0.1:15001"), {}});
  EXPECT_EQ(denied.plan, nullptr);
  EXPECT_EQ(denied.refusal, Reason::kUnknownDestination);
  const auto snapshot = make("capture: {outbound: {tls: DISABLE, unknown: allow}}\n");
  const auto allowed = plan_captured(*snapshot, Side::kEgress, {at("192.0.2.1:80"), at("127.0.0.1:15001"), {}});
  ASSERT_NE(allowed.plan, nullptr);
  EXPECT_EQ(allowed.plan->protocol, config::Protocol::kAuto);
  EXPECT_EQ(allowed.plan->upstreams.front().destination, at("192.0.2.1:80"));
  EXPECT_EQ(allowed.plan->upstreams.front().tls, config::UpstreamTls::kDisable);
}

TEST_F(CapturedPlanTest, PortsThatNobodyDeclaredAreServedWhereThatIsSaid) {
  const auto snapshot = make("capture: {inbound: {undeclared: auto, tls: DISABLE}}\n");
  const auto found = plan_captured(*snapshot, Side::kIngress, {at("10.0.0.9:9999"), at("10.0.0.9:15006"), {}});
  ASSERT_NE(found.plan, nullptr);
  EXPECT_EQ(found.plan->protocol, config::Protocol::kAuto);
  EXPECT_EQ(found.plan->port, 9999);
  EXPECT_EQ(found.plan->upstreams.front().destination, at("10.0.0.9:9999"));
}

constexpr std::string_view kTransparent =
    "capture: {inbound: {mode: tproxy}}\ninbound: [{port: 80, protocol: http, tls: DISABLE}]\n";

TEST_F(CapturedPlanTest, ByTproxyTheApplicationIsCalledFromItsCallersAddress) {
  const auto snapshot = make(kTransparent);
  for (const std::string_view caller : {"192.0.2.7", "192.0.2.8"}) {
    const CapturedCall call{at("10.0.0.9:80"), at("10.0.0.9:80"), *config::IpAddress::parse(caller)};
    const auto found = plan_captured(*snapshot, Side::kIngress, call);
    ASSERT_NE(found.plan, nullptr) << caller;
    const auto& target = found.plan->upstreams.front();
    EXPECT_EQ(target.destination, at("10.0.0.9:80"));
    EXPECT_EQ(target.source, call.caller);
    EXPECT_TRUE(target.source_is_foreign);
    EXPECT_TRUE(is_reachable(reachable_pool_keys(*snapshot), target.pool_key));
    const auto later = current_plan(*make(kTransparent, 2), *found.plan);
    ASSERT_NE(later, nullptr);
    EXPECT_EQ(later->upstreams.front().pool_key, target.pool_key);
  }
}

TEST_F(CapturedPlanTest, ByTproxyACallerOfOneInterfaceIsAnsweredAsByRedirect) {
  const auto snapshot = make(kTransparent);
  for (const auto& [caller, seen] : {std::pair("fe80::7", "::6"), std::pair("febf::7", "::6"),
                                     std::pair("fec0::7", "fec0::7"), std::pair("fd00::7", "fd00::7")}) {
    const auto found = plan_captured(*snapshot, Side::kIngress,
                                     {at("[fd00::9]:80"), at("[fd00::9]:80"), *config::IpAddress::parse(caller)});
    ASSERT_NE(found.plan, nullptr) << caller;
    const auto& target = found.plan->upstreams.front();
    EXPECT_EQ(target.source->to_string(), seen);
    EXPECT_EQ(target.source_is_foreign, target.source == found.plan->caller) << caller;
  }
}

TEST_F(CapturedPlanTest, ByTproxyNoTwoCallersShareAConnection) {
  const auto snapshot = make(kTransparent);
  const auto key = [&](std::string_view caller) {
    return plan_captured(*snapshot, Side::kIngress,
                         {at("10.0.0.9:80"), at("10.0.0.9:80"), *config::IpAddress::parse(caller)})
        .plan->upstreams.front()
        .pool_key;
  };
  EXPECT_EQ(key("192.0.2.7"), key("192.0.2.7"));
  EXPECT_NE(key("192.0.2.7"), key("192.0.2.8"));
}

TEST_F(CapturedPlanTest, ByTproxyOurOwnPortsAreNoPlaceToCall) {
  const auto snapshot = make("capture: {inbound: {mode: tproxy}, outbound: {mode: tproxy, tls: DISABLE}}\n");
  for (const auto side : {Side::kIngress, Side::kEgress}) {
    for (const std::string_view called : {"10.0.0.9:15006", "10.0.0.9:15001", "[fd00::9]:15006"}) {
      EXPECT_EQ(plan_captured(*snapshot, side, {at(called), at(called), {}}).refusal, Reason::kLoopRefused) << called;
    }
  }
}

TEST_F(CapturedPlanTest, ARouteToAServiceGoesToTheFamilyThatIsDialled) {
  std::ofstream(folder_ / "service.yaml", std::ios::trunc)
      << "{apiVersion: v1, kind: Service, metadata: {name: orders, namespace: shop}, spec: {clusterIPs: [10.96.0.1, "
         "\"fd96::1\"], clusterIP: 10.96.0.1, ipFamilies: [IPv4, IPv6], ports: [{name: http, port: 80, targetPort: "
         "8080}]}}\n";
  for (const auto& [family, pod] : {std::pair("IPv4", "10.0.0.2"), std::pair("IPv6", "fd00::2")}) {
    std::ofstream(folder_ / (std::string(family) + ".yaml"), std::ios::trunc)
        << "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: " << family << ", metadata: {name: o-"
        << (family == std::string("IPv4") ? 4 : 6)
        << ", namespace: shop, labels: {kubernetes.io/service-name: orders}}, ports: [{name: http, port: 8080}], "
           "endpoints: [{addresses: [\""
        << pod << "\"]}]}\n";
  }
  constexpr std::string_view kRoute =
      "outbound: [{name: calls, protocol: http, routes: [{service: {namespace: shop, name: orders, port: http}, tls: "
      "{mode: DISABLE}}]}]\n";
  const auto snapshot = make("capture: {outbound: {tls: DISABLE}}\n" + std::string(kRoute));
  for (const auto& [dialled, endpoint] :
       {std::pair("10.96.0.1:80", "10.0.0.2:8080"), std::pair("[fd96::1]:80", "[fd00::2]:8080")}) {
    const auto found = plan_captured(*snapshot, Side::kEgress, {at(dialled), at("127.0.0.1:15001"), {}});
    ASSERT_NE(found.plan, nullptr) << dialled;
    EXPECT_EQ(found.plan->name, "calls");
    ASSERT_EQ(found.plan->services.front()->at, std::vector{at(endpoint)}) << dialled;
    const auto& key = found.plan->services.front()->endpoints.front().plan.pool_key;
    EXPECT_TRUE(is_reachable(reachable_pool_keys(*snapshot), key)) << dialled;
  }
}

TEST_F(CapturedPlanTest, ALaterSnapshotSaysWhatIsThereNow) {
  const auto before = make(kInbound);
  const auto plan = plan_captured(*before, Side::kIngress, {at("10.0.0.9:80"), at("10.0.0.9:15006"), {}}).plan;
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(current_plan(*make(kInbound, 2), *plan)->upstreams.front().destination, at("10.0.0.9:80"));
  const auto without = make("capture: {inbound: {}}\n", 2);
  EXPECT_EQ(current_plan(*without, *plan), nullptr);
  EXPECT_FALSE(is_reachable(reachable_pool_keys(*without), plan->upstreams.front().pool_key));
}

TEST_F(CapturedPlanTest, ConnectionsToPodsAreKeptForOneSnapshot) {
  const auto key = [&](const Snapshot& snapshot) {
    return plan_captured(snapshot, Side::kEgress, {at("10.0.0.2:8080"), at("127.0.0.1:15001"), {}})
        .plan->upstreams.front()
        .pool_key;
  };
  const auto first = make(kOutbound, 1);
  const auto second = make(kOutbound, 2);
  EXPECT_TRUE(is_reachable(reachable_pool_keys(*first), key(*first)));
  EXPECT_FALSE(is_reachable(reachable_pool_keys(*second), key(*first)));
}

}  // namespace
}  // namespace gabion::proxy
