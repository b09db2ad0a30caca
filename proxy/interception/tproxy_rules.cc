// The rules that lead TCP to the proxy by TPROXY: see tproxy_rules.h.
#include "proxy/interception/tproxy_rules.h"

#include <fmt/format.h>

#include "config/proxy_config.h"
#include "proxy/interception/rule_parts.h"

namespace gabion::proxy::interception {
namespace {

std::string tproxy_to(std::uint16_t port, const NetSettings& settings, Family family) {
  return fmt::format("TPROXY --on-port {} --on-ip {} --tproxy-mark {:#x}/0xffffffff", port, words_of(family).anywhere,
                     settings.route_mark);
}

/// What belongs to a connection that the proxy has already, whoever's addresses it has there.
void add_divert_chain(const NetSettings& settings, Rules& rules) {
  rules.push_back(fmt::format("-A GABION_DIVERT -j MARK --set-xmark {:#x}/0xffffffff", settings.route_mark));
  rules.emplace_back("-A GABION_DIVERT -j ACCEPT");
}

/// Answers to what was not led anywhere on its way out: TPROXY would give them to nobody.
constexpr std::string_view kAnswers = "-A GABION_IN -p tcp -m conntrack --ctdir REPLY -j RETURN";

void add_from_pods(const NetSettings& settings, Rules& rules) {
  for (const auto& name : settings.interfaces) {
    rules.push_back(fmt::format("-A GABION_IN -i {} -p tcp -j GABION_OUT", name));
  }
}

void add_to_pods(const NetSettings& settings, Family family, Rules& rules) {
  if (settings.hop_port != 0) {
    rules.push_back(
        fmt::format("-A GABION_IN -p tcp --dport {} -m addrtype --dst-type LOCAL -j RETURN", settings.hop_port));
  }
  add_inbound_exceptions(settings, rules);
  for (const auto& cidr : settings.pod_cidrs) {
    if (is_of(cidr, family)) {
      add_inbound_ports(settings, to_network(cidr), tproxy_to(settings.inbound_port, settings, family), rules);
    }
  }
}

/// What was sent to an address of the node's and only then translated to a pod's (NodePort, hostPort) never was on its
/// way to a pod where TPROXY looks: it goes no further, but for the ports that are not taken anyway.
void add_translated(const NetSettings& settings, Family family, Rules& rules) {
  for (const auto port : settings.exclude_inbound_ports) {
    rules.push_back(fmt::format("-A GABION_FORWARD -p tcp --dport {} -j RETURN", port));
  }
  for (const auto& cidr : settings.pod_cidrs) {
    if (!is_of(cidr, family)) {
      continue;
    }
    for (const auto port : settings.include_inbound_ports) {
      rules.push_back(fmt::format("-A GABION_FORWARD {}-p tcp --dport {} -j DROP", to_network(cidr), port));
    }
    if (settings.include_inbound_ports.empty()) {
      rules.push_back(fmt::format("-A GABION_FORWARD {}-j DROP", to_network(cidr)));
    }
  }
}

/// What the proxy sends to no pod of its own, and others' rules have translated to one (NodePort, an address of a load
/// balancer), or that is to a pod which nobody knows: nobody has judged it for that pod.
void add_leaving(const NetSettings& settings, Rules& rules) {
  rules.push_back(
      fmt::format("-I POSTROUTING -p tcp -m mark --mark {:#x} -j GABION_LEAVE", config::leaving_mark(settings.mark)));
  for (const auto& name : settings.interfaces) {
    rules.push_back(fmt::format("-A GABION_LEAVE -o {} -j DROP", name));
  }
}

}  // namespace

Rules sidecar_mangle_rules(const NetSettings& settings, Family family) {
  Rules rules = {"-A PREROUTING -p tcp -j GABION_IN", "-A OUTPUT -p tcp -j GABION_OUT", "-A GABION_IN -i lo -j RETURN",
                 "-A GABION_IN -m socket --transparent -j GABION_DIVERT", std::string(kAnswers)};
  if (settings.agent_port != 0) {
    rules.push_back(fmt::format("-A GABION_IN -p tcp --dport {} -j RETURN", settings.agent_port));
  }
  add_inbound_exceptions(settings, rules);
  add_inbound_ports(settings, "", tproxy_to(settings.inbound_port, settings, family), rules);
  rules.push_back(fmt::format(
      "-A GABION_OUT -o lo -m owner --uid-owner {} -m mark --mark {:#x} -j CONNMARK --set-xmark {:#x}/0xffffffff",
      settings.uid, settings.mark, settings.route_mark));
  rules.push_back(fmt::format(
      "-A GABION_OUT -m connmark --mark {0:#x} -m conntrack --ctdir REPLY -j MARK --set-xmark {0:#x}/0xffffffff",
      settings.route_mark));
  add_divert_chain(settings, rules);
  return rules;
}

Rules gateway_mangle_rules(const NetSettings& settings, Family family) {
  Rules rules = {"-I PREROUTING -j GABION_IN",
                 "-I FORWARD -p tcp -m conntrack --ctstate DNAT --ctdir ORIGINAL -j GABION_FORWARD",
                 "-A GABION_IN -i lo -j RETURN"};
  for (const auto& name : settings.interfaces) {
    rules.push_back(fmt::format("-A GABION_IN -i {} -m rpfilter --invert -j DROP", name));
  }
  rules.emplace_back("-A GABION_IN -p tcp -m socket --transparent -j GABION_DIVERT");
  rules.push_back(fmt::format("-A GABION_IN -p {} -m socket --transparent -j GABION_DIVERT", words_of(family).icmp));
  rules.emplace_back(kAnswers);
  add_from_pods(settings, rules);
  add_to_pods(settings, family, rules);
  add_outbound_ports(settings, family, tproxy_to(settings.outbound_port, settings, family), rules);
  add_divert_chain(settings, rules);
  add_translated(settings, family, rules);
  add_leaving(settings, rules);
  return rules;
}

Rules gateway_nat_rules(const NetSettings& settings) {
  return {fmt::format("-I PREROUTING -p tcp -m mark --mark {:#x} -j GABION_DIVERT", settings.route_mark),
          "-A GABION_DIVERT -j ACCEPT"};
}

}  // namespace gabion::proxy::interception
