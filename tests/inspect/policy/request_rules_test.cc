// The verdict on one request: layer 4, Deny, Allow, closed port, dry run, unreadable policies, nearest miss.
#include <gtest/gtest.h>

#include <string>

#include "tests/inspect/policy/l7_cluster.h"

namespace gabion::inspect::policy {
namespace {

TEST(RequestVerdict, LayerFourDenialComesFirst) {
  Cluster cluster = with_l7(
      "  ingress: [{ports: [{port: http}], protocol: HTTP}]\n---\n"
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np, namespace: x}, spec: {}}\n");
  const Verdict verdict = judge(cluster, {});
  EXPECT_EQ(verdict.reason, Reason::kPolicyDenied);
  EXPECT_EQ(verdict.policy_kind, "NetworkPolicy");
}

TEST(RequestVerdict, WithoutL7RulesLayerFourStands) {
  Cluster cluster("");
  const Verdict verdict = judge(cluster, {});
  EXPECT_TRUE(verdict.allowed());
  EXPECT_EQ(verdict.basis, "not_isolated");
}

TEST(RequestVerdict, AnAllowRuleClosesItsPortForWhatItDoesNotMatch) {
  Cluster cluster = allowing("{methods: [GET]}");
  const Verdict allowed = judge(cluster, {});
  EXPECT_EQ(allowed.rule, "x/l7/ingress[0]");
  EXPECT_EQ(allowed.policy_kind, "L7Policy");
  EXPECT_EQ(allowed.basis, "rule");
  const Verdict denied = judge(cluster, {.method = "POST"});
  EXPECT_EQ(denied.reason, Reason::kPolicyDenied);
  EXPECT_EQ(denied.basis, "l7_no_match");
  EXPECT_EQ(denied.rule, "");
}

TEST(RequestVerdict, OtherPortsStayOpen) {
  Cluster cluster = allowing("{methods: [GET]}");
  EXPECT_TRUE(judge(cluster, {.method = "POST", .port = 9090}).allowed());
}

TEST(RequestVerdict, ADenyRuleAloneClosesNothing) {
  Cluster cluster = denying("{methods: [DELETE]}");
  EXPECT_TRUE(judge(cluster, {}).allowed());
  const Verdict denied = judge(cluster, {.method = "DELETE"});
  EXPECT_EQ(denied.basis, "l7_deny");
  EXPECT_EQ(denied.rule, "x/l7/ingress[0]");
}

TEST(RequestVerdict, DenyWinsOverEveryAllowWhateverTheOrder) {
  for (const std::string rules : {"[{ports: [{port: http}], protocol: HTTP}, {action: Deny, ports: [{port: http}], "
                                  "protocol: HTTP, http: [{paths: [{prefix: /admin}]}]}]",
                                  "[{action: Deny, ports: [{port: http}], protocol: HTTP, http: [{paths: [{prefix: "
                                  "/admin}]}]}, {ports: [{port: http}], protocol: HTTP}]"}) {
    Cluster cluster = with_l7("  ingress: " + rules + "\n");
    EXPECT_TRUE(judge(cluster, {.path = "/x"}).allowed());
    EXPECT_EQ(judge(cluster, {.path = "/admin/x"}).basis, "l7_deny");
  }
}

TEST(RequestVerdict, ItemsOfHttpAreOred) {
  Cluster cluster = allowing("{methods: [GET]}, {paths: [{exact: /w}]}");
  EXPECT_TRUE(judge(cluster, {.method = "POST", .path = "/w"}).allowed());
  EXPECT_TRUE(judge(cluster, {.path = "/r"}).allowed());
  EXPECT_FALSE(judge(cluster, {.method = "POST", .path = "/r"}).allowed());
}

TEST(RequestVerdict, ATcpAllowMeansAnyMessageAndSwitchesNoDenyOff) {
  Cluster cluster = with_l7(
      "  ingress: [{ports: [{port: http}], protocol: TCP, from: [{podSelector: {matchLabels: {app: b}}}]}, "
      "{ports: [{port: http}], protocol: HTTP, http: [{methods: [GET]}]}, "
      "{action: Deny, ports: [{port: http}], protocol: HTTP, http: [{paths: [{prefix: /admin}]}]}]\n");
  EXPECT_TRUE(judge(cluster, {.method = "POST"}).allowed());
  EXPECT_FALSE(judge(cluster, {.method = "POST", .peer = kPodC}).allowed());
  EXPECT_EQ(judge(cluster, {.path = "/admin"}).basis, "l7_deny");
}

TEST(RequestVerdict, ATcpDenyRefusesTheConnection) {
  Cluster cluster = with_l7(
      "  ingress: [{action: Deny, ports: [{port: http}], protocol: TCP, from: [{podSelector: {matchLabels: {app: "
      "b}}}]}]\n");
  EXPECT_EQ(judge(cluster, {}).basis, "l7_deny");
  ConnectionFacts facts;
  facts.peer_address = config::IpAddress::parse(kPodB).value();
  facts.port = 8080;
  EXPECT_EQ(cluster.decider("x/a").decide_connection(facts).basis, "l7_deny");
  EXPECT_TRUE(judge(cluster, {.peer = kPodC}).allowed());
}

TEST(RequestVerdict, AClosedPortIsLeftToTheRequestAtConnectionTime) {
  Cluster cluster =
      with_l7("  ingress: [{ports: [{port: http}], protocol: HTTP, from: [{podSelector: {matchLabels: {app: c}}}]}]\n");
  ConnectionFacts facts;
  facts.peer_address = config::IpAddress::parse(kPodB).value();
  facts.port = 8080;
  EXPECT_TRUE(cluster.decider("x/a").decide_connection(facts).allowed());
  EXPECT_EQ(judge(cluster, {}).basis, "l7_no_match");
}

TEST(RequestVerdict, TwoProtocolsOnAPortConflictAndDenyEverything) {
  Cluster cluster =
      with_l7("  ingress: [{ports: [{port: http}], protocol: HTTP}, {ports: [{port: 8080}], protocol: MySQL}]\n");
  EXPECT_EQ(judge(cluster, {}).basis, "protocol_conflict");
}

TEST(RequestVerdict, HttpOnAPortOfAnotherProtocolIsRefused) {
  Cluster cluster = with_l7("  ingress: [{ports: [{port: http}], protocol: PostgreSQL}]\n");
  EXPECT_EQ(judge(cluster, {}).basis, "protocol_mismatch");
}

TEST(RequestVerdict, TheOwnNodePassesLayerFourAndNeedsAnAllowOnAClosedPort) {
  Cluster cluster = allowing("{methods: [GET]}");
  EXPECT_TRUE(judge(cluster, {.peer = kOwnNode}).allowed());
  EXPECT_FALSE(judge(cluster, {.method = "POST", .peer = kOwnNode}).allowed());
}

TEST(RequestVerdict, APodsTrafficToItselfIsNotJudged) {
  Cluster cluster = denying("{methods: [GET]}");
  EXPECT_TRUE(judge(cluster, {.peer = kPodA}).allowed());
  EXPECT_FALSE(judge(cluster, {.peer = kPodB}).allowed());
}

TEST(RequestVerdict, EgressRulesAreThoseOfTheSourceAndNamedPortsThoseOfTheDestination) {
  Cluster cluster = with_l7(
      "  egress: [{to: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: http}], protocol: HTTP, http: "
      "[{methods: [GET]}]}]\n");
  const auto ask = [&cluster](std::string_view method, std::string_view peer, std::uint16_t port) {
    return judge(cluster, {.method = method, .peer = peer, .port = port, .side = Side::kEgress}).allowed();
  };
  EXPECT_TRUE(ask("GET", kPodB, 8081));
  EXPECT_FALSE(ask("POST", kPodB, 8081));
  EXPECT_TRUE(ask("POST", kPodB, 8080)) << "http is 8081 on that pod";
  EXPECT_FALSE(ask("GET", kPodYA, 80)) << "http of y/a is 80: closed, and y/a is no app b of x";
  EXPECT_TRUE(ask("POST", kOutside, 8081)) << "towards a non-pod a name neither matches nor closes";
}

// --- How paths are read ----------------------------------------------------------------------------------------------

using config::DoubtfulPath;
using config::PathCase;
using config::PathReading;

TEST(PathReadings, KeepLetsDoubtfulPathsPassAndWalkPastADeny) {
  const PathReading keep_all{DoubtfulPath::kKeep, DoubtfulPath::kKeep, DoubtfulPath::kKeep, DoubtfulPath::kKeep,
                             PathCase::kExact};
  Cluster cluster = denying("{paths: [{prefix: /admin}]}");
  for (const std::string_view path : {"//admin", "/admin;x", "/admin%2fx", "/%2561dmin"}) {
    EXPECT_EQ(judge(cluster, {.path = path}).reason, Reason::kAmbiguousPath) << path;
    EXPECT_TRUE(judge(cluster, {.path = path, .paths = keep_all}).allowed()) << path;
  }
  EXPECT_EQ(judge(cluster, {.path = "/admin/;x", .paths = keep_all}).basis, "l7_deny");
  EXPECT_EQ(judge(cluster, {.path = "/admin//x", .paths = keep_all}).basis, "l7_deny");
}

/// Istio's published path cases, with everything kept.
TEST(PathReadings, IstiosCasesComeOutAsInIstio) {
  const PathReading keep_all{DoubtfulPath::kKeep, DoubtfulPath::kKeep, DoubtfulPath::kKeep, DoubtfulPath::kKeep,
                             PathCase::kExact};
  struct Case {
    std::string_view pattern;
    std::string_view path;
    bool matches;
  };
  constexpr Case kCases[] = {
      {"/foo/{*}", "/foo/bar", true},
      {"/foo/{*}", "/foo/bar/baz", false},
      {"/foo/{**}/", "/foo/bar/", true},
      {"/foo/{**}/", "/foo/bar/baz.txt/", true},
      {"/foo/{**}/", "/foo//", true},
      {"/{*}/bar/{**}", "/foo/bar/buzz/test", true},
      {"/{*}/bar/{**}", "/bar/baz", false},
      {"/store/{**}/cart", "/store//cart", true},
      {"/store/{**}/cart", "/store/a/b/cart", true},
      {"/store/{*}/cart", "/store//cart", false},
      {"/app/{*}", "/app/a%2fb", true},
      {"/app/{*}", "/app/a;b", true},
      {"/app/{*}", "/app/%252e", true},
  };
  for (const auto& row : kCases) {
    Cluster cluster = allowing("{paths: [{template: \"" + std::string(row.pattern) + "\"}]}");
    EXPECT_EQ(judge(cluster, {.path = row.path, .paths = keep_all}).allowed(), row.matches)
        << row.pattern << " " << row.path;
  }
}

TEST(PathReadings, FoldedLettersMeetEveryKindOfCondition) {
  PathReading fold;
  fold.letters = PathCase::kFold;
  for (const std::string item : {"{paths: [{exact: /admin/x}]}", "{paths: [{prefix: /Admin}]}",
                                 "{paths: [{template: '/admin/{*}'}]}", "{paths: [{regex: '/admin/.*'}]}"}) {
    Cluster cluster = denying(item);
    EXPECT_EQ(judge(cluster, {.path = "/ADMIN/X", .paths = fold}).basis, "l7_deny") << item;
    EXPECT_TRUE(judge(cluster, {.path = "/ADMIN/X"}).allowed()) << item;
    EXPECT_EQ(judge(cluster, {.path = "/ADM%C4%B0N/X", .paths = fold}).reason, Reason::kAmbiguousPath) << item;
  }
}

/// Beyond eight rules an index chooses whom to ask.
TEST(PathReadings, FoldedLettersAmongManyRules) {
  PathReading fold;
  fold.letters = PathCase::kFold;
  std::string items;
  for (int i = 0; i < 20; ++i) {
    items += std::string(i == 0 ? "" : ", ") +
             "{action: Deny, ports: [{port: http}], protocol: HTTP, http: [{paths: [" + "{prefix: /Admin" +
             std::to_string(i) + "}]}]}";
  }
  Cluster cluster = with_l7("  ingress: [" + items + "]\n");
  EXPECT_EQ(judge(cluster, {.path = "/aDMIN17/x", .paths = fold}).rule, "x/l7/ingress[17]");
  EXPECT_TRUE(judge(cluster, {.path = "/aDMIN17/x"}).allowed());
  EXPECT_EQ(judge(cluster, {.path = "/Admin17/x"}).rule, "x/l7/ingress[17]");
}

// --- Whether a connection is of any use ------------------------------------------------------------------------------

TEST(MayAllowRequests, OnlyWhereSomeRequestMayPass) {
  struct Case {
    std::string rules;
    bool useful;
  };
  const std::string to_b = "to: [{podSelector: {matchLabels: {app: b}}}], ";
  const std::string to_c = "to: [{podSelector: {matchLabels: {app: c}}}], ";
  const Case cases[] = {
      {"", true},
      {"{" + to_b + "ports: [{port: 8080}], protocol: HTTP, http: [{paths: [{exact: /only}]}]}", true},
      {"{" + to_b + "ports: [{port: 8080}], protocol: TCP}", true},
      {"{" + to_c + "ports: [{port: 8080}], protocol: HTTP}", false},
      {"{" + to_c + "ports: [{port: 9090}], protocol: HTTP}", true},
      {"{" + to_b + "ports: [{port: 8080}], protocol: MySQL}", false},
      {"{action: Deny, " + to_b + "ports: [{port: 8080}], protocol: TCP}", false},
      {"{action: Deny, " + to_b + "ports: [{port: 8080}], protocol: HTTP}", false},
      {"{action: Deny, " + to_b + "ports: [{port: 8080}], protocol: HTTP, http: [{methods: [GET]}]}", true},
      {"{action: Deny, " + to_c + "ports: [{port: 8080}], protocol: HTTP}", true},
  };
  ConnectionFacts facts;
  facts.side = Side::kEgress;
  facts.peer_address = config::IpAddress::parse(kPodB).value();
  facts.port = 8080;
  for (const auto& row : cases) {
    Cluster cluster = row.rules.empty() ? Cluster("") : with_l7("  egress: [" + row.rules + "]\n");
    EXPECT_EQ(cluster.decider("x/a").may_allow_requests(facts), row.useful) << row.rules;
    Cluster dry = row.rules.empty() ? Cluster("") : with_l7("  mode: DryRun\n  egress: [" + row.rules + "]\n");
    EXPECT_TRUE(dry.decider("x/a").may_allow_requests(facts)) << row.rules;
  }
  Cluster isolated(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np, namespace: x}, "
      "spec: {policyTypes: [Egress]}}\n");
  EXPECT_FALSE(isolated.decider("x/a").may_allow_requests(facts));
}

// --- Dry run ---------------------------------------------------------------------------------------------------------

TEST(DryRun, IsEvaluatedButNotApplied) {
  Cluster cluster =
      with_l7("  mode: DryRun\n  ingress: [{ports: [{port: http}], protocol: HTTP, http: [{methods: [GET]}]}]\n");
  const Verdict verdict = judge(cluster, {.method = "POST"});
  EXPECT_TRUE(verdict.allowed());
  EXPECT_EQ(verdict.basis, "not_isolated");
  EXPECT_TRUE(verdict.dry_run_differs);
  EXPECT_FALSE(judge(cluster, {.method = "GET"}).dry_run_differs);
}

TEST(DryRun, NamesTheDenyRuleThatWould) {
  Cluster cluster = with_l7(
      "  mode: DryRun\n  ingress: [{action: Deny, ports: [{port: http}], protocol: HTTP, http: [{methods: [PUT]}]}]\n");
  const Verdict verdict = judge(cluster, {.method = "PUT"});
  EXPECT_TRUE(verdict.allowed());
  EXPECT_TRUE(verdict.dry_run_differs);
  EXPECT_EQ(verdict.dry_run_rule, "x/l7/ingress[0]");
}

TEST(DryRun, AnAllowMayWidenWhatEnforcedRulesClose) {
  Cluster cluster = with_l7(
      "  ingress: [{ports: [{port: http}], protocol: HTTP, http: [{methods: [GET]}]}]\n---\n"
      "{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: dry, namespace: x}, spec: {podSelector: {}, "
      "mode: DryRun, ingress: [{ports: [{port: 8080}], protocol: HTTP, http: [{methods: [POST]}]}]}}\n");
  const Verdict verdict = judge(cluster, {.method = "POST"});
  EXPECT_EQ(verdict.reason, Reason::kPolicyDenied);
  EXPECT_TRUE(verdict.dry_run_differs);
  EXPECT_EQ(verdict.dry_run_rule, "x/dry/ingress[0]");
}

TEST(DryRun, APathRuleMakesNoPathAmbiguous) {
  Cluster cluster = with_l7(
      "  mode: DryRun\n  ingress: [{ports: [{port: http}], protocol: HTTP, http: [{paths: [{prefix: /a}]}]}]\n");
  EXPECT_TRUE(judge(cluster, {.path = "/a%2fb"}).allowed());
  EXPECT_TRUE(judge(cluster, {.path = "/a%2fb"}).dry_run_differs);
  EXPECT_FALSE(cluster.decider("x/a").depends_on_path(Side::kIngress, 8080));
}

// --- Unreadable L7 policies ------------------------------------------------------------------------------------------

TEST(UnreadableL7Policy, DeniesThePortsItNames) {
  Cluster cluster = with_l7("  ingress: [{ports: [{port: http}], protocol: HTTP, htp: []}]\n");
  ASSERT_FALSE(cluster.objects().refusals.empty());
  const Verdict verdict = judge(cluster, {});
  EXPECT_EQ(verdict.reason, Reason::kPolicyInvalid);
  EXPECT_EQ(verdict.rule, "x/l7");
  EXPECT_EQ(verdict.policy_kind, "L7Policy");
  EXPECT_TRUE(judge(cluster, {.port = 9090}).allowed());
  EXPECT_TRUE(judge(cluster, {.peer = kPodA, .port = 8080, .pod = "x/b"}).allowed()) << "not selected";
  EXPECT_TRUE(judge(cluster, {.side = Side::kEgress}).allowed()) << "it names no egress";
}

TEST(UnreadableL7Policy, DeniesAllPortsWherePortsCannotBeRead) {
  Cluster cluster = with_l7("  ingress: [{ports: [{port: 0}], protocol: HTTP}]\n");
  EXPECT_EQ(judge(cluster, {.port = 9090}).reason, Reason::kPolicyInvalid);
  EXPECT_TRUE(judge(cluster, {.port = 9090, .side = Side::kEgress}).allowed());
}

TEST(UnreadableL7Policy, AMisspeltDirectionClosesTheMissingOne) {
  Cluster cluster = with_l7("  ingress: [{ports: [{port: http}], protocol: HTTP}]\n  egres: []\n");
  EXPECT_EQ(judge(cluster, {.side = Side::kEgress}).reason, Reason::kPolicyInvalid);
  EXPECT_TRUE(judge(cluster, {.port = 9090}).allowed());
}

TEST(UnreadableL7Policy, ReadableDryRunIsOnlyReported) {
  Cluster cluster = with_l7("  mode: DryRun\n  ingress: [{ports: [{port: http}], protocol: HTTP, htp: []}]\n");
  const Verdict verdict = judge(cluster, {});
  EXPECT_TRUE(verdict.allowed());
  EXPECT_TRUE(verdict.dry_run_differs);
}

TEST(AnnotationForm, IsAnL7PolicyOfTheNetworkPolicysPods) {
  Cluster cluster(R"(
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: x
  annotations: {gabion.dev/l7policy.v1alpha1: '{"ingress": [{"ports": [{"port": 8080}], "protocol": "HTTP", "http": [{"methods": ["GET"]}]}]}'}
spec: {podSelector: {matchLabels: {app: a}}, ingress: [{}]}
)");
  EXPECT_TRUE(judge(cluster, {}).allowed());
  EXPECT_EQ(judge(cluster, {.method = "POST"}).basis, "l7_no_match");
}

TEST(AnnotationForm, ABadOneDeniesItsPorts) {
  for (const std::string annotation : {"{", "[]", R"({"ingress": [{"ports": [{"port": 8080}], "protocol": "XML"}]})"}) {
    Cluster cluster(R"({apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, spec: {ingress: [{}]}, metadata:
      {name: p, namespace: x, annotations: {gabion.dev/l7policy.v1alpha1: ')" +
                    annotation + "'}}}");
    EXPECT_FALSE(cluster.objects().refusals.empty());
    EXPECT_EQ(judge(cluster, {}).reason, Reason::kPolicyInvalid) << annotation;
  }
}

// --- Nearest miss ----------------------------------------------------------------------------------------------------

TEST(NearestMiss, IsTheRuleThatGotFurthest) {
  Cluster cluster = with_l7(
      "  ingress:\n"
      "  - {name: readers, ports: [{port: http}], protocol: HTTP, from: [{podSelector: {matchLabels: {app: c}}}]}\n"
      "  - {name: reads, ports: [{port: http}], protocol: HTTP, http: [{methods: [GET, HEAD], paths: [{prefix: "
      "/api}]}]}\n"
      "  - {name: tenants, ports: [{port: http}], protocol: HTTP, http: [{methods: [PUT], headers: [{name: x-tenant, "
      "exact: s3cret}]}]}\n"
      "  - {name: hosted, ports: [{port: http}], protocol: HTTP, http: [{hosts: [a.example, b.example]}]}\n");
  EXPECT_EQ(judge(cluster, {.method = "POST"}).detail,
            "nearest rule x/l7/ingress[1] (reads): method: got \"POST\", want GET or HEAD");
  EXPECT_EQ(judge(cluster, {.path = "/admin"}).detail,
            "nearest rule x/l7/ingress[1] (reads): path: got \"/admin\", want prefix /api");
  EXPECT_EQ(judge(cluster, {.method = "PUT", .fields = {{"x-tenant", "hunter2"}}}).detail,
            "nearest rule x/l7/ingress[2] (tenants): header x-tenant: want an exact value");
}

TEST(NearestMiss, OfPeerAndHostOnly) {
  Cluster peers =
      with_l7("  ingress: [{ports: [{port: http}], protocol: HTTP, from: [{podSelector: {matchLabels: {app: c}}}]}]\n");
  EXPECT_EQ(judge(peers, {}).detail,
            "nearest rule x/l7/ingress[0]: peer: got 10.0.0.2 (pod x/b), want podSelector {app=c}");
  Cluster hosts = allowing("{hosts: [a.example, b.example]}");
  EXPECT_EQ(judge(hosts, {.authority = "private.example"}).detail,
            "nearest rule x/l7/ingress[0]: host: want a.example or b.example");
}

TEST(NearestMiss, CutsAndEscapesWhatTheRequestSaid) {
  Cluster cluster = allowing("{paths: [{exact: /a}]}");
  const std::string path = "/\"\x1b" + std::string(300, 'x');
  const std::string detail = judge(cluster, {.path = path}).detail;
  EXPECT_NE(detail.find("\"/\\x22\\x1bxxx"), std::string::npos) << detail;
  EXPECT_NE(detail.find("xxx\"..."), std::string::npos) << detail;
  EXPECT_LT(detail.size(), 260U);
}

}  // namespace
}  // namespace gabion::inspect::policy
