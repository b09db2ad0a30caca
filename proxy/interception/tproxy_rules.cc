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

/// In a pod: answers to what was not led anywhere on its way out, TPROXY would give them to nobody.
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

/// A connection that was let by has the bits of `--mark` in its own mark, beside those of others.
std::string has_been_let_by(const NetSettings& settings) {
  return fmt::format("-m connmark --mark {0:#x}/{0:#x}", settings.mark);
}

/// Answers pass on connections that were let by, and on no other. Of what the proxy took the kernel knows both ends
/// too, and of calls that the proxy made and has ended: who sends there (raw sockets) goes the way of all others.
void add_answers(const NetSettings& settings, Rules& rules) {
  rules.push_back(
      fmt::format("-A GABION_IN -p tcp -m conntrack --ctdir REPLY {} -j RETURN", has_been_let_by(settings)));
}

/// A source has to be routed back to where it came from: whatever pods send, and what comes from elsewhere in the name
/// of one. Without an answer it would get through, and into connections that the proxy has with that pod.
void add_sources(const NetSettings& settings, Family family, Rules& rules) {
  for (const auto& name : settings.interfaces) {
    rules.push_back(fmt::format("-A GABION_IN -i {} -m rpfilter --invert -j DROP", name));
  }
  for (const auto& cidr : settings.pod_cidrs) {
    if (is_of(cidr, family)) {
      rules.push_back(fmt::format("-A GABION_IN {}-m rpfilter --invert -j DROP", from_network(cidr)));
    }
  }
}

/// To `chain`: what matches is dropped where it would have been taken. `match` is "" or ends with a blank.
void add_drop(const NetSettings& settings, std::string_view chain, std::string_view match, Rules& rules) {
  for (const auto port : settings.include_inbound_ports) {
    rules.push_back(fmt::format("-A {} {}-p tcp --dport {} -j DROP", chain, match, port));
  }
  if (settings.include_inbound_ports.empty()) {
    rules.push_back(fmt::format("-A {} {}-j DROP", chain, match));
  }
}

/// Where nobody knows which addresses the pods have, whatever would be sent on to one by its interface: it was led to
/// no judge. What comes by a hop of another gateway is the proxy's own call.
void add_drops_by_interface(const NetSettings& settings, Rules& rules) {
  for (const auto& name : settings.interfaces) {
    add_drop(settings, kForwardChain, fmt::format("-o {} ", name), rules);
  }
}

/// To `chain`: what is on its way to a pod.
void add_drops(const NetSettings& settings, Family family, std::string_view chain, Rules& rules) {
  for (const auto& cidr : settings.pod_cidrs) {
    if (is_of(cidr, family)) {
      add_drop(settings, chain, to_network(cidr), rules);
    }
  }
}

/// What is sent on was let by, but for what was sent to an address of the node's and only then translated to a pod's
/// (NodePort, hostPort): it never was on its way to a pod where TPROXY looks, and goes no further unless its port is
/// not taken anyway. A call of the node's own is let by as well; the proxy's from a caller's address is not.
void add_let_by(const NetSettings& settings, Family family, Rules& rules) {
  for (const auto port : settings.exclude_inbound_ports) {
    rules.push_back(fmt::format("-A GABION_FORWARD -p tcp --dport {} -g GABION_LET", port));
  }
  if (!settings.knows_networks) {
    add_drops_by_interface(settings, rules);
  }
  rules.emplace_back("-A GABION_FORWARD -m conntrack ! --ctstate DNAT -g GABION_LET");
  add_drops(settings, family, kForwardChain, rules);
  rules.emplace_back("-A GABION_FORWARD -g GABION_LET");
  rules.push_back(fmt::format("-A GABION_LET -j CONNMARK --set-xmark {0:#x}/{0:#x}", settings.mark));
}

/// Of what leaves by a pod's interface. What the proxy sends to no pod of its own, and others' rules have translated to
/// one (NodePort, an address of a load balancer), or that is to a pod which nobody knows, nobody has judged for that
/// pod. Nor what somebody sends on in the kernel as if it were the node's (IPVS): it passes no FORWARD, so it was not
/// let by, and its source is not the node's.
void add_leaving(const NetSettings& settings, Family family, Rules& rules) {
  // One jump: each -I goes before what the last one put there, and the kernel would list several the other way round.
  rules.emplace_back("-I POSTROUTING -p tcp -j GABION_POST");
  for (const auto& name : settings.interfaces) {
    rules.push_back(fmt::format("-A GABION_POST -o {} -g GABION_LEAVE", name));
  }
  // By its bits: others add theirs to a mark (kube-proxy 0x4000, of what is to be masqueraded).
  rules.push_back(
      fmt::format("-A GABION_LEAVE -m mark --mark {0:#x}/{0:#x} -j DROP", config::leaving_mark(settings.mark)));
  rules.push_back(fmt::format("-A GABION_LEAVE -m mark --mark {:#x} -j RETURN", settings.mark));
  rules.emplace_back("-A GABION_LEAVE -m conntrack --ctdir REPLY -j RETURN");
  rules.emplace_back("-A GABION_LEAVE -m addrtype --src-type LOCAL -j RETURN");
  rules.push_back(fmt::format("-A GABION_LEAVE {} -j RETURN", has_been_let_by(settings)));
  for (const auto port : settings.exclude_inbound_ports) {
    rules.push_back(fmt::format("-A GABION_LEAVE -p tcp --dport {} -g GABION_LET", port));
  }
  if (settings.knows_networks) {
    add_drops(settings, family, kLeaveChain, rules);
  } else {
    add_drop(settings, kLeaveChain, "", rules);
  }
  rules.emplace_back("-A GABION_LEAVE -g GABION_LET");
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
  rules.push_back(
      fmt::format("-A GABION_OUT -o lo -m owner {} -m mark --mark {:#x} -j CONNMARK --set-xmark {:#x}/0xffffffff",
                  owner_of(settings), settings.mark, settings.route_mark));
  rules.push_back(fmt::format(
      "-A GABION_OUT -m connmark --mark {0:#x} -m conntrack --ctdir REPLY -j MARK --set-xmark {0:#x}/0xffffffff",
      settings.route_mark));
  add_divert_chain(settings, rules);
  return rules;
}

Rules gateway_mangle_rules(const NetSettings& settings, Family family) {
  Rules rules = {"-I PREROUTING -j GABION_IN", "-I FORWARD -p tcp -m conntrack --ctdir ORIGINAL -j GABION_FORWARD",
                 "-I OUTPUT -p tcp -m conntrack --ctdir ORIGINAL -m addrtype --src-type LOCAL -j GABION_LET",
                 "-A GABION_IN -i lo -j RETURN"};
  add_sources(settings, family, rules);
  rules.emplace_back("-A GABION_IN -p tcp -m socket --transparent -j GABION_DIVERT");
  rules.push_back(fmt::format("-A GABION_IN -p {} -m socket --transparent -j GABION_DIVERT", words_of(family).icmp));
  add_answers(settings, rules);
  add_from_pods(settings, rules);
  add_to_pods(settings, family, rules);
  add_outbound_ports(settings, family, tproxy_to(settings.outbound_port, settings, family), rules);
  add_divert_chain(settings, rules);
  add_let_by(settings, family, rules);
  add_leaving(settings, family, rules);
  return rules;
}

Rules gateway_nat_rules(const NetSettings& settings) {
  return {fmt::format("-I PREROUTING -p tcp -m mark --mark {:#x} -j GABION_DIVERT", settings.route_mark),
          "-A GABION_DIVERT -j ACCEPT"};
}

}  // namespace gabion::proxy::interception
