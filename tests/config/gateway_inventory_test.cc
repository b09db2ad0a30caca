// Where nodes are, by their objects and by what pods say of their hosts.
#include "config/gateway_inventory.h"

#include <gtest/gtest.h>

namespace gabion::config {
namespace {

IpAddress address(std::string_view text) {
  return *IpAddress::parse(text);
}

kube::Pod pod(std::string name, std::string node, std::vector<IpAddress> hosts) {
  kube::Pod made;
  made.name = {"shop", std::move(name)};
  made.node = std::move(node);
  made.host_addresses = std::move(hosts);
  return made;
}

kube::Node node(std::string name, std::vector<IpAddress> addresses) {
  return {std::move(name), std::move(addresses), {}};
}

std::shared_ptr<const GatewayInventory> read(kube::Objects objects) {
  GatewayConfig gateway;
  gateway.node = "a";
  auto made = GatewayInventory::build(objects, gateway);
  EXPECT_TRUE(made);
  return *made;
}

TEST(GatewayInventory, WithoutNodeObjectsRunningPodsTellWhereTheirNodeIs) {
  kube::Objects objects;
  objects.pods = {pod("one", "b", {address("172.18.0.2"), address("fd18::2")})};
  const auto inventory = read(objects);
  EXPECT_EQ(inventory->node_address("b", true), address("172.18.0.2"));
  EXPECT_EQ(inventory->node_address("b", false), address("fd18::2"));
  EXPECT_EQ(inventory->node_at(address("fd18::2")), "b");
}

TEST(GatewayInventory, AnEndedPodTellsNothing) {
  kube::Objects objects;
  objects.pods = {pod("ended", "b", {address("172.18.0.9")}), pod("runs", "b", {address("172.18.0.2")})};
  objects.pods.front().terminal = true;
  const auto inventory = read(objects);
  EXPECT_EQ(inventory->node_address("b", true), address("172.18.0.2"));
  EXPECT_EQ(inventory->node_at(address("172.18.0.9")), "");
}

TEST(GatewayInventory, WhatANodeObjectSaysHoldsWhateverPodsSay) {
  kube::Objects objects;
  objects.nodes = {node("b", {address("172.18.0.3")})};
  objects.pods = {pod("old", "b", {address("172.18.0.2"), address("fd18::2")})};
  const auto inventory = read(objects);
  EXPECT_EQ(inventory->node_address("b", true), address("172.18.0.3"));
  EXPECT_EQ(inventory->node_at(address("172.18.0.2")), "") << "the node has moved";
  EXPECT_EQ(inventory->node_address("b", false), address("fd18::2")) << "of a family that the object is silent of";
}

TEST(GatewayInventory, ANodeObjectsAddressIsNotMadeNobodysByAPodOfAnotherNode) {
  kube::Objects objects;
  objects.nodes = {node("b", {address("172.18.0.2")})};
  objects.pods = {pod("old", "c", {address("172.18.0.2")})};
  const auto inventory = read(objects);
  EXPECT_EQ(inventory->node_at(address("172.18.0.2")), "b");
  EXPECT_EQ(inventory->node_address("c", true), std::nullopt);
}

TEST(GatewayInventory, AnAddressOfTwoNodesIsNobodys) {
  kube::Objects objects;
  objects.nodes = {node("b", {address("172.18.0.2")}), node("c", {address("172.18.0.2")})};
  EXPECT_EQ(read(objects)->node_at(address("172.18.0.2")), "");
  objects.nodes.clear();
  objects.pods = {pod("one", "b", {address("172.18.0.2")}), pod("two", "c", {address("172.18.0.2")})};
  EXPECT_EQ(read(objects)->node_at(address("172.18.0.2")), "");
}

}  // namespace
}  // namespace gabion::config
