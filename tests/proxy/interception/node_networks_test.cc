// Where the pods of a node are, and which of them are not there.
#include "proxy/interception/node_networks.h"

#include <gtest/gtest.h>

namespace gabion::proxy::interception {
namespace {

using config::Cidr;
using config::IpAddress;

config::kube::Objects cluster() {
  config::kube::Objects objects;
  objects.nodes = {{"a", {}, {*Cidr::parse("10.244.1.0/24"), *Cidr::parse("fd00:1::/64")}}, {"bare", {}, {}}};
  config::kube::Pod pod;
  pod.name = {"shop", "web"};
  pod.node = "a";
  pod.addresses = {*IpAddress::parse("10.244.1.7"), *IpAddress::parse("fd00:1::7")};
  objects.pods = {pod};
  return objects;
}

TEST(NodeNetworks, AreThoseOfItsObject) {
  const auto found = networks_of_node(cluster(), "a");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector{*Cidr::parse("10.244.1.0/24"), *Cidr::parse("fd00:1::/64")}));
}

TEST(NodeNetworks, ThatNobodySaysAreNoNetworks) {
  EXPECT_NE(networks_of_node(cluster(), "b").error().what.find("no Node b among the manifests"), std::string::npos);
  EXPECT_NE(networks_of_node(cluster(), "bare").error().what.find("no spec.podCIDRs"), std::string::npos);
}

TEST(NodeNetworks, HaveEachPodThatAGatewayStandsFor) {
  const std::vector<Cidr> networks = {*Cidr::parse("10.244.1.0/24"), *Cidr::parse("fd00:1::/64")};
  EXPECT_TRUE(pods_outside(cluster(), "a", networks).addresses.empty());
  const auto outside = pods_outside(cluster(), "a", {networks.front()});
  ASSERT_EQ(outside.sentences.size(), 1);
  EXPECT_NE(outside.sentences.front().find("pod shop/web of node a has fd00:1::7"), std::string::npos);
  EXPECT_EQ(outside.addresses, std::vector{*Cidr::parse("fd00:1::7/128")});
  struct Spared {
    const char* why;
    void (*change)(config::kube::Pod&);
  };
  for (const auto& spared : {Spared{"another node", [](config::kube::Pod& pod) { pod.node = "b"; }},
                             Spared{"hostNetwork", [](config::kube::Pod& pod) { pod.host_network = true; }},
                             Spared{"ended", [](config::kube::Pod& pod) { pod.terminal = true; }},
                             Spared{"a sidecar", [](config::kube::Pod& pod) { pod.has_sidecar = true; }}}) {
    auto objects = cluster();
    spared.change(objects.pods.front());
    EXPECT_TRUE(pods_outside(objects, "a", {}).addresses.empty()) << spared.why;
  }
  auto many = cluster();
  many.pods.resize(20, many.pods.front());
  EXPECT_EQ(pods_outside(many, "a", {}).addresses.size(), 2) << "each address once";
  for (std::size_t i = 0; i < many.pods.size(); ++i) {
    many.pods[i].addresses = {*IpAddress::parse("10.0.0." + std::to_string(i))};
  }
  EXPECT_EQ(pods_outside(many, "a", {}).addresses.size(), 20);
  EXPECT_EQ(pods_outside(many, "a", {}).sentences.size(), 8);
  many.pods.front().addresses.clear();
  for (std::size_t i = 0; i < 300; ++i) {
    many.pods.front().addresses.push_back(
        *IpAddress::parse("10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256)));
  }
  EXPECT_EQ(pods_outside(many, "a", {}).addresses.size(), kMostOutside);
  EXPECT_TRUE(pods_outside(many, "a", {}).too_many);
}

}  // namespace
}  // namespace gabion::proxy::interception
