// Any bytes as a file of manifests: parsed, written back, compiled for its pods, and asked; nothing may crash or hang.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "config/kube/emit.h"
#include "config/kube/parse.h"
#include "config/policy/compile.h"
#include "inspect/policy/decide.h"

using gabion::config::IpAddress;
using gabion::inspect::ConnectionFacts;
using gabion::inspect::RequestHead;
using gabion::inspect::Side;
using gabion::inspect::policy::Decider;

namespace {

constexpr std::size_t kMaxPods = 3;  // of one input: each is compiled for

void ask(const Decider& decider, const IpAddress& peer) {
  RequestHead head;
  head.method = "GET";
  head.target = head.path = "/a%20b/c";
  head.authority = "h:80";
  ConnectionFacts facts;
  facts.peer_address = peer;
  for (const auto side : {Side::kIngress, Side::kEgress}) {
    for (const std::uint16_t port : {std::uint16_t{0}, std::uint16_t{80}, std::uint16_t{65535}}) {
      facts.side = side;
      facts.port = port;
      const bool connection = decider.decide_connection(facts).allowed();
      const auto request = decider.decide_request(facts, head);
      if ((!connection && request.allowed()) || request.allowed() != request.detail.empty()) {
        std::abort();
      }
    }
  }
}

/// A policy that was read reads back from what is written of it.
template <class Policies>
void write_back(const Policies& policies) {
  for (const auto& policy : policies) {
    if (policy.unreadable) {
      continue;
    }
    const std::string text = gabion::config::kube::to_yaml(policy, "fuzz");
    const auto again = gabion::config::kube::parse_manifests(text, "written");
    if (!again || !again->refusals.empty()) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto objects =
      gabion::config::kube::parse_manifests(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!objects) {
    return 0;
  }
  write_back(objects->network_policies);
  write_back(objects->l7_policies);
  for (std::size_t i = 0; i < std::min(objects->pods.size(), kMaxPods); ++i) {
    auto rules = gabion::config::policy::compile(*objects, {objects->pods[i].name, "cluster.local"});
    if (!rules) {
      continue;
    }
    const auto decider = Decider::build(std::move(*rules));
    if (!decider) {
      continue;
    }
    ask(**decider, IpAddress::v4(0x0A000001));
    ask(**decider, IpAddress::v6({}));
    for (const auto& pod : objects->pods) {
      for (const auto& address : pod.addresses) {
        ask(**decider, address);
      }
    }
    for (const auto& node : objects->nodes) {
      for (const auto& address : node.addresses) {
        ask(**decider, address);
      }
    }
  }
  return 0;
}
