// Random CiliumNetworkPolicies, asked as Cilium documents them and as we import them: never wider, and mostly the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "config/policy/import.h"
#include "inspect/policy/cluster_view.h"
#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

using Texts = std::vector<std::string>;

/// A label to have, in a namespace or ("") in the policy's own.
struct Endpoint {
  std::string app;  ///< "" = any pod
  std::string name_space;
};
struct Http {
  std::string method, path, host, header;  ///< regexes; header "X-Tenant: v" or "X-Tenant"
};
struct ToPorts {
  Texts ports;           ///< "8080", "http", "0", "8080-8081"
  std::string protocol;  ///< "" = any
  std::vector<Http> http;
  bool has_http = false;
};
struct SourceRule {
  enum class Peers { kAny, kEndpoints, kCidr, kWorld, kCluster } peers = Peers::kAny;
  std::vector<Endpoint> endpoints;
  std::string cidr;
  std::vector<ToPorts> to_ports;
};
struct SourcePolicy {
  bool selects_a = false;
  std::vector<SourceRule> ingress;
  std::vector<SourceRule> deny;
};

struct Question {
  std::string from;
  std::uint16_t port = 8080;
  std::string method, path, host, header;
};

// ---- the literal reading --------------------------------------------------------------------------------------------

struct Peer {
  std::string name_space, app, address;
};
Peer peer_of(const std::string& end) {
  return end == "x/b"   ? Peer{"x", "b", "10.0.0.2"}
         : end == "x/c" ? Peer{"x", "c", "10.0.0.3"}
         : end == "y/a" ? Peer{"y", "a", "10.0.1.1"}
                        : Peer{"", "", end.substr(3)};
}

bool in(const std::string& block, const std::string& address) {
  return config::Cidr::parse(block).value().contains(config::IpAddress::parse(address).value());
}

bool matches_peer(const SourceRule& rule, const Peer& peer) {
  const bool pod = !peer.app.empty();
  switch (rule.peers) {
    case SourceRule::Peers::kAny:
      return true;
    case SourceRule::Peers::kEndpoints:
      return pod && std::any_of(rule.endpoints.begin(), rule.endpoints.end(), [&](const Endpoint& one) {
               return peer.name_space == (one.name_space.empty() ? "x" : one.name_space) &&
                      (one.app.empty() || one.app == peer.app);
             });
    case SourceRule::Peers::kCidr:
      return !pod && in(rule.cidr, peer.address);
    case SourceRule::Peers::kWorld:
      return !pod;
    case SourceRule::Peers::kCluster:
      return pod;
  }
  return false;
}

bool matches_port(const ToPorts& ports, std::uint16_t port) {
  const bool tcp = ports.protocol.empty() || ports.protocol == "TCP";
  return tcp && std::any_of(ports.ports.begin(), ports.ports.end(), [port](const std::string& one) {
           return one == "0" || (one == "http" && port == 8080) || one == std::to_string(port);
         });
}

bool full(const std::string& regex, const std::string& text) {
  return regex.empty() || std::regex_match(text, std::regex(regex));
}

bool matches_http(const Http& http, const Question& asked) {
  const std::size_t blank = http.header.find(' ');
  const bool header =
      http.header.empty() ||
      (!asked.header.empty() && (blank == std::string::npos || http.header.substr(blank + 1) == asked.header));
  return header && full(http.method, asked.method) && full(http.path, asked.path) && full(http.host, asked.host);
}

bool literally_allowed(const std::vector<SourcePolicy>& policies, const Question& asked) {
  const Peer peer = peer_of(asked.from);
  bool isolated = false;
  bool layer4 = false;
  bool filtered = false;
  bool layer7 = false;
  for (const auto& policy : policies) {
    isolated = isolated || !policy.ingress.empty() || !policy.deny.empty();
    for (const auto& rule : policy.deny) {
      if (matches_peer(rule, peer) && std::any_of(rule.to_ports.begin(), rule.to_ports.end(),
                                                  [&](const auto& one) { return matches_port(one, asked.port); })) {
        return false;
      }
    }
    for (const auto& rule : policy.ingress) {
      const bool empty = rule.peers == SourceRule::Peers::kAny && rule.to_ports.empty();
      if (empty || !matches_peer(rule, peer)) {
        continue;
      }
      layer4 = layer4 || rule.to_ports.empty();
      for (const auto& ports : rule.to_ports) {
        if (!matches_port(ports, asked.port)) {
          continue;
        }
        layer4 = layer4 || !ports.has_http;
        filtered = filtered || ports.has_http;
        layer7 = layer7 || (ports.has_http && std::any_of(ports.http.begin(), ports.http.end(),
                                                          [&](const Http& one) { return matches_http(one, asked); }));
      }
    }
  }
  return !isolated || layer4 || (filtered && layer7);
}

// ---- random policies and their YAML ---------------------------------------------------------------------------------

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t sides) { return engine_() % sides; }
  bool one_in(std::size_t sides) { return below(sides) == 0; }
  const std::string& of(const Texts& choices) { return choices[below(choices.size())]; }

 private:
  std::mt19937 engine_;
};

Http random_http(Dice& dice) {
  Http http;
  http.method = dice.of({"", "GET", "GET|POST", "^(PUT|DELETE)$", ".*"});
  http.path = dice.of({"", "/a/.*", "/a.*", "/[ab]/[^/]+/c.*", "^/c\\.d.*$", ".*", "/x.y/.*", "/a/.+b.*"});
  http.host = dice.of({"", "", "orders\\.shop", ".*\\.shop", "orders.shop"});
  http.header = dice.of({"", "", "X-Tenant: gold", "X-Tenant"});
  return http;
}

SourceRule random_rule(Dice& dice, bool deny) {
  SourceRule rule;
  rule.peers = static_cast<SourceRule::Peers>(dice.below(deny ? 3 : 5));
  for (std::size_t i = dice.below(2) + 1; i > 0 && rule.peers == SourceRule::Peers::kEndpoints; --i) {
    rule.endpoints.push_back({dice.of({"", "a", "b", "c"}), dice.of({"", "", "y", "z"})});
  }
  rule.cidr = dice.of({"192.0.2.0/24", "192.0.2.7/32", "198.51.100.0/24"});
  for (std::size_t i = dice.below(3) + (deny ? 1 : 0); i > 0; --i) {
    ToPorts ports;
    ports.ports = {dice.of({"8080", "8081", "http", "0"})};
    ports.protocol = deny ? "TCP" : dice.of({"", "TCP", "TCP", "ANY", "UDP"});
    ports.protocol = ports.protocol == "ANY" ? "" : ports.protocol;
    ports.has_http = !deny && ports.protocol == "TCP" && dice.one_in(2);
    for (std::size_t n = dice.below(2) + 1; ports.has_http && n > 0; --n) {
      ports.http.push_back(random_http(dice));
    }
    rule.to_ports.push_back(std::move(ports));
  }
  return rule;
}

SourcePolicy random_policy(Dice& dice) {
  SourcePolicy policy;
  policy.selects_a = dice.one_in(2);
  for (std::size_t i = dice.below(3); i > 0; --i) {
    policy.ingress.push_back(random_rule(dice, false));
  }
  if (policy.ingress.empty() || dice.one_in(4)) {
    policy.deny.push_back(random_rule(dice, true));
  }
  return policy;
}

std::string text_of(const Http& http) {
  std::string text;
  const auto add = [&text](const char* key, const std::string& value) {
    text += value.empty() ? "" : std::string(key) + ": '" + value + "', ";
  };
  add("method", http.method);
  add("path", http.path);
  add("host", http.host);
  return "{" + text + (http.header.empty() ? "" : "headers: ['" + http.header + "'], ") + "}";
}

std::string text_of(const SourceRule& rule) {
  std::string text;
  switch (rule.peers) {
    case SourceRule::Peers::kAny:
      break;
    case SourceRule::Peers::kEndpoints:
      for (const auto& one : rule.endpoints) {
        text += "{matchLabels: {" + (one.app.empty() ? "" : "'k8s:app': " + one.app + ", ") +
                (one.name_space.empty() ? "" : "'k8s:io.kubernetes.pod.namespace': '" + one.name_space + "'") + "}}, ";
      }
      text = "fromEndpoints: [" + text + "], ";
      break;
    case SourceRule::Peers::kCidr:
      text = "fromCIDR: [" + rule.cidr + "], ";
      break;
    case SourceRule::Peers::kWorld:
      text = "fromEntities: [world], ";
      break;
    case SourceRule::Peers::kCluster:
      text = "fromEntities: [cluster], ";
      break;
  }
  std::string to_ports;
  for (const auto& one : rule.to_ports) {
    std::string ports;
    for (const auto& port : one.ports) {
      ports += "{port: '" + port + "'" + (one.protocol.empty() ? "" : ", protocol: " + one.protocol) + "}, ";
    }
    std::string http;
    for (const auto& item : one.http) {
      http += text_of(item) + ", ";
    }
    to_ports += "{ports: [" + ports + "]" + (one.has_http ? ", rules: {http: [" + http + "]}" : "") + "}, ";
  }
  return "{" + text + (to_ports.empty() ? "" : "toPorts: [" + to_ports + "]") + "}";
}

std::string yaml_of(const SourcePolicy& policy, std::size_t index) {
  std::string text = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {namespace: x, name: p" +
                     std::to_string(index) +
                     "}\nspec:\n  endpointSelector: " + (policy.selects_a ? "{matchLabels: {app: a}}\n" : "{}\n");
  for (const auto& [key, rules] : {std::pair("ingress", &policy.ingress), std::pair("ingressDeny", &policy.deny)}) {
    text += rules->empty() ? "" : std::string("  ") + key + ":\n";
    for (const auto& rule : *rules) {
      text += "  - " + text_of(rule) + "\n";
    }
  }
  return text;
}

// ---- the comparison -------------------------------------------------------------------------------------------------

Question random_question(Dice& dice) {
  Question asked;
  asked.from = dice.of({"x/b", "x/c", "y/a", "ip:192.0.2.7", "ip:198.51.100.9"});
  asked.port = static_cast<std::uint16_t>(std::stoi(dice.of({"8080", "8081", "9000"})));
  asked.method = dice.of({"GET", "POST", "PUT", "DELETE"});
  asked.path = dice.of({"/a", "/a/b", "/ab", "/a/x/c", "/b/%20/c", "/c.d", "/cxd", "/x.y/z", "/xzy/z", "/a?q=/a/b",
                        "/a/b?q=1", "/q?x=/a/", "/", "/a//b", "/a;b"});
  asked.host = dice.of({"orders.shop", "a.shop", "other.example"});
  asked.header = dice.of({"", "gold", "silver"});
  return asked;
}

config::policy::Traffic traffic_of(const Question& asked) {
  config::policy::Traffic traffic;
  traffic.from = config::policy::End::parse(asked.from).value();
  traffic.to = config::policy::End::parse("x/a").value();
  traffic.port = asked.port;
  traffic.request = config::policy::HttpRequest{asked.method, asked.path, asked.host, {}};
  if (!asked.header.empty()) {
    traffic.request->headers.emplace_back("x-tenant", asked.header);
  }
  return traffic;
}

struct Totals {
  std::size_t policies = 0, refused = 0, asked = 0, allowed = 0, same_asked = 0;
};

/// `policies` of which each selects x/a.
void compare_once(Dice& dice, Totals& totals, bool compat) {
  std::vector<SourcePolicy> policies;
  std::string text;
  for (std::size_t i = dice.below(2) + 1; i > 0; --i) {
    policies.push_back(random_policy(dice));
    text += yaml_of(policies.back(), i);
  }
  config::policy::ImportOptions options;
  options.cilium_compat = compat;
  for (const char* range : {"10.0.0.0/8", "172.18.0.0/16", "fd00::/8"}) {
    options.cluster_cidrs.push_back(config::Cidr::parse(range).value());
  }
  const auto imported = config::policy::import_cilium({{text, "cnp.yaml"}}, options);
  totals.policies += policies.size();
  totals.refused += imported.refused;
  if (imported.refused > 0) {
    return;
  }
  auto objects = config::kube::parse_manifests(std::string(kInventory) + "\n" + imported.manifests, "written");
  ASSERT_TRUE(objects.has_value()) << objects.error().front().to_string() << imported.manifests;
  ASSERT_TRUE(objects->refusals.empty()) << objects->refusals.front().to_string() << imported.manifests;
  ClusterView view(std::move(*objects), "");
  const bool exact = std::none_of(imported.findings.begin(), imported.findings.end(),
                                  [](const auto& one) { return one.code != "W_HOST_PORT" && one.code != "W_ENTITY"; });
  for (int i = 0; i < 60; ++i) {
    const Question asked = random_question(dice);
    const bool theirs = literally_allowed(policies, asked);
    const auto answer = view.ask(traffic_of(asked));
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    const auto told = [&] {
      return text + imported.manifests + asked.from + ":" + std::to_string(asked.port) + " " + asked.method + " " +
             asked.path + " host " + asked.host + " tenant " + asked.header + "\n" + answer->decisive().verdict.detail;
    };
    ++totals.asked;
    totals.allowed += answer->allowed ? 1 : 0;
    ASSERT_TRUE(theirs || !answer->allowed) << "wider than the source\n" << told();
    const bool plain =
        asked.path.find_first_of("%;?") == std::string::npos && asked.path.find("//") == std::string::npos;
    if (exact && plain && policies.size() == 1) {  // of several policies the layer-4 parts do not see each other
      ++totals.same_asked;
      ASSERT_EQ(answer->allowed, theirs) << "narrower without a reason\n" << told();
    }
  }
}

void compare_all(bool compat) {
  Totals totals;
  for (unsigned seed = 1; seed <= 400 && !::testing::Test::HasFatalFailure(); ++seed) {
    Dice dice(seed);
    compare_once(dice, totals, compat);
  }
  EXPECT_GT(totals.asked, 8'000U);
  EXPECT_GT(totals.allowed, totals.asked / 20);
  EXPECT_GT(totals.same_asked, totals.asked / 8);
  EXPECT_LT(totals.refused, totals.policies / 2);
}

TEST(ImportCiliumSemantics, NeverWider) {
  compare_all(false);
}

TEST(ImportCiliumSemantics, NeverWiderWithShadowedRules) {
  compare_all(true);
}

}  // namespace
}  // namespace gabion::inspect::policy
