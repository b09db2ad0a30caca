// Which blocks an address of nobody lies in: compared with asking every block, few and many of them, near and far.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "config/policy/compile.h"

namespace gabion::config::policy {
namespace {

/// Every block is the peer of a policy of its own.
RuleSet compiled(const std::vector<Cidr>& blocks) {
  kube::Objects objects;
  objects.pods.emplace_back().name = {"x", "a"};
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    kube::NetworkPolicy policy;
    policy.name = {"x", "np" + std::to_string(i)};
    policy.isolates_ingress = true;
    kube::PeerSpec peer;
    peer.ip_block = kube::IpBlock{blocks[i], {}};
    policy.ingress.emplace_back().peers = std::vector{peer};
    objects.network_policies.push_back(std::move(policy));
  }
  return compile(objects, Workload{{"x", "a"}, "cluster.local"}).value();
}

RuleId first_that_holds(const std::vector<Cidr>& blocks, const IpAddress& address) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].contains(address)) {
      return static_cast<RuleId>(i);
    }
  }
  return kNoRule;
}

RuleId found(const RuleSet& rules, const IpAddress& address) {
  const auto& rows = rules.ranges->find(address)->rows[static_cast<std::size_t>(Way::kIngress)];
  const auto* stretch = stretch_at(rows, kube::IpProtocol::kTcp, 80);
  return stretch == nullptr ? kNoRule : stretch->network;
}

Cidr block(std::uint32_t network, std::uint32_t bits) {
  return Cidr::parse(IpAddress::v4(network).to_string() + "/" + std::to_string(bits)).value();
}

/// Each bound of each block, the address before and after it, and some at random.
void expect_all_found(const std::vector<Cidr>& blocks, std::mt19937& dice) {
  const RuleSet rules = compiled(blocks);
  std::vector<std::uint32_t> asked{0, 1, 0xFFFFFFFF, 0xFFFF0000, 0x0000FFFF, 0x00010000};
  for (const auto& each : blocks) {
    const auto& bytes = each.network.bytes();
    const std::uint32_t first =
        std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U | std::uint32_t{bytes[2]} << 8U | bytes[3];
    const std::uint32_t last = first | (each.prefix_bits == 0 ? 0xFFFFFFFF : (1ULL << (32U - each.prefix_bits)) - 1);
    for (const std::uint32_t bound : {first, last}) {
      asked.insert(asked.end(), {bound - 1, bound, bound + 1, bound ^ (dice() & 0xFFFFU)});
    }
  }
  for (const std::uint32_t number : asked) {
    const IpAddress address = IpAddress::v4(number);
    ASSERT_EQ(found(rules, address), first_that_holds(blocks, address)) << address.to_string();
  }
}

TEST(RangeTable, FindsWhatAskingEveryBlockFinds) {
  struct Shape {
    std::size_t blocks;
    std::uint32_t spread;  ///< of the networks, below 20.0.0.0
    std::uint32_t least_bits;
  };
  std::mt19937 dice(7);
  for (const auto& [count, spread, least] :
       {Shape{3, 0xFFFFFF, 8}, Shape{30, 0xFFFF, 20}, Shape{60, 0xFFFFFF, 16}, Shape{400, 0xFFFF, 20},
        Shape{400, 0x3FFFF, 14}, Shape{400, 0xFF, 28}, Shape{300, 0xFFFFFFFF, 0}, Shape{200, 0x1FFFF, 32}}) {
    for (int round = 0; round < 5; ++round) {
      std::vector<Cidr> blocks;
      for (std::size_t i = 0; i < count; ++i) {
        blocks.push_back(block(0x14000000 ^ (dice() & spread), least + dice() % (33 - least)));
      }
      expect_all_found(blocks, dice);
    }
  }
}

TEST(RangeTable, LowestAndHighestHalvesMayBeCrowded) {
  std::mt19937 dice(11);
  for (const std::uint32_t half : {0x00000000U, 0xFFFF0000U}) {
    std::vector<Cidr> blocks;
    for (std::uint32_t i = 0; i < 256; i += 2) {
      blocks.push_back(block(half + i * 256, 24));
    }
    expect_all_found(blocks, dice);
  }
}

}  // namespace
}  // namespace gabion::config::policy
