// Puts verdicts and fates into lines: the words of people for the bases of policy §4.3.
#include "inspect/policy/access_report.h"

#include <algorithm>
#include <utility>

namespace gabion::inspect::policy {
namespace {

using config::kube::PolicyMode;
using config::kube::RuleAction;
using config::policy::PolicyKind;
using config::policy::Traffic;

std::string kind_of(PolicyKind kind) {
  return kind == PolicyKind::kNetworkPolicy ? "NetworkPolicy" : "L7Policy";
}

RuleLine line_of(const RuleFate& fate) {
  const auto& rule = *fate.rule;
  RuleLine line;
  line.rule = rule.id;
  line.label = rule.label;
  line.kind = kind_of(rule.kind);
  line.action = rule.action == RuleAction::kDeny ? "Deny" : "Allow";
  line.dry_run = rule.mode == PolicyMode::kDryRun;
  line.met = fate.met();
  line.failed = std::string(to_string(fate.failed));
  line.text = fate.text;
  line.nearest = fate.nearest;
  return line;
}

std::vector<RuleLine> lines_of(const std::vector<RuleFate>& fates, PolicyKind kind) {
  std::vector<RuleLine> lines;
  for (const auto& fate : fates) {
    if (fate.rule->kind == kind) {
      lines.push_back(line_of(fate));
    }
  }
  return lines;
}

std::string with_label(std::string_view rule, const std::vector<RuleLine>& lines) {
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const RuleLine& line) { return line.rule == rule; });
  std::string text(rule);
  return found == lines.end() || found->label.empty() ? text : text + " (" + found->label + ")";
}

std::string network_text(const Verdict& verdict, const std::string& own) {
  if (verdict.basis == "not_isolated") {
    return own + " is not isolated";
  }
  if (verdict.basis == "self") {
    return "a pod is never cut off from itself";
  }
  if (verdict.basis == "own_node") {
    return "the pod's own node is always let in";
  }
  if (verdict.basis == "rule") {
    return "NetworkPolicy " + std::string(verdict.rule);
  }
  if (verdict.basis == "unknown_peer") {
    return own + " is isolated, and nobody knows which pod this is";
  }
  if (verdict.basis == "no_rule") {
    return own + " is isolated, and no rule allows it";
  }
  return verdict.detail;
}

std::string message_text(const Verdict& verdict, const Traffic& traffic, const std::vector<RuleLine>& lines) {
  if (verdict.basis == "rule" || verdict.basis == "l7_deny") {
    return "L7Policy " + with_label(verdict.rule, lines) + (verdict.allowed() ? "" : " denies it");
  }
  if (verdict.basis == "l7_no_match") {
    return std::to_string(traffic.port) + " is closed, and no Allow rule matches";
  }
  if (verdict.allowed()) {
    return traffic.request ? "no L7 rule closes " + std::to_string(traffic.port)
                           : "nothing forbids the connection; each request is judged";
  }
  return verdict.detail;
}

/// The lines of one side: layer 4, and layer 7 where there are rules that layer 4 lets speak.
void add_side(const Traffic& traffic, const SideAnswer& side, const std::vector<RuleFate>& fates,
              std::vector<LayerLine>& out) {
  const std::string& own = side.side == Side::kIngress ? traffic.to.text : traffic.from.text;
  if (side.judge == nullptr) {
    out.push_back({Layer::kNetwork, side.side, true, "no_pod", "", own + " is no pod: no policy selects it", {}});
    return;
  }
  out.push_back({Layer::kNetwork, side.side, side.network.allowed(), std::string(side.network.basis),
                 std::string(side.network.rule), network_text(side.network, own),
                 lines_of(fates, PolicyKind::kNetworkPolicy)});
  auto lines = lines_of(fates, PolicyKind::kL7Policy);
  const bool judged = traffic.protocol == config::kube::IpProtocol::kTcp && side.network.allowed();
  if (!judged || (lines.empty() && side.verdict.allowed())) {
    return;
  }
  const bool by_rule = side.verdict.policy_kind == "L7Policy";
  std::string text = message_text(side.verdict, traffic, lines);
  out.push_back({Layer::kMessage, side.side, side.verdict.allowed(),
                 by_rule || !side.verdict.allowed() ? std::string(side.verdict.basis) : "",
                 by_rule ? std::string(side.verdict.rule) : "", std::move(text), std::move(lines)});
}

void add_dry_run(const SideAnswer& side, AccessReport& report) {
  if (!side.verdict.dry_run_differs || !report.dry_run.empty()) {
    return;
  }
  report.dry_run = side.verdict.allowed() ? "would deny" : "would allow";
  if (!side.verdict.dry_run_rule.empty()) {
    report.dry_run += " by " + std::string(side.verdict.dry_run_rule);
  }
}

}  // namespace

std::string name_of(const LayerLine& line) {
  return std::string(line.layer == Layer::kNetwork ? "L4" : "L7") +
         (line.side == Side::kIngress ? " ingress" : " egress");
}

config::Result<AccessReport> report_access(ClusterView& view, const Traffic& traffic) {
  const auto answer = view.ask(traffic);
  if (!answer) {
    return answer.error();
  }
  AccessReport report;
  report.allowed = answer->allowed;
  if (answer->same_end) {
    report.layers.push_back(
        {Layer::kNetwork, Side::kIngress, true, "self", "", "a pod is never cut off from itself", {}});
    return report;
  }
  for (const auto* side : {&answer->egress, &answer->ingress}) {
    add_side(traffic, *side, view.consider(traffic, *answer, side->side), report.layers);
    add_dry_run(*side, report);
  }
  const Verdict& verdict = answer->decisive().verdict;
  report.rule = std::string(verdict.rule);
  report.detail = verdict.detail;
  report.reason = verdict.allowed() ? "" : std::string(to_string(verdict.reason));
  return report;
}

}  // namespace gabion::inspect::policy
