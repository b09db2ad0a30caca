// Random AuthorizationPolicies, asked as Istio documents them and as we import them: never wider, and mostly the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "config/policy/import.h"
#include "inspect/policy/cluster_view.h"
#include "inspect/policy/normalize_path.h"
#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

using Texts = std::vector<std::string>;

/// A source, an operation, a condition; empty lists are absent fields.
struct From {
  Texts principals, service_accounts, namespaces, blocks;
};
struct To {
  Texts ports, not_ports, methods, paths, hosts;
};
struct When {
  std::string header;
  Texts values;
};
struct SourceRule {
  std::vector<From> from;
  std::vector<To> to;
  std::vector<When> when;
};
struct SourcePolicy {
  std::string action = "ALLOW";
  bool selects_a = false;  ///< label app: a; else every pod of x
  std::vector<SourceRule> rules;
};

struct Question {
  std::string from;
  bool mtls = true;
  std::uint16_t port = 8080;
  std::string method, path, host, header;  ///< header: value of x-tenant, "" = absent
};

const std::set<std::uint16_t> kHttpPorts{8080, 8081};

// ---- the literal reading --------------------------------------------------------------------------------------------

/// As Envoy expands URI templates: {*} within a segment, {**} across.
bool matches_template_text(std::string pattern, const std::string& text) {
  for (const auto& [token, expansion] :
       {std::pair("{**}", "[A-Za-z0-9._~%!$&'()+,;:@/=-]*"), std::pair("{*}", "[A-Za-z0-9._~%!$&'()+,;:@=-]+")}) {
    for (std::size_t at = pattern.find(token); at != std::string::npos; at = pattern.find(token)) {
      pattern.replace(at, std::string(token).size(), expansion);
    }
  }
  return std::regex_match(text, std::regex(pattern));
}

bool matches_text(const std::string& pattern, const std::string& text) {
  if (pattern.find('{') != std::string::npos) {
    return matches_template_text(pattern, text);
  }
  if (pattern == "*") {
    return !text.empty();
  }
  if (pattern.starts_with('*')) {
    return text.ends_with(pattern.substr(1));
  }
  if (pattern.ends_with('*')) {
    return text.starts_with(pattern.substr(0, pattern.size() - 1));
  }
  return text == pattern;
}

bool any_text(const Texts& patterns, const std::string& text) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(), [&](const auto& one) { return matches_text(one, text); });
}

class Literal {
 public:
  Literal(const std::vector<SourcePolicy>& policies, const Question& asked, const std::string& account,
          const std::string& address)
      : policies_(policies), asked_(asked), account_(asked.mtls ? account : ""), address_(address) {
    std::string buffer;
    const auto normal = normalize_target(asked.path, config::PathLevel::kBase, buffer);
    path_ = std::string(normal.path);
  }

  [[nodiscard]] bool allowed() const {
    bool has_allow = false;
    bool allowed = false;
    for (const auto& policy : policies_) {
      const bool match = std::any_of(policy.rules.begin(), policy.rules.end(),
                                     [&](const auto& rule) { return rule_matches(rule, policy.action == "DENY"); });
      if (policy.action == "DENY" && match) {
        return false;
      }
      has_allow = has_allow || policy.action == "ALLOW";
      allowed = allowed || (policy.action == "ALLOW" && match);
    }
    return !has_allow || allowed;
  }

 private:
  [[nodiscard]] bool http() const { return kHttpPorts.contains(asked_.port); }

  [[nodiscard]] bool rule_matches(const SourceRule& rule, bool deny) const {
    const auto from = [&](const From& one) { return from_matches(one); };
    const auto to = [&](const To& one) { return to_matches(one, deny); };
    if (!rule.from.empty() && std::none_of(rule.from.begin(), rule.from.end(), from)) {
      return false;
    }
    if (!rule.to.empty() && std::none_of(rule.to.begin(), rule.to.end(), to)) {
      return false;
    }
    return std::all_of(rule.when.begin(), rule.when.end(), [&](const When& one) {
      return http() ? !asked_.header.empty() && any_text(one.values, asked_.header) : deny;
    });
  }

  [[nodiscard]] bool from_matches(const From& from) const {
    const std::string name_space = account_.substr(0, account_.find('/'));
    const std::string principal =
        account_.empty() ? "" : "cluster.local/ns/" + name_space + "/sa/" + account_.substr(account_.find('/') + 1);
    const auto among = [](const Texts& list, const std::string& text) {
      return list.empty() || std::find(list.begin(), list.end(), text) != list.end();
    };
    const auto in_block = [&](const std::string& block) {
      return config::Cidr::parse(block).value().contains(config::IpAddress::parse(address_).value());
    };
    return among(from.principals, principal) && among(from.service_accounts, account_) &&
           among(from.namespaces, account_.empty() ? "-" : name_space) &&
           (from.blocks.empty() || std::any_of(from.blocks.begin(), from.blocks.end(), in_block));
  }

  [[nodiscard]] bool to_matches(const To& to, bool deny) const {
    const std::string port = std::to_string(asked_.port);
    if (!to.ports.empty() && std::find(to.ports.begin(), to.ports.end(), port) == to.ports.end()) {
      return false;
    }
    if (std::find(to.not_ports.begin(), to.not_ports.end(), port) != to.not_ports.end()) {
      return false;
    }
    if (to.methods.empty() && to.paths.empty() && to.hosts.empty()) {
      return true;
    }
    return http() ? any_text(to.methods, asked_.method) && any_text(to.paths, path_) && any_text(to.hosts, asked_.host)
                  : deny;
  }

  const std::vector<SourcePolicy>& policies_;
  const Question& asked_;
  std::string account_;  ///< "x/sa-a"; empty without mTLS
  std::string address_;
  std::string path_;
};

// ---- random policies and their YAML ---------------------------------------------------------------------------------

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t sides) { return engine_() % sides; }
  bool one_in(std::size_t sides) { return below(sides) == 0; }
  /// Some of `choices`, at least one.
  Texts some(const Texts& choices) {
    Texts result;
    for (std::size_t i = below(2) + 1; i > 0; --i) {
      result.push_back(choices[below(choices.size())]);
    }
    return result;
  }
  const std::string& of(const Texts& choices) { return choices[below(choices.size())]; }

 private:
  std::mt19937 engine_;
};

From random_from(Dice& dice) {
  From from;
  const std::size_t kind = dice.below(6);
  if (kind == 0 || kind == 4) {
    from.principals = dice.some({"cluster.local/ns/x/sa/sa-a", "cluster.local/ns/x/sa/sa-b",
                                 "cluster.local/ns/y/sa/default", "other.example/ns/x/sa/sa-b"});
  }
  if (kind == 1 || kind == 5) {
    from.service_accounts = dice.some({"x/sa-b", "y/default", "x/sa-host"});
  }
  if (kind == 2 || kind == 4 || kind == 5) {
    from.namespaces = dice.some({"x", "y", "z"});
  }
  if (kind == 3) {
    from.blocks = dice.some({"10.0.0.0/24", "10.0.0.2/32", "10.0.1.0/24", "192.0.2.0/24"});
  }
  return from;
}

To random_to(Dice& dice) {
  To to;
  const bool http = !dice.one_in(3);
  if (!http || dice.one_in(2)) {
    to.ports = dice.some(http ? Texts{"8080", "8081"} : Texts{"8080", "8081", "9000"});
  } else if (dice.one_in(4)) {
    to.not_ports = dice.some({"8081", "9000"});
  }
  if (http && dice.one_in(2)) {
    to.methods = dice.some({"GET", "POST", "DELETE"});
  }
  if (http && dice.one_in(2)) {
    to.paths =
        dice.some({"/a", "/a/*", "/a*", "*b", "*", "/a/b", "/*", "*/b", "/c.d", "/a/{*}", "/{**}/b", "/{*}/x/{**}"});
  }
  if (http && dice.one_in(4)) {
    to.hosts = dice.some({"orders.shop", "*.shop"});
  }
  if (to.ports.empty() && to.not_ports.empty() && to.methods.empty() && to.paths.empty() && to.hosts.empty()) {
    to.ports = {"8080"};
  }
  return to;
}

SourcePolicy random_policy(Dice& dice) {
  SourcePolicy policy;
  policy.action = dice.one_in(3) ? "DENY" : "ALLOW";
  policy.selects_a = dice.one_in(2);
  for (std::size_t i = dice.below(3) + (policy.action == "DENY" ? 1 : 0); i > 0; --i) {
    SourceRule rule;
    for (std::size_t n = dice.below(3); n > 0; --n) {
      rule.from.push_back(random_from(dice));
    }
    for (std::size_t n = dice.below(3); n > 0; --n) {
      rule.to.push_back(random_to(dice));
    }
    if (dice.one_in(4)) {
      rule.when.push_back({"x-tenant", dice.some({"gold", "go*", "*ver", "*"})});
    }
    policy.rules.push_back(std::move(rule));
  }
  return policy;
}

std::string list(const std::string& key, const Texts& values) {
  std::string text;
  for (const auto& value : values) {
    text += (text.empty() ? "" : ", ") + ("\"" + value + "\"");
  }
  return values.empty() ? "" : key + ": [" + text + "], ";
}

std::string yaml_of(const SourcePolicy& policy, std::size_t index) {
  std::string text =
      "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {namespace: x, name: p" +
      std::to_string(index) + "}\nspec:\n  action: " + policy.action + "\n";
  text += policy.selects_a ? "  selector: {matchLabels: {app: a}}\n" : "";
  text += policy.rules.empty() ? "" : "  rules:\n";
  for (const auto& rule : policy.rules) {
    std::string from, to, when;
    for (const auto& one : rule.from) {
      from += "{source: {" + list("principals", one.principals) + list("serviceAccounts", one.service_accounts) +
              list("namespaces", one.namespaces) + list("ipBlocks", one.blocks) + "}}, ";
    }
    for (const auto& one : rule.to) {
      to += "{operation: {" + list("ports", one.ports) + list("notPorts", one.not_ports) +
            list("methods", one.methods) + list("paths", one.paths) + list("hosts", one.hosts) + "}}, ";
    }
    for (const auto& one : rule.when) {
      when += "{key: \"request.headers[" + one.header + "]\", " + list("values", one.values) + "}, ";
    }
    text += "  - {" + (from.empty() ? "" : "from: [" + from + "], ") + (to.empty() ? "" : "to: [" + to + "], ") +
            (when.empty() ? "" : "when: [" + when + "], ") + "}\n";
  }
  return text;
}

// ---- the comparison -------------------------------------------------------------------------------------------------

Question random_question(Dice& dice) {
  Question asked;
  asked.from = dice.of({"x/b", "x/c", "y/a", "ip:192.0.2.7"});
  asked.mtls = asked.from != "ip:192.0.2.7" && !dice.one_in(4);
  asked.port = static_cast<std::uint16_t>(std::stoi(dice.of({"8080", "8081", "9000"})));
  asked.method = dice.of({"GET", "POST", "DELETE", "PUT"});
  asked.path = dice.of({"/a", "/a/b", "/ab", "/a/x/b", "/", "/c.d", "/cxd", "/%61", "/x/../a", "/a%2Fb", "/a//b",
                        "/a;b", "/a%20b", "/a%21b", "/x?q=/a", "/b"});
  asked.host = dice.of({"orders.shop", "a.shop", "other.example"});
  asked.header = dice.of({"", "gold", "silver", "goat"});
  return asked;
}

struct Source {
  std::string account;
  std::string address;
};
Source source_of(const std::string& end) {
  if (end.starts_with("ip:")) {
    return {"", end.substr(3)};
  }
  return end == "y/a" ? Source{"y/default", std::string(kPodYA)}
                      : Source{"x/sa-b", std::string(end == "x/b" ? kPodB : kPodC)};
}

config::policy::Traffic traffic_of(const Question& asked) {
  config::policy::Traffic traffic;
  traffic.from = config::policy::End::parse(asked.from).value();
  traffic.to = config::policy::End::parse("x/a").value();
  traffic.port = asked.port;
  traffic.request = config::policy::HttpRequest{asked.method, asked.path, asked.host, {}};
  if (!asked.header.empty()) {
    traffic.request->headers.emplace_back("X-Tenant", asked.header);
  }
  if (asked.mtls) {
    traffic.identity = identity(source_of(asked.from).account);
  }
  return traffic;
}

/// Two servers may read it differently: we refuse where Istio does not.
bool is_plain(const std::string& path) {
  return path.find_first_of("%;") == std::string::npos && path.find("//") == std::string::npos;
}

struct Totals {
  std::size_t policies = 0, refused = 0, asked = 0, allowed = 0, same_asked = 0;
};

void compare_once(Dice& dice, Totals& totals) {
  std::vector<SourcePolicy> policies;
  std::string text;
  for (std::size_t i = dice.below(3) + 1; i > 0; --i) {
    policies.push_back(random_policy(dice));
    text += yaml_of(policies.back(), i);
  }
  config::policy::ImportOptions options;
  options.http_ports = {8080, 8081};
  const auto imported = config::policy::import_istio({{text, "authz.yaml"}}, options);
  totals.policies += policies.size();
  totals.refused += imported.refused;
  if (imported.refused > 0) {
    return;
  }
  auto objects = config::kube::parse_manifests(std::string(kInventory) + "\n" + imported.manifests, "written");
  ASSERT_TRUE(objects.has_value()) << objects.error().front().to_string() << imported.manifests;
  ASSERT_TRUE(objects->refusals.empty()) << objects->refusals.front().to_string() << imported.manifests;
  ClusterView view(std::move(*objects), "cluster.local");
  for (int i = 0; i < 60; ++i) {
    const Question asked = random_question(dice);
    const Source source = source_of(asked.from);
    const bool theirs = Literal(policies, asked, source.account, source.address).allowed();
    const auto answer = view.ask(traffic_of(asked));
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    const auto told = [&] {
      return text + imported.manifests + asked.from + (asked.mtls ? " mtls" : " plain") + ":" +
             std::to_string(asked.port) + " " + asked.method + " " + asked.path + " host " + asked.host + " tenant " +
             asked.header + "\n" + answer->decisive().verdict.detail;
    };
    ++totals.asked;
    totals.allowed += answer->allowed ? 1 : 0;
    ASSERT_TRUE(theirs || !answer->allowed) << "wider than the source\n" << told();
    if (asked.mtls && is_plain(asked.path)) {
      ++totals.same_asked;
      ASSERT_EQ(answer->allowed, theirs) << "narrower without a reason\n" << told();
    }
  }
}

TEST(ImportIstioSemantics, NeverWiderAndTheSameOverMtls) {
  Totals totals;
  for (unsigned seed = 1; seed <= 400 && !HasFatalFailure(); ++seed) {
    Dice dice(seed);
    compare_once(dice, totals);
  }
  EXPECT_GT(totals.asked, 10'000U);
  EXPECT_GT(totals.allowed, totals.asked / 10);
  EXPECT_GT(totals.same_asked, totals.asked / 4);
  EXPECT_LT(totals.refused, totals.policies / 2);
}

}  // namespace
}  // namespace gabion::inspect::policy
