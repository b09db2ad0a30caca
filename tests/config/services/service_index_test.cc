// Which endpoints answer for which name and address.
#include "config/services/service_index.h"

#include <gtest/gtest.h>

#include <string>

#include "config/kube/parse.h"

namespace gabion::config::services {
namespace {

/// The index of manifests; the caller's node is n1.
class ServiceIndexTest : public ::testing::Test {
 protected:
  void read(const std::string& manifests) {
    auto parsed = kube::parse_manifests(manifests, "f");
    ASSERT_TRUE(parsed) << parsed.error().front().to_string();
    objects_ = std::move(*parsed);
    ServiceIndex::Pods pods;
    for (const auto& pod : objects_.pods) {
      pods.push_back(&pod);
    }
    auto built = ServiceIndex::build(objects_, pods, "n1");
    ASSERT_TRUE(built);
    index_ = std::move(*built);
  }

  /// "10.0.0.1:8080 10.0.0.2:8080"; "-": no such service or port.
  static std::string text_of(const ServiceTarget* target) {
    if (target == nullptr) {
      return "-";
    }
    std::string text;
    for (const auto& endpoint : target->endpoints) {
      text += (text.empty() ? "" : " ") + endpoint.at.to_string();
    }
    return text;
  }
  std::string named(const std::string& port, const std::string& service = "orders") const {
    ServicePortName name{{"shop", service}, port, 0};
    return text_of(index_->find(name));
  }
  std::string numbered(std::uint16_t port) const { return text_of(index_->find({{"shop", "orders"}, "", port})); }
  std::string at(const std::string& dialled) const { return text_of(index_->at(Endpoint::parse(dialled).value())); }

  kube::Objects objects_;
  std::shared_ptr<const ServiceIndex> index_;
};

std::string service(const std::string& spec) {
  return "{apiVersion: v1, kind: Service, metadata: {name: orders, namespace: shop}, spec: " + spec + "}\n---\n";
}

std::string slice(const std::string& name, const std::string& members) {
  return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " + name +
         ", namespace: shop, labels: {kubernetes.io/service-name: orders}}, " + members + "}\n---\n";
}

std::string pod(const std::string& name, const std::string& address, const std::string& more = "",
                const std::string& metadata = "") {
  return "{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", namespace: shop, labels: {app: orders}" +
         metadata + "}, spec: {nodeName: n1, containers: [{name: m, ports: [{name: web, containerPort: 80" +
         name.substr(name.size() - 1) + "}]}]}, status: {podIP: " + address + more + "}}\n---\n";
}

TEST_F(ServiceIndexTest, PortsOfSlicesAreMatchedByName) {
  read(service("{clusterIP: 10.96.0.1, ports: [{name: http, port: 80, targetPort: web}, {name: db, port: 5432}]}") +
       slice("a",
             "addressType: IPv4, ports: [{name: http, port: 8080}, {name: db, port: 15432}], endpoints: "
             "[{addresses: [10.0.0.1]}]") +
       slice("b", "addressType: IPv4, ports: [{name: http, port: 8081}], endpoints: [{addresses: [10.0.0.2]}]"));
  EXPECT_EQ(named("http"), "10.0.0.1:8080 10.0.0.2:8081");
  EXPECT_EQ(numbered(80), "10.0.0.1:8080 10.0.0.2:8081");
  EXPECT_EQ(at("10.96.0.1:5432"), "10.0.0.1:15432");
  EXPECT_EQ(at("10.96.0.1:81"), "-");
  EXPECT_EQ(named("web"), "-");
  EXPECT_EQ(named("http", "other"), "-");
  EXPECT_FALSE(index_->follows_pods());
}

TEST_F(ServiceIndexTest, WhoIsReadyAnswersElseWhoLeavesButServes) {
  const auto with = [](const std::string& first) {
    return service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") +
           slice("a",
                 "addressType: IPv4, ports: [{port: 8080}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: " +
                     first +
                     "}}, {addresses: [10.0.0.2], conditions: {ready: false, serving: true, terminating: true}}, "
                     "{addresses: [10.0.0.3], conditions: {ready: false, terminating: true}}, "
                     "{addresses: [10.0.0.4], conditions: {ready: false, serving: true}}]");
  };
  read(with("true"));
  EXPECT_EQ(numbered(80), "10.0.0.1:8080");
  const ServiceTarget* target = index_->at(Endpoint::parse("10.96.0.1:80").value());
  EXPECT_EQ(target->counts.ready, 1U);
  EXPECT_EQ(target->counts.leaving, 1U);
  EXPECT_EQ(target->counts.unready, 2U);
  read(with("false"));
  EXPECT_EQ(numbered(80), "10.0.0.2:8080");
}

TEST_F(ServiceIndexTest, AnEndpointInTwoSlicesCountsOnceByItsBetterState) {
  read(service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") +
       slice(
           "a",
           "addressType: IPv4, ports: [{port: 80}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: false}}]") +
       slice("b", "addressType: IPv4, ports: [{port: 80}], endpoints: [{addresses: [10.0.0.1]}]"));
  EXPECT_EQ(numbered(80), "10.0.0.1:80");
}

TEST_F(ServiceIndexTest, WithoutSlicesPodsAreSelectedAndNamedPortsFoundOnEach) {
  read(service("{clusterIP: 10.96.0.1, selector: {app: orders}, ports: [{name: http, port: 80, targetPort: web}]}") +
       pod("o-1", "10.0.0.1") + pod("o-2", "10.0.0.2", ", conditions: [{type: Ready, status: 'False'}]") +
       pod("o-3", "10.0.0.3", ", conditions: [{type: Ready, status: 'True'}]") +
       pod("o-4", "10.0.0.4", ", phase: Failed") +
       pod("o-5", "10.0.0.5", "", ", deletionTimestamp: '2026-01-01T00:00:00Z'"));
  EXPECT_EQ(named("http"), "10.0.0.1:801 10.0.0.3:803");
  EXPECT_TRUE(index_->follows_pods());
  EXPECT_EQ(index_->find({{"shop", "orders"}, "http", 0})->endpoints[0].pod.to_string(), "shop/o-1");
}

TEST_F(ServiceIndexTest, OneSliceIsEnoughForPodsNotToCount) {
  read(service("{clusterIP: 10.96.0.1, selector: {app: orders}, ports: [{port: 80}]}") + pod("o-1", "10.0.0.1") +
       slice("a", "addressType: IPv4, ports: [{port: 80}], endpoints: []"));
  EXPECT_EQ(numbered(80), "");
}

TEST_F(ServiceIndexTest, WithoutSelectorThereAreSlicesMadeByHandOrNobody) {
  read(service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") + pod("o-1", "10.0.0.1"));
  EXPECT_EQ(numbered(80), "");
  read(service("{clusterIP: 10.96.0.1, ports: [{port: 80, targetPort: 8443}]}") +
       slice("by-hand", "addressType: IPv4, ports: [{}], endpoints: [{addresses: [192.0.2.7]}]"));
  EXPECT_EQ(at("10.96.0.1:80"), "192.0.2.7:8443");
}

TEST_F(ServiceIndexTest, AHeadlessServiceHasANameAndNoAddress) {
  read(service("{clusterIP: None, ports: [{port: 80}]}") +
       slice("a", "addressType: IPv4, ports: [{port: 8080}], endpoints: [{addresses: [10.0.0.1]}]"));
  EXPECT_EQ(numbered(80), "10.0.0.1:8080");
  EXPECT_EQ(at("10.0.0.1:8080"), "-");
}

TEST_F(ServiceIndexTest, AnExternalNameHasNoEndpoints) {
  read(service("{type: ExternalName, externalName: db.example.com, ports: [{port: 5432}]}"));
  EXPECT_EQ(numbered(5432), "");
  EXPECT_EQ(index_->find({{"shop", "orders"}, "", 5432})->type, kube::ServiceType::kExternalName);
}

TEST_F(ServiceIndexTest, FamiliesDoNotMixAndThePrimaryOneIsFoundByName) {
  read(service("{clusterIP: 'fd00::1', clusterIPs: ['fd00::1', 10.96.0.1], ports: [{port: 80}]}") +
       slice("a", "addressType: IPv4, ports: [{port: 80}], endpoints: [{addresses: [10.0.0.1]}]") +
       slice("b", "addressType: IPv6, ports: [{port: 80}], endpoints: [{addresses: ['fd01::1']}]"));
  EXPECT_EQ(at("10.96.0.1:80"), "10.0.0.1:80");
  EXPECT_EQ(at("[fd00::1]:80"), "[fd01::1]:80");
  EXPECT_EQ(numbered(80), "[fd01::1]:80");
  EXPECT_EQ(text_of(index_->find({{"shop", "orders"}, "", 80}, true)), "10.0.0.1:80");
}

TEST_F(ServiceIndexTest, ExternalAddressesLeadToTheEndpointsToo) {
  read(
      "{apiVersion: v1, kind: Service, metadata: {name: orders, namespace: shop}, spec: {type: LoadBalancer, "
      "clusterIP: "
      "10.96.0.1, externalIPs: [192.0.2.1], internalTrafficPolicy: Local, ports: [{port: 80}]}, status: {loadBalancer: "
      "{ingress: [{ip: 192.0.2.2}]}}}\n---\n" +
      slice("a",
            "addressType: IPv4, ports: [{port: 80}], endpoints: [{addresses: [10.0.0.1], nodeName: n1}, {addresses: "
            "[10.0.0.2], nodeName: n2}]"));
  EXPECT_EQ(at("10.96.0.1:80"), "10.0.0.1:80") << "internalTrafficPolicy Local: of the own node";
  EXPECT_EQ(at("192.0.2.1:80"), "10.0.0.1:80 10.0.0.2:80");
  EXPECT_EQ(at("192.0.2.2:80"), "10.0.0.1:80 10.0.0.2:80");
}

TEST_F(ServiceIndexTest, OtherProtocolsThanTcpAreNobodys) {
  read(service("{clusterIP: 10.96.0.1, ports: [{name: dns, port: 53, protocol: UDP}, {name: tcp, port: 53}]}") +
       slice("a",
             "addressType: IPv4, ports: [{name: dns, port: 53, protocol: UDP}, {name: tcp, port: 5353}], endpoints: "
             "[{addresses: [10.0.0.1]}]"));
  EXPECT_EQ(at("10.96.0.1:53"), "10.0.0.1:5353");
  EXPECT_EQ(named("dns"), "-");
}

TEST_F(ServiceIndexTest, AnAddressThatTwoServicesClaimStaysWithTheFirst) {
  read(service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") +
       "{apiVersion: v1, kind: Service, metadata: {name: z, namespace: shop}, spec: {clusterIP: 10.96.0.1, ports: "
       "[{port: 80}]}}");
  EXPECT_EQ(index_->at(Endpoint::parse("10.96.0.1:80").value())->service.name, "orders");
  EXPECT_EQ(index_->warnings().size(), 1U);
}

/// Whoever may write a Service may write any external address into it.
TEST_F(ServiceIndexTest, AnExternalAddressTakesNoClusterAddress) {
  const std::string thief =
      "{apiVersion: v1, kind: Service, metadata: {name: thief, namespace: aaa}, spec: {clusterIP: 10.96.0.9, "
      "externalIPs: "
      "[10.96.0.1], ports: [{port: 80}]}}\n---\n"
      "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: thief-1, namespace: aaa, labels: "
      "{kubernetes.io/service-name: thief}}, addressType: IPv4, ports: [{port: 666}], endpoints: [{addresses: "
      "[10.0.0.66]}]}\n---\n";
  read(thief + service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") +
       slice("orders-1", "addressType: IPv4, ports: [{port: 8080}], endpoints: [{addresses: [10.0.0.1]}]"));
  EXPECT_EQ(at("10.96.0.1:80"), "10.0.0.1:8080");
  EXPECT_EQ(index_->warnings().size(), 1U);
}

}  // namespace
}  // namespace gabion::config::services
