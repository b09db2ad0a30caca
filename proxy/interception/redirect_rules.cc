// The nat rules that lead a pod's TCP to its sidecar by REDIRECT: see redirect_rules.h.
#include "proxy/interception/redirect_rules.h"

#include <fmt/format.h>

#include "proxy/interception/rule_parts.h"

namespace gabion::proxy::interception {
namespace {

void add_inbound(const NetSettings& settings, Rules& rules) {
  if (settings.agent_port != 0) {
    rules.push_back(fmt::format("-A GABION_IN -p tcp --dport {} -j RETURN", settings.agent_port));
  }
  add_inbound_exceptions(settings, rules);
  add_inbound_ports(settings, "", fmt::format("REDIRECT --to-ports {}", settings.inbound_port), rules);
}

/// What is left alone, whatever was asked for beside: the order matters (mesh.md §1).
void add_exemptions(const NetSettings& settings, const FamilyWords& words, Rules& rules) {
  const auto owner = owner_of(settings);
  if (settings.layout == Layout::kSidecarTproxy) {
    // Its calls to the application, from addresses of callers. Others may set a mark, but are not in this group.
    rules.push_back(
        fmt::format("-A GABION_OUT -o lo -m owner {} -m mark --mark {:#x} -j RETURN", owner, settings.mark));
  }
  rules.push_back(fmt::format("-A GABION_OUT -s {} -o lo -j RETURN", words.source));
  rules.push_back(fmt::format("-A GABION_OUT ! -d {} -o lo -m owner {} -j GABION_IN", words.localhost, owner));
  rules.push_back(fmt::format("-A GABION_OUT -o lo -m owner ! {} -j RETURN", owner));
  rules.push_back(fmt::format("-A GABION_OUT -m owner --uid-owner {} -j RETURN", settings.uid));
  rules.push_back(fmt::format("-A GABION_OUT -m owner --gid-owner {} -j RETURN", settings.gid));
  for (const auto uid : settings.exclude_uids) {
    rules.push_back(fmt::format("-A GABION_OUT -m owner --uid-owner {} -j RETURN", uid));
  }
  rules.push_back(fmt::format("-A GABION_OUT -d {} -j RETURN", words.localhost));
}

}  // namespace

Rules redirect_rules(const NetSettings& settings, Family family) {
  Rules rules;
  if (settings.layout == Layout::kSidecarRedirect) {
    rules.emplace_back("-A PREROUTING -p tcp -j GABION_IN");
  }
  rules.emplace_back("-A OUTPUT -p tcp -j GABION_OUT");
  add_inbound(settings, rules);
  add_exemptions(settings, words_of(family), rules);
  add_outbound_ports(settings, family, fmt::format("REDIRECT --to-ports {}", settings.outbound_port), rules);
  return rules;
}

}  // namespace gabion::proxy::interception
