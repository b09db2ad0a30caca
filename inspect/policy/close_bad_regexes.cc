// L7Policies with a regular expression that cannot be compiled: see close_bad_regexes.h.
#include "inspect/policy/close_bad_regexes.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/match/regex.h"

namespace gabion::inspect::policy {
namespace {

using config::Errors;
using config::kube::HeaderMatch;
using config::kube::HttpMatch;
using config::kube::L7Policy;
using config::kube::L7Rule;
using config::kube::PathMatch;

void check(const std::string& expression, const std::string& where, Errors& errors) {
  if (const auto compiled = match::Regex::compile(expression); compiled.has_error()) {
    errors.emplace_back(compiled.error().what, where + ".regex");
  }
}

std::string item(std::string_view list, std::size_t index) {
  return "." + std::string(list) + "[" + std::to_string(index) + "]";
}

void check(const HttpMatch& http, const std::string& where, Errors& errors) {
  for (std::size_t i = 0; i < http.paths.size(); ++i) {
    if (http.paths[i].kind == PathMatch::Kind::kRegex) {
      check(http.paths[i].text, where + item("paths", i), errors);
    }
  }
  for (std::size_t i = 0; i < http.headers.size(); ++i) {
    if (http.headers[i].kind == HeaderMatch::Kind::kRegex) {
      check(http.headers[i].text, where + item("headers", i), errors);
    }
  }
}

void check(std::span<const L7Rule> rules, const std::string& where, Errors& errors) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t j = 0; j < rules[i].http.size(); ++j) {
      check(rules[i].http[j], where + "[" + std::to_string(i) + "]" + item("http", j), errors);
    }
  }
}

/// A Deny for everybody on every port the rules named.
void close(std::vector<L7Rule>& rules) {
  if (rules.empty()) {
    return;
  }
  L7Rule closing;
  closing.action = config::kube::RuleAction::kDeny;
  closing.protocol = config::kube::AppProtocol::kTcp;
  for (const L7Rule& rule : rules) {
    closing.ports.insert(closing.ports.end(), rule.ports.begin(), rule.ports.end());
  }
  rules.assign(1, std::move(closing));
}

void close(L7Policy& policy, const Errors& why, config::kube::Objects& objects) {
  if (!why.empty()) {
    policy.unreadable = true;
    close(policy.ingress);
    close(policy.egress);
    objects.refusals.insert(objects.refusals.end(), why.begin(), why.end());
  }
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_names(std::span<const L7Rule> rules, const std::string& direction, const InspectNames& known,
                 Errors& errors) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string where = direction + "[" + std::to_string(i) + "].inspect.";
    if (const auto& waf = rules[i].waf; waf && !holds(known.waf, waf->profile)) {
      errors.emplace_back("\"" + waf->profile + "\" is not among inspection.waf of gabion.yaml", where + "waf.profile");
    }
    for (std::size_t item = 0; item < rules[i].dlp.size(); ++item) {
      if (const std::string& name = rules[i].dlp[item].profile; !holds(known.dlp, name)) {
        errors.emplace_back("\"" + name + "\" is not among inspection.dlp.profiles of gabion.yaml",
                            where + "dlp[" + std::to_string(item) + "].profile");
      }
    }
  }
}

}  // namespace

void close_bad_regexes(config::kube::Objects& objects) {
  for (L7Policy& policy : objects.l7_policies) {
    Errors errors;
    check(policy.ingress, policy.name.to_string() + "/ingress", errors);
    check(policy.egress, policy.name.to_string() + "/egress", errors);
    close(policy, errors, objects);
  }
}

void close_unknown_names(config::kube::Objects& objects, const InspectNames& known) {
  for (L7Policy& policy : objects.l7_policies) {
    Errors errors;
    check_names(policy.ingress, policy.name.to_string() + "/ingress", known, errors);
    check_names(policy.egress, policy.name.to_string() + "/egress", known, errors);
    close(policy, errors, objects);
  }
}

}  // namespace gabion::inspect::policy
