// Pods are alike if namespace, labels, account, ports and node are the same in both clusters.
#include "inspect/policy/diff_ends.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace gabion::inspect::policy {
namespace {

using config::Cidr;
using config::IpAddress;
using config::kube::Objects;
using config::kube::Pod;
using config::policy::End;

constexpr std::size_t kMaxNamedPods = 10;

/// Every block of any policy, with its holes.
template <class Policies>
void add_blocks(const Policies& policies, std::set<Cidr>& out) {
  const auto add = [&out](const auto& rules) {
    for (const auto& rule : rules) {
      for (const auto& peer : rule.peers.value_or(std::vector<config::kube::PeerSpec>{})) {
        if (peer.ip_block) {
          out.insert(peer.ip_block->cidr);
          out.insert(peer.ip_block->except.begin(), peer.ip_block->except.end());
        }
      }
    }
  };
  for (const auto& policy : policies) {
    add(policy.ingress);
    add(policy.egress);
  }
}

std::set<Cidr> blocks_of(const Objects& before, const Objects& after) {
  std::set<Cidr> blocks;
  for (const auto* objects : {&before, &after}) {
    add_blocks(objects->network_policies, blocks);
    add_blocks(objects->l7_policies, blocks);
  }
  return blocks;
}

/// Everything a policy can tell a pod by, but for ipBlocks that tell its address: those are added.
std::string fingerprint(const Pod& pod, const std::set<Cidr>& blocks) {
  std::string key =
      pod.name.name_space + '\n' + pod.service_account + '\n' + pod.node + (pod.host_network ? "\nh" : "\n");
  for (const auto& [name, value] : pod.labels) {
    key += name + '=' + value + '\n';
  }
  for (const auto& port : pod.ports) {
    key +=
        port.name + ':' + std::to_string(port.port) + '/' + std::string(config::kube::to_string(port.protocol)) + '\n';
  }
  for (const auto& address : pod.addresses) {
    key += address.is_v4() ? "4" : "6";
    for (const auto& block : blocks) {
      key += block.contains(address) ? '1' : '0';
    }
  }
  return key;
}

std::map<std::string, const Pod*> live_pods(const Objects& objects) {
  std::map<std::string, const Pod*> pods;
  for (const auto& pod : objects.pods) {
    if (!pod.terminal && !pod.addresses.empty()) {
      pods.emplace(pod.name.to_string(), &pod);
    }
  }
  return pods;
}

void add_pods(const Objects& before, const Objects& after, const std::set<Cidr>& blocks, DiffEnds& out) {
  const auto old_pods = live_pods(before);
  const auto new_pods = live_pods(after);
  std::map<std::string, std::size_t> groups;
  std::vector<std::string> missing;
  for (const auto& [name, pod] : new_pods) {
    const auto old_pod = old_pods.find(name);
    if (old_pod == old_pods.end()) {
      missing.push_back(name);
      continue;
    }
    const End end{End::Kind::kPod, name, pod->name, "", {}};
    const auto [found, fresh] =
        groups.emplace(fingerprint(*pod, blocks) + '\0' + fingerprint(*old_pod->second, blocks), out.groups.size());
    if (fresh) {
      out.groups.push_back({end, {}});
    } else {
      out.groups[found->second].alike.push_back(end);
    }
  }
  for (const auto& entry : old_pods) {
    if (!new_pods.contains(entry.first)) {
      missing.push_back(entry.first);
    }
  }
  if (!missing.empty()) {
    std::string text = std::to_string(missing.size()) + " pods are in one set only and were not compared:";
    for (std::size_t i = 0; i < missing.size() && i < kMaxNamedPods; ++i) {
      text += " " + missing[i];
    }
    out.notes.push_back(text + (missing.size() > kMaxNamedPods ? " ..." : ""));
  }
}

void add_nodes(const Objects& before, const Objects& after, DiffEnds& out) {
  for (const auto& node : after.nodes) {
    const bool both = std::any_of(before.nodes.begin(), before.nodes.end(), [&node](const auto& other) {
      return other.name == node.name && !other.addresses.empty();
    });
    if (both && !node.addresses.empty()) {
      out.groups.push_back({End{End::Kind::kNode, "node:" + node.name, {}, node.name, {}}, {}});
    }
  }
}

/// One address for each set of blocks that can hold one: first addresses of blocks and of what follows them.
void add_outside(const std::set<Cidr>& blocks, DiffEnds& out) {
  std::vector<IpAddress> candidates{IpAddress::v4(0xC6336401)};  // 198.51.100.1, RFC 5737: in no block, mostly
  for (const auto& block : blocks) {
    candidates.push_back(block.network);
    auto bytes = block.network.bytes();  // the last address: in no smaller block that begins here
    const std::size_t size = block.network.is_v4() ? 4 : 16;
    for (std::size_t bit = block.prefix_bits; bit < size * 8; ++bit) {
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (0x80U >> (bit % 8)));
    }
    candidates.push_back(block.network.is_v4()
                             ? IpAddress::v4((std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
                                             (std::uint32_t{bytes[2]} << 8U) | bytes[3])
                             : IpAddress::v6(bytes));
  }
  std::set<std::string> seen;
  for (const auto& address : candidates) {
    std::string held(1, address.is_v4() ? '4' : '6');
    for (const auto& block : blocks) {
      held += block.contains(address) ? '1' : '0';
    }
    if (!seen.insert(held).second) {
      continue;
    }
    if (seen.size() > kMaxOutsideEnds) {
      out.notes.push_back(
          "more than " + std::to_string(kMaxOutsideEnds) +
          " kinds of outside addresses: the others were not compared, first left out: " + address.to_string());
      return;
    }
    out.groups.push_back({End{End::Kind::kAddress, "ip:" + address.to_string(), {}, "", address}, {}});
  }
}

}  // namespace

DiffEnds ends_of(const Objects& before, const Objects& after) {
  DiffEnds ends;
  const auto blocks = blocks_of(before, after);
  add_pods(before, after, blocks, ends);
  add_nodes(before, after, ends);
  add_outside(blocks, ends);
  return ends;
}

}  // namespace gabion::inspect::policy
