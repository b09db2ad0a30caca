// Comparisons: what is found, for whom, merged how; and the requests they are asked with.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "inspect/match/regex.h"
#include "inspect/policy/diff.h"
#include "inspect/policy/request_samples.h"
#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

config::kube::Objects objects_of(const std::string& policies) {
  auto objects = config::kube::parse_manifests(std::string(kInventory) + "\n---\n" + policies, "test");
  EXPECT_TRUE(objects.has_value() && objects->refusals.empty());
  return objects ? std::move(*objects) : config::kube::Objects{};
}

DiffReport diff(const std::string& before, const std::string& after, const DiffOptions& options = {}) {
  ClusterView old_view(objects_of(before), "cluster.local");
  ClusterView new_view(objects_of(after), "cluster.local");
  auto report = compare(old_view, new_view, options);
  EXPECT_TRUE(report.has_value()) << report.error().to_string();
  return report ? std::move(*report) : DiffReport{};
}

/// One line for each change: "+ x/b>x/a 80-90/TCP GET /".
std::vector<std::string> lines(const DiffReport& report) {
  std::vector<std::string> result;
  for (const auto& change : report.changes) {
    std::string line = change.allowed ? "+ " : "- ";
    for (const auto& from : change.from) {
      line += from + " ";
    }
    line += "> " + change.to + " " + std::to_string(change.first_port) + "-" + std::to_string(change.last_port) + "/" +
            std::string(config::kube::to_string(change.protocol)) +
            (change.request.empty() ? "" : " " + change.request);
    result.push_back(line);
  }
  return result;
}

std::string np(const std::string& ingress) {
  return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np, namespace: x}\nspec: "
         "{podSelector: {matchLabels: {app: a}}, ingress: [" +
         ingress + "]}\n";
}

std::string l7(const std::string& item) {
  return "---\napiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: l7, namespace: x}\nspec: "
         "{podSelector: {matchLabels: {app: a}}, ingress: [{ports: [{port: 80}], protocol: HTTP, http: [" +
         item + "]}]}\n";
}

TEST(PolicyDiff, TheSamePoliciesDoNotDiffer) {
  const auto report = diff(np("{}"), np("{}"));
  EXPECT_TRUE(report.changes.empty());
  EXPECT_GT(report.questions, 100U);
}

TEST(PolicyDiff, APortThatOpensIsOneChangeForAll) {
  const std::string before = np("{from: [{podSelector: {}}], ports: [{port: 80}]}");
  const std::string after = np("{from: [{podSelector: {}}], ports: [{port: 80, endPort: 82}]}");
  EXPECT_EQ(lines(diff(before, after)), (std::vector<std::string>{"+ x/b x/c > x/a 81-82/TCP"}));
  EXPECT_EQ(lines(diff(after, before)), (std::vector<std::string>{"- x/b x/c > x/a 81-82/TCP"}));
}

TEST(PolicyDiff, RulesAndReasonsAreNamed) {
  const auto report = diff(np("{from: [{podSelector: {matchLabels: {app: b}}}]}"), np(""), {true, "x/b", "x/a"});
  ASSERT_FALSE(report.changes.empty());
  EXPECT_EQ(report.changes[0].before, "x/np/ingress[0]");
  EXPECT_EQ(report.changes[0].now, "policy_denied no_rule");
}

TEST(PolicyDiff, OutsideAddressesAreAskedOnBothSidesOfEveryBlock) {
  const auto found =
      lines(diff(np("{from: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 80}]}"),
                 np("{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}], ports: [{port: 80}]}")));
  EXPECT_EQ(found, (std::vector<std::string>{"- ip:192.0.2.255 > x/a 80-80/TCP"}));
}

TEST(PolicyDiff, RequestsAreTold) {
  const auto found = lines(diff(l7("{methods: [GET], paths: [{prefix: /a}]}"),
                                l7("{methods: [GET, PUT], paths: [{prefix: /a}]}"), {true, "x/b", "x/a"}));
  EXPECT_EQ(found, (std::vector<std::string>{"+ x/b > x/a 80-80/TCP PUT /a", "+ x/b > x/a 80-80/TCP PUT /a/x"}));
}

TEST(PolicyDiff, AllRequestsTogetherAreNone) {
  const auto found = lines(diff(l7("{methods: [GET]}"), "", {true, "x/b", "x/a"}));
  EXPECT_EQ(
      std::count_if(found.begin(), found.end(), [](const auto& line) { return line.find("GET") != std::string::npos; }),
      0);
  const auto closed =
      lines(diff("", l7("{headers: [{name: x, exact: a}, {name: x, exact: b}]}"), {true, "x/b", "x/a"}));
  EXPECT_EQ(closed, (std::vector<std::string>{"- x/b > x/a 80-80/TCP"}));
}

TEST(PolicyDiff, ACertificateCounts) {
  const std::string by_account =
      "---\napiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: l7, namespace: x}\nspec: {podSelector: "
      "{matchLabels: {app: a}}, ingress: [{from: [{serviceAccount: {name: sa-b}}], ports: [{port: 80}], protocol: "
      "TCP}]}\n";
  EXPECT_TRUE(diff("", by_account, {true, "x/b", "x/a"}).changes.empty());
  EXPECT_EQ(diff("", by_account, {false, "x/b", "x/a"}).changes.size(), 1U);
}

TEST(PolicyDiff, AnUnknownEndIsAnError) {
  ClusterView view(objects_of(""), "");
  EXPECT_FALSE(compare(view, view, {true, "x/nobody", ""}).has_value());
}

TEST(PolicyDiff, ASideWithoutPodsBorrowsThem) {
  config::kube::Objects before = objects_of("");
  config::kube::Objects after = config::kube::parse_manifests(np(""), "f").value();
  share_inventory(before, after);
  EXPECT_EQ(after.pods.size(), before.pods.size());
  EXPECT_EQ(after.network_policies.size(), 1U);
}

TEST(RequestSamples, RegexesGetATextOrSayThatTheyDoNot) {
  for (const char* regex : {"/a", "/v[0-9]+/status", "/(a|b)/c", "/x?y*z+", "/[^/]+/d{3}", "/a\\.b", ".*",
                            "/(?:ab){2,3}", "^/a$", "/\\d+"}) {
    const auto text = sample_of_regex(regex);
    ASSERT_TRUE(text.has_value()) << regex;
    EXPECT_TRUE(match::Regex::compile(regex).value().matches_all_of(*text)) << regex << " " << *text;
  }
  EXPECT_FALSE(sample_of_regex("(").has_value());
  EXPECT_FALSE(sample_of_regex("[^\\x00-\\x{10ffff}]").has_value());
}

TEST(RequestSamples, MeetAndMissEveryCondition) {
  config::kube::HttpMatch item;
  item.methods = {"GET"};
  item.paths = {{config::kube::PathMatch::Kind::kTemplate, "/a/{*}/{**}"},
                {config::kube::PathMatch::Kind::kExact, "/a b"}};
  item.hosts = {"*.x"};
  item.headers = {{"h", config::kube::HeaderMatch::Kind::kPresent, ""}};
  const auto samples = sample_requests({&item});
  EXPECT_EQ(samples.requests.size(), 2U * 3 * 2 * 2);
  EXPECT_EQ(samples.requests[0].method, "GET");
  EXPECT_EQ(samples.requests[0].target, "/a/x/x/y");
  EXPECT_EQ(samples.requests[0].host, "a.x");
  EXPECT_EQ(samples.requests[4].target, "/a%20b");
}

TEST(RequestSamples, TooManyCombinationsAreCut) {
  std::vector<config::kube::HttpMatch> items(64);
  std::vector<const config::kube::HttpMatch*> pointers;
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].methods = {"M" + std::to_string(i)};
    items[i].paths = {{config::kube::PathMatch::Kind::kExact, "/" + std::to_string(i)}};
    pointers.push_back(&items[i]);
  }
  const auto samples = sample_requests(pointers);
  EXPECT_TRUE(samples.truncated);
  EXPECT_LE(samples.requests.size(), kMaxSamples);
}

}  // namespace
}  // namespace gabion::inspect::policy
