// A bad regular expression costs its own policy its readability, and nobody else anything.
#include "inspect/policy/close_bad_regexes.h"

#include <gtest/gtest.h>

#include "tests/inspect/policy/l7_cluster.h"

namespace gabion::inspect::policy {
namespace {

/// What a verdict says, without views into the decider that gave it.
struct Judged {
  Reason reason;
  std::string rule;
  bool dry_run_differs;
  [[nodiscard]] bool allowed() const { return reason == Reason::kNone; }
};

Judged judge_closed(Cluster& cluster, const Request& request) {
  auto objects = cluster.objects();
  close_bad_regexes(objects);
  auto rules = config::policy::compile(objects, {object_name(request.pod), ""});
  const auto decider = Decider::build(std::move(rules.value()));
  EXPECT_TRUE(decider.has_value());
  ConnectionFacts facts;
  facts.side = request.side;
  facts.peer_address = config::IpAddress::parse(request.peer).value();
  facts.port = request.port;
  RequestHead head;
  head.method = request.method;
  head.target = head.path = request.path;
  head.authority = request.authority;
  const Verdict verdict = (*decider)->decide_request(facts, head);
  return {verdict.reason, std::string(verdict.rule), verdict.dry_run_differs};
}

std::string two_policies(const std::string& condition, const std::string& mode = "Enforce") {
  return "  mode: " + mode + "\n  ingress:\n  - {ports: [{port: http}], protocol: HTTP, http: [{methods: [GET]}, {" +
         condition +
         "}]}\n---\napiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: good, namespace: x}\n"
         "spec: {podSelector: {}, ingress: [{ports: [{port: 9090}], protocol: HTTP, http: [{paths: [{regex: "
         "'/a+'}]}]}]}\n";
}

TEST(BadRegex, ClosesThePortsOfItsPolicyOnly) {
  for (const std::string condition : {"paths: [{exact: /}, {regex: '('}]", "headers: [{name: x-t, regex: '[z-a]'}]"}) {
    Cluster cluster = with_l7(two_policies(condition));
    const Judged closed = judge_closed(cluster, {.path = "/x"});
    EXPECT_EQ(closed.reason, Reason::kPolicyInvalid) << condition;
    EXPECT_EQ(closed.rule, "x/l7");
    EXPECT_TRUE(judge_closed(cluster, {.path = "/aa", .port = 9090}).allowed());
    EXPECT_EQ(judge_closed(cluster, {.path = "/b", .port = 9090}).reason, Reason::kPolicyDenied);
    EXPECT_TRUE(judge_closed(cluster, {.side = Side::kEgress}).allowed()) << "it names no egress";
  }
}

TEST(BadRegex, IsToldWithItsPlace) {
  Cluster cluster = with_l7(two_policies("paths: [{exact: /}, {regex: '('}]"));
  auto objects = cluster.objects();
  close_bad_regexes(objects);
  ASSERT_EQ(objects.refusals.size(), 1U);
  EXPECT_EQ(objects.refusals.front().where, "x/l7/ingress[0].http[1].paths[1].regex");
  EXPECT_NE(objects.refusals.front().what.find("not a regular expression"), std::string::npos);
}

TEST(BadRegex, InADryRunIsOnlyReported) {
  Cluster cluster = with_l7(two_policies("paths: [{regex: '('}]", "DryRun"));
  const Judged verdict = judge_closed(cluster, {});
  EXPECT_TRUE(verdict.allowed());
  EXPECT_TRUE(verdict.dry_run_differs);
}

}  // namespace
}  // namespace gabion::inspect::policy
