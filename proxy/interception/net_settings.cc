// What options of `gabion net` contradict each other: see net_settings.h.
#include "proxy/interception/net_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/proxy_config.h"

namespace gabion::proxy::interception {
namespace {

using Sentences = std::vector<std::string>;

template <class Value>
void refuse_both(std::string_view option, const std::vector<Value>& include, const std::vector<Value>& exclude,
                 Sentences& sentences) {
  for (const auto& value : include) {
    if (std::find(exclude.begin(), exclude.end(), value) != exclude.end()) {
      sentences.push_back(fmt::format("--include-{0} and --exclude-{0} both name {1}", option, value));
    }
  }
}

/// IFNAMSIZ is 16; a "+" at the end stands for anything.
bool is_interface(std::string_view name) noexcept {
  return !name.empty() && name != "+" && name.size() < 16 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:@-+") ==
             std::string_view::npos &&
         name.find('+') >= name.size() - 1 && name.front() != '-';
}

void refuse_gateway(const NetSettings& settings, Sentences& sentences) {
  if (settings.interfaces.empty() || (settings.pod_cidrs.empty() && settings.knows_networks)) {
    sentences.emplace_back(
        "--layout gateway needs --interfaces and --pod-cidrs, or --node and --manifests instead of those: which pods "
        "are "
        "those of this node");
  }
  for (const auto& name : settings.interfaces) {
    if (!is_interface(name)) {
      sentences.push_back(fmt::format("--interfaces: \"{}\" is no name of an interface", name));
    } else if (name == "lo" || name == "l+" || name == "lo+") {
      sentences.push_back(fmt::format("--interfaces: \"{}\" is the node's loopback, no pod's", name));
    }
  }
  if (!settings.exclude_uids.empty()) {
    sentences.emplace_back("--exclude-uids is of a sidecar: a gateway does not see who sends");
  }
  for (const auto port : {settings.inbound_port, settings.outbound_port}) {
    if (port == settings.hop_port) {
      sentences.push_back(fmt::format("--hop-port is a port of the gateway's traffic, {}", port));
    }
  }
}

void refuse_sidecar(const NetSettings& settings, Sentences& sentences) {
  if (settings.uid == 0 || settings.gid == 0) {
    sentences.emplace_back("--uid and --gid are those of the sidecar alone: what root sends would go past it");
  }
  for (const auto port : {settings.inbound_port, settings.outbound_port}) {
    if (port == settings.agent_port) {
      sentences.push_back(fmt::format("--agent-port is a port of the sidecar's traffic, {}", port));
    }
  }
  for (const auto uid : settings.exclude_uids) {
    if (uid == 0) {
      sentences.emplace_back("--exclude-uids names 0: what root sends would go past the sidecar");
    }
  }
  if (!settings.interfaces.empty() || !settings.pod_cidrs.empty()) {
    sentences.emplace_back("--interfaces and --pod-cidrs are of --mode tproxy --layout gateway");
  }
}

}  // namespace

Sentences contradictions(const NetSettings& settings) {
  Sentences sentences;
  if (settings.layout == Layout::kGateway) {
    refuse_gateway(settings, sentences);
  } else {
    refuse_sidecar(settings, sentences);
  }
  if (settings.inbound_port == settings.outbound_port) {
    sentences.push_back(fmt::format("--inbound-port and --outbound-port are both {}", settings.inbound_port));
  }
  if (settings.mark == settings.route_mark) {
    sentences.push_back(fmt::format("--mark and --route-mark are both {}", settings.mark));
  }
  if (config::leaving_mark(settings.mark) == settings.route_mark) {
    sentences.push_back(
        fmt::format("--route-mark is {}, one above --mark: that marks what leaves a node", settings.route_mark));
  }
  refuse_both("inbound-ports", settings.include_inbound_ports, settings.exclude_inbound_ports, sentences);
  refuse_both("outbound-ports", settings.include_outbound_ports, settings.exclude_outbound_ports, sentences);
  return sentences;
}

}  // namespace gabion::proxy::interception
