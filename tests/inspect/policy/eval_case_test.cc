// `policy eval`: the contract of its lines, ends by name, requests, and what is an error.
#include <gtest/gtest.h>

#include <string>

#include "inspect/policy/eval_case.h"

namespace gabion::inspect::policy {
namespace {

constexpr const char* kDb =
    R"("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: db, namespace: x}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: sql}]}]}}")";

/// A cluster of x/web, x/db, x/twin (db's address), x/host (hostNetwork on n1), x/done (finished), nodes n1 and n2.
std::string line_of(const std::string& policies, const std::string& probes, const std::string& more = "") {
  return R"({"id": 7, "policies": [)" + policies + R"(], "namespaces": [{"name": "x", "labels": {"team": "a"}}],
    "nodes": {"n1": "172.18.0.2", "n2": "172.18.0.3"}, "pods": [
    {"namespace": "x", "name": "web", "labels": {"app": "web"}, "ips": ["10.0.0.1", "fd00::1"], "ports": [], "node": "n1"},
    {"namespace": "x", "name": "db", "labels": {"app": "db"}, "ip": "10.0.0.2", "node": "n1",
     "ports": [{"name": "sql", "port": 5432, "protocol": "TCP"}], "serviceAccount": "db"},
    {"namespace": "x", "name": "twin", "labels": {"app": "twin"}, "ip": "10.0.0.2", "ports": []},
    {"namespace": "x", "name": "done", "labels": {"app": "web"}, "ip": "10.0.0.9", "ports": [], "phase": "Succeeded"},
    {"namespace": "x", "name": "host", "labels": {"app": "web"}, "hostNetwork": true, "node": "n2", "ports": []}],
    "probes": [)" +
         probes + "]" + more + "}";
}

std::string answer_to(const std::string& policies, const std::string& probes, const std::string& more = "") {
  std::string line = line_of(policies, probes, more);
  const auto answer = evaluate_case(line);
  EXPECT_NE(answer.line, CaseLine::kNoJson) << answer.json;
  return answer.json;
}

std::string probe(const std::string& from, const std::string& to, int port, const std::string& more = "") {
  return R"({"from": ")" + from + R"(", "to": ")" + to + R"(", "port": )" + std::to_string(port) +
         R"(, "proto": "TCP")" + more + "}";
}

TEST(EvalCase, AnswersEveryProbeInOrder) {
  EXPECT_EQ(answer_to(kDb, probe("x/web", "x/db", 5432) + "," + probe("x/web", "x/db", 22) + "," +
                               probe("x/db", "x/web", 22) + "," + probe("x/db", "x/db", 22)),
            R"({"id":7,"results":[true,false,true,true]})");
}

TEST(EvalCase, EndsAreWhoTheyAreNamedNotWhoHasTheAddress) {
  EXPECT_EQ(answer_to(kDb, probe("x/twin", "x/db", 5432) + "," + probe("x/web", "x/twin", 22) + "," +
                               probe("ip:10.0.0.1", "x/db", 5432) + "," + probe("x/done", "x/db", 5432) + "," +
                               probe("x/host", "x/db", 5432) + "," + probe("x/web", "ip:10.0.0.2", 22)),
            R"({"id":7,"results":[false,true,false,false,false,true]})");
}

TEST(EvalCase, TheOwnNodeIsLetInAndOtherNodesAreNot) {
  EXPECT_EQ(answer_to(kDb, probe("node:n1", "x/db", 22) + "," + probe("node:n2", "x/db", 22) + "," +
                               probe("ip:172.18.0.2", "x/db", 22)),
            R"({"id":7,"results":[true,false,false]})");
}

/// Whoever is asked about, and whether the rule allows or denies: the policy says nothing that could be answered.
TEST(EvalCase, APolicyWithABadRegexIsRefused) {
  for (const std::string action : {"Allow", "Deny"}) {
    for (const std::string condition :
         {"paths: [{regex: '('}]", "headers: [{name: x-t, regex: '[z-a]'}]", "paths: [{regex: '/a{2000}'}]"}) {
      const std::string policy =
          "\"{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: l7, namespace: x}, spec: {podSelector: "
          "{matchLabels: {app: db}}, ingress: [{action: " +
          action + ", ports: [{port: 5432}], protocol: HTTP, http: [{" + condition + "}]}]}}\"";
      for (const char* to : {"x/db", "x/web"}) {
        const std::string answer = answer_to(policy, probe("x/twin", to, 5432, R"(, "http": {"path": "/x"})"));
        EXPECT_EQ(answer.find("results"), std::string::npos) << answer;
        EXPECT_NE(answer.find(R"("error":"x/l7/ingress[0].http[0].)"), std::string::npos) << answer;
        EXPECT_NE(answer.find("not a regular expression RE2 takes"), std::string::npos) << answer;
      }
    }
  }
}

TEST(EvalCase, AnExpectationChangesNothing) {
  EXPECT_EQ(answer_to(kDb, probe("x/web", "x/db", 22, R"(, "expect": true)"), R"(, "invalid": true, "tags": [1])"),
            R"({"id":7,"results":[false]})");
}

TEST(EvalCase, RequestsAreJudgedByL7Policies) {
  const std::string policies =
      R"("{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: l7, namespace: x}, spec: {podSelector: {}, ingress: [{from: [{serviceAccount: {name: web}}], ports: [{port: 80}], protocol: HTTP, http: [{methods: [GET], paths: [{prefix: /a}], headers: [{name: t, exact: u}]}]}]}}")";
  const std::string as_web = R"(, "spiffe": "spiffe://cluster.local/ns/x/sa/web", "http": )";
  EXPECT_EQ(
      answer_to(policies,
                probe("ip:192.0.2.7", "x/db", 80, as_web + R"({"path": "/a/b", "headers": {"T": "u"}})") + "," +
                    probe("ip:192.0.2.7", "x/db", 80, as_web + R"({"path": "/a", "headers": {"t": ["v"]}})") + "," +
                    probe("ip:192.0.2.7", "x/db", 80, R"(, "http": {"path": "/a", "headers": {"t": "u"}})") + "," +
                    probe("ip:192.0.2.7", "x/db", 81, R"(, "http": {"path": "/%zz"})")),
      R"({"id":7,"results":[true,false,false,false]})");
}

TEST(EvalCase, ARefusedPolicyIsAnErrorThatNamesItsPlace) {
  const auto json = answer_to(
      R"("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}, ingress: [{form: []}]}}")",
      "");
  EXPECT_NE(json.find(R"("error":"policies[0]:1:spec.ingress[0].form: unknown field)"), std::string::npos) << json;
}

TEST(EvalCase, WhatIsUnknownOrMalformedIsAnError) {
  for (const auto& probes :
       {probe("x/nobody", "x/db", 1), probe("node:n9", "x/db", 1), probe("web", "x/db", 1), probe("x/web", "x/db", 0),
        probe("x/web", "x/db", 1, R"(, "http": [])"), probe("x/web", "x/db", 1, R"(, "spiffe": "x")"),
        probe("x/web", "x/db", 1, R"(, "sql": {})"), std::string("7"), std::string(R"({"from": "x/web"})")}) {
    const auto json = answer_to(kDb, probes);
    EXPECT_NE(json.find("\"error\""), std::string::npos) << probes << json;
    EXPECT_NE(json.find("probes[0]"), std::string::npos) << json;
  }
  for (const char* line : {"[]", "7", R"({"policies": 1})", R"({"pods": [1]})", R"({"pods": [{"name": "a"}]})",
                           R"({"nodes": {"a": "b"}})", R"({"namespaces": [{"name": "a", "labels": {"b": 1}}]})",
                           R"({"pods": [{"namespace": "a", "name": "b", "ip": "c"}]})"}) {
    const auto answer = evaluate_case(line);
    EXPECT_EQ(answer.line, CaseLine::kRefused) << line << answer.json;
  }
}

TEST(EvalCase, WhatIsNoJsonIsToldApart) {
  for (const char* line : {"", "{", "{} x", "nonsense"}) {
    EXPECT_EQ(evaluate_case(line).line, CaseLine::kNoJson) << line;
  }
}

}  // namespace
}  // namespace gabion::inspect::policy
