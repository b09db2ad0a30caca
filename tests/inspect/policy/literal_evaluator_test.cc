// Random policies, decided by the compiled rules and by a slow, literal reading of policy §1.1; both must agree.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/kube/defaults.h"
#include "config/policy/compile.h"
#include "inspect/policy/decide.h"

namespace gabion::inspect::policy {
namespace {

using config::Cidr;
using config::IpAddress;
namespace kube = config::kube;

/// A fixed sequence: failures can be repeated.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint32_t below(std::uint32_t sides) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(state_ >> 33U) % sides;
  }
  template <class T>
  const T& of(const std::vector<T>& choices) {
    return choices[below(static_cast<std::uint32_t>(choices.size()))];
  }

 private:
  std::uint64_t state_;
};

const std::vector<std::string> kValues{"a", "b", ""};

kube::Labels random_labels(Dice& dice) {
  kube::Labels labels;
  for (const char* key : {"k", "l"}) {
    if (dice.below(3) != 0) {
      labels.emplace(key, dice.of(kValues));
    }
  }
  return labels;
}

kube::LabelSelector random_selector(Dice& dice) {
  kube::LabelSelector selector;
  if (dice.below(3) == 0) {
    selector.match_labels = random_labels(dice);
  }
  for (std::uint32_t i = dice.below(3); i > 0; --i) {
    kube::LabelRequirement made{
        dice.below(2) == 0 ? "k" : "l", static_cast<kube::LabelRequirement::Operator>(dice.below(4)), {}};
    if (made.op == kube::LabelRequirement::Operator::kIn || made.op == kube::LabelRequirement::Operator::kNotIn) {
      made.values = {dice.of(kValues), dice.of(kValues)};
    }
    selector.match_expressions.push_back(made);
  }
  return selector;
}

Cidr random_cidr(Dice& dice, std::uint32_t shortest) {
  const std::uint32_t bits = shortest + dice.below(33 - shortest);
  const std::uint32_t address = 0x0A000000 + dice.below(64);
  return Cidr::parse(IpAddress::v4(address).to_string() + "/" + std::to_string(bits)).value();
}

kube::PeerSpec random_peer(Dice& dice) {
  kube::PeerSpec peer;
  const std::uint32_t kind = dice.below(4);
  if (kind == 0) {
    peer.ip_block = kube::IpBlock{random_cidr(dice, 24), {}};
    if (dice.below(2) == 0) {
      peer.ip_block->except.push_back(random_cidr(dice, 27));
    }
    return peer;
  }
  if (kind != 1) {
    peer.pod_selector = random_selector(dice);
  }
  if (kind != 2) {
    peer.namespace_selector = random_selector(dice);
  }
  return peer;
}

kube::PortSpec random_port(Dice& dice) {
  kube::PortSpec port;
  port.protocol = static_cast<kube::IpProtocol>(dice.below(2));
  const std::uint32_t kind = dice.below(4);
  if (kind == 0) {
    port.name = dice.below(2) == 0 ? "http" : "other";
  } else if (kind != 1) {
    port.first = static_cast<std::uint16_t>(1 + dice.below(6));
    port.last = static_cast<std::uint16_t>(port.first + (kind == 2 ? 0 : dice.below(4)));
  }
  return port;
}

std::vector<kube::NetworkRule> random_rules(Dice& dice) {
  std::vector<kube::NetworkRule> rules(dice.below(4));
  for (auto& rule : rules) {
    if (dice.below(4) != 0) {
      rule.peers.emplace();
      for (std::uint32_t i = 1 + dice.below(2); i > 0; --i) {
        rule.peers->push_back(random_peer(dice));
      }
    }
    if (dice.below(4) != 0) {
      rule.ports.emplace();
      for (std::uint32_t i = 1 + dice.below(2); i > 0; --i) {
        rule.ports->push_back(random_port(dice));
      }
    }
  }
  return rules;
}

kube::Objects random_cluster(Dice& dice) {
  kube::Objects objects;
  for (const char* name : {"x", "y"}) {
    objects.namespaces.push_back({name, random_labels(dice)});
    kube::apply_defaults(objects.namespaces.back());
    for (std::uint32_t i = 0; i < 4; ++i) {
      kube::Pod pod;
      pod.name = {name, "p" + std::to_string(i)};
      pod.labels = random_labels(dice);
      pod.addresses = {IpAddress::v4(0x0A000000 + static_cast<std::uint32_t>(objects.pods.size()) * 4)};
      pod.terminal = dice.below(8) == 0;
      for (std::uint32_t n = dice.below(3); n > 0; --n) {
        pod.ports.push_back({dice.below(2) == 0 ? "http" : "other", static_cast<kube::IpProtocol>(dice.below(2)),
                             static_cast<std::uint16_t>(1 + dice.below(6))});
      }
      objects.pods.push_back(pod);
    }
  }
  for (std::uint32_t i = dice.below(4); i > 0; --i) {
    kube::NetworkPolicy policy;
    policy.name = {dice.below(3) == 0 ? "y" : "x", "n" + std::to_string(i)};
    policy.pod_selector = random_selector(dice);
    policy.isolates_ingress = dice.below(3) != 0;
    policy.isolates_egress = dice.below(2) == 0;
    policy.ingress = random_rules(dice);
    policy.egress = random_rules(dice);
    objects.network_policies.push_back(policy);
  }
  return objects;
}

/// policy §1.1, word by word.
class Literal {
 public:
  explicit Literal(const kube::Objects& objects) : objects_(objects) {}

  [[nodiscard]] bool side(const kube::Pod& own, Side direction, const IpAddress& peer, std::uint16_t port,
                          kube::IpProtocol protocol) const {
    if (peer == own.addresses.front() && !own.terminal) {
      return true;
    }
    bool isolated = false;
    for (const auto& policy : objects_.network_policies) {
      const bool counts = direction == Side::kIngress ? policy.isolates_ingress : policy.isolates_egress;
      if (!counts || policy.name.name_space != own.name.name_space || !policy.pod_selector.matches(own.labels)) {
        continue;
      }
      isolated = true;
      const kube::Pod* destination = direction == Side::kIngress ? &own : pod_at(peer);
      for (const auto& rule : direction == Side::kIngress ? policy.ingress : policy.egress) {
        if (peers_match(rule, policy.name.name_space, peer) && ports_match(rule, destination, port, protocol)) {
          return true;
        }
      }
    }
    return !isolated;
  }

 private:
  [[nodiscard]] const kube::Pod* pod_at(const IpAddress& address) const {
    for (const auto& pod : objects_.pods) {
      if (!pod.terminal && pod.addresses.front() == address) {
        return &pod;
      }
    }
    return nullptr;
  }

  [[nodiscard]] bool namespace_matches(const kube::LabelSelector& selector, const std::string& name) const {
    return std::any_of(objects_.namespaces.begin(), objects_.namespaces.end(), [&](const auto& candidate) {
      return candidate.name == name && selector.matches(candidate.labels);
    });
  }

  [[nodiscard]] bool peers_match(const kube::NetworkRule& rule, const std::string& own,
                                 const IpAddress& address) const {
    const kube::Pod* pod = pod_at(address);
    return !rule.peers || std::any_of(rule.peers->begin(), rule.peers->end(), [&](const kube::PeerSpec& peer) {
      if (peer.ip_block) {
        return peer.ip_block->contains(address);
      }
      if (pod == nullptr || (peer.pod_selector && !peer.pod_selector->matches(pod->labels))) {
        return false;
      }
      return peer.namespace_selector ? namespace_matches(*peer.namespace_selector, pod->name.name_space)
                                     : pod->name.name_space == own;
    });
  }

  [[nodiscard]] static bool ports_match(const kube::NetworkRule& rule, const kube::Pod* destination, std::uint16_t port,
                                        kube::IpProtocol protocol) {
    return !rule.ports || std::any_of(rule.ports->begin(), rule.ports->end(), [&](const kube::PortSpec& wanted) {
      if (wanted.protocol != protocol) {
        return false;
      }
      if (wanted.name.empty()) {
        return port >= wanted.first && port <= wanted.last;
      }
      return destination != nullptr &&
             std::any_of(destination->ports.begin(), destination->ports.end(), [&](const kube::ContainerPort& own) {
               return own.name == wanted.name && own.protocol == protocol && own.port == port;
             });
    });
  }

  const kube::Objects& objects_;
};

TEST(LiteralEvaluator, AgreesWithTheCompiledRules) {
  std::map<bool, std::size_t> answers;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Dice dice(seed);
    const kube::Objects objects = random_cluster(dice);
    const Literal literal(objects);
    for (const auto& own : {objects.pods[0], objects.pods[5]}) {
      const auto decider = Decider::build(config::policy::compile(objects, {own.name, ""}).value()).value();
      for (std::uint32_t round = 0; round < 200; ++round) {
        ConnectionFacts facts;
        facts.side = dice.below(2) == 0 ? Side::kIngress : Side::kEgress;
        facts.peer_address = IpAddress::v4(0x0A000000 + (dice.below(3) == 0 ? dice.below(64) : dice.below(8) * 4));
        facts.port = static_cast<std::uint16_t>(dice.below(10));
        const auto protocol = static_cast<kube::IpProtocol>(dice.below(3));
        const bool expected = literal.side(own, facts.side, facts.peer_address, facts.port, protocol);
        ++answers[expected];
        ASSERT_EQ(decider->decide_network(facts, protocol).allowed(), expected)
            << "seed " << seed << " own " << own.name.to_string() << " peer " << facts.peer_address.to_string()
            << " port " << facts.port;
      }
    }
  }
  EXPECT_GT(answers[true], 10'000U);
  EXPECT_GT(answers[false], 10'000U);
}

}  // namespace
}  // namespace gabion::inspect::policy
