// The verdict on one request: layer 4, Deny, Allow, closed port; and each HTTP condition.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

struct Request {
  std::string_view method = "GET";
  std::string_view path = "/";
  std::string_view authority = "orders.shop.svc";
  std::vector<HeaderField> fields = {};
  std::string_view peer = kPodB;
  std::uint16_t port = 8080;
  const char* account = nullptr;  ///< see identity()
  std::string_view pod = "x/a";
  Side side = Side::kIngress;
};

Verdict judge(Cluster& cluster, const Request& request) {
  config::SpiffeId id;
  ConnectionFacts facts;
  facts.side = request.side;
  facts.peer_address = config::IpAddress::parse(request.peer).value();
  facts.port = request.port;
  if (request.account != nullptr) {
    id = identity(request.account);
    facts.peer_identity = &id;
  }
  RequestHead head;
  head.method = request.method;
  head.target = request.path;
  head.path = request.path;
  head.authority = request.authority;
  head.fields = request.fields;
  return cluster.decider(request.pod).decide_request(facts, head);
}

/// An L7Policy x/l7 for pod x/a; `rest` is its spec without podSelector, more documents may follow.
Cluster with_l7(const std::string& rest) {
  return Cluster("apiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: l7, namespace: x}\nspec:\n"
                 "  podSelector: {matchLabels: {app: a}}\n" +
                 rest);
}

/// One Allow rule for port http with this http item.
Cluster allowing(const std::string& item) {
  return with_l7("  ingress: [{ports: [{port: http}], protocol: HTTP, http: [" + item + "]}]\n");
}

/// One Deny rule for port http with this http item.
Cluster denying(const std::string& item) {
  return with_l7("  ingress: [{action: Deny, ports: [{port: http}], protocol: HTTP, http: [" + item + "]}]\n");
}

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
  for (const std::string rules :
       {"[{ports: [{port: http}], protocol: HTTP}, {action: Deny, ports: [{port: http}], protocol: HTTP, http: [{paths: [{prefix: /admin}]}]}]",
        "[{action: Deny, ports: [{port: http}], protocol: HTTP, http: [{paths: [{prefix: /admin}]}]}, {ports: [{port: http}], protocol: HTTP}]"}) {
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
      "  ingress: [{action: Deny, ports: [{port: http}], protocol: TCP, from: [{podSelector: {matchLabels: {app: b}}}]}]\n");
  EXPECT_EQ(judge(cluster, {}).basis, "l7_deny");
  ConnectionFacts facts;
  facts.peer_address = config::IpAddress::parse(kPodB).value();
  facts.port = 8080;
  EXPECT_EQ(cluster.decider("x/a").decide_connection(facts).verdict.basis, "l7_deny");
  EXPECT_TRUE(judge(cluster, {.peer = kPodC}).allowed());
}

TEST(RequestVerdict, AClosedPortIsLeftToTheRequestAtConnectionTime) {
  Cluster cluster = with_l7("  ingress: [{ports: [{port: http}], protocol: HTTP, from: [{podSelector: {matchLabels: {app: c}}}]}]\n");
  ConnectionFacts facts;
  facts.peer_address = config::IpAddress::parse(kPodB).value();
  facts.port = 8080;
  EXPECT_TRUE(cluster.decider("x/a").decide_connection(facts).verdict.allowed());
  EXPECT_EQ(judge(cluster, {}).basis, "l7_no_match");
}

TEST(RequestVerdict, TwoProtocolsOnAPortConflictAndDenyEverything) {
  Cluster cluster = with_l7(
      "  ingress: [{ports: [{port: http}], protocol: HTTP}, {ports: [{port: 8080}], protocol: MySQL}]\n");
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
  Cluster cluster = denying("{}, {methods: [GET]}");
  Cluster real = denying("{methods: [GET]}");
  EXPECT_TRUE(judge(real, {.peer = kPodA}).allowed());
}

TEST(RequestVerdict, EgressRulesAreThoseOfTheSourceAndNamedPortsThoseOfTheDestination) {
  Cluster cluster = with_l7(
      "  egress: [{to: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: http}], protocol: HTTP, http: [{methods: [GET]}]}]\n");
  const auto ask = [&cluster](std::string_view method, std::string_view peer, std::uint16_t port) {
    return judge(cluster, {.method = method, .peer = peer, .port = port, .side = Side::kEgress}).allowed();
  };
  EXPECT_TRUE(ask("GET", kPodB, 8081));
  EXPECT_FALSE(ask("POST", kPodB, 8081));
  EXPECT_TRUE(ask("POST", kPodB, 8080)) << "http is 8081 on that pod";
  EXPECT_FALSE(ask("GET", kPodYA, 80)) << "http of y/a is 80: closed, and y/a is no app b of x";
  EXPECT_TRUE(ask("POST", kOutside, 8081)) << "towards a non-pod a name neither matches nor closes";
}

// --- Dry run ---------------------------------------------------------------------------------------------------------

TEST(DryRun, IsEvaluatedButNotApplied) {
  Cluster cluster = with_l7("  mode: DryRun\n  ingress: [{ports: [{port: http}], protocol: HTTP, http: [{methods: [GET]}]}]\n");
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
  Cluster cluster = with_l7("  mode: DryRun\n  ingress: [{ports: [{port: http}], protocol: HTTP, http: [{paths: [{prefix: /a}]}]}]\n");
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
      {name: p, namespace: x, annotations: {gabion.dev/l7policy.v1alpha1: ')" + annotation + "'}}}");
    EXPECT_FALSE(cluster.objects().refusals.empty());
    EXPECT_EQ(judge(cluster, {}).reason, Reason::kPolicyInvalid) << annotation;
  }
}

// --- Conditions ------------------------------------------------------------------------------------------------------

struct Match {
  const char* item;  ///< of http
  Request request;
  bool matches;
};

/// Every row is asked twice: as the only Allow, and as the only Deny.
TEST(HttpConditions, MatchInAllowAndDenyAlike) {
  const Match rows[] = {
      // Methods: exact, case-sensitive, HEAD is not part of GET.
      {"{methods: [GET]}", {.method = "HEAD"}, false},
      {"{methods: [GET]}", {.method = "get"}, false},
      {"{methods: [GET, HEAD]}", {.method = "HEAD"}, true},
      // Paths.
      {"{paths: [{exact: /a}]}", {.path = "/a"}, true},
      {"{paths: [{exact: /a}]}", {.path = "/a/"}, false},
      {"{paths: [{exact: /a}]}", {.path = "/A"}, false},
      {"{paths: [{exact: '/a!b'}]}", {.path = "/a%21b"}, true},
      {"{paths: [{exact: '/\xc3\xa4'}]}", {.path = "/%C3%A4"}, true},
      {"{paths: [{prefix: /a}]}", {.path = "/a"}, true},
      {"{paths: [{prefix: /a}]}", {.path = "/a/"}, true},
      {"{paths: [{prefix: /a}]}", {.path = "/a/b"}, true},
      {"{paths: [{prefix: /a}]}", {.path = "/ab"}, false},
      {"{paths: [{prefix: /a/}]}", {.path = "/a"}, false},
      {"{paths: [{prefix: /a/}]}", {.path = "/a/b"}, true},
      {"{paths: [{prefix: /}]}", {.path = "/x/y"}, true},
      {"{paths: [{template: '/adm/{**}'}]}", {.path = "/adm/"}, true},
      {"{paths: [{template: '/adm/{**}'}]}", {.path = "/adm/x/y"}, true},
      {"{paths: [{template: '/adm/{**}'}]}", {.path = "/adm"}, false},
      {"{paths: [{template: '/s/{**}/c'}]}", {.path = "/s/c"}, false},
      {"{paths: [{template: '/s/{**}/c'}]}", {.path = "/s/x/c"}, true},
      {"{paths: [{template: '/s/{**}/c'}]}", {.path = "/s/x/y/c"}, true},
      {"{paths: [{template: '/s/{**}/c'}]}", {.path = "/s/x/cc"}, false},
      {"{paths: [{template: '/img/{*}/t'}]}", {.path = "/img/1/t"}, true},
      {"{paths: [{template: '/img/{*}/t'}]}", {.path = "/img/1/2/t"}, false},
      {"{paths: [{template: '/img/{*}'}]}", {.path = "/img/"}, false},
      {"{paths: [{template: '/img/{*}/thumb/{**}'}]}", {.path = "/img/7/thumb/a/b"}, true},
      {"{paths: [{template: '/img/{*}/'}]}", {.path = "/img/7/"}, true},
      {"{paths: [{template: '/img/{*}/'}]}", {.path = "/img/7"}, false},
      {"{paths: [{regex: '/v[0-9]+/status'}]}", {.path = "/v1/status"}, true},
      {"{paths: [{regex: '/v[0-9]+/status'}]}", {.path = "/v1/status/x"}, false},
      {"{paths: [{exact: /a}, {exact: /b}]}", {.path = "/b"}, true},
      {"{paths: [{prefix: /}]}", {.method = "OPTIONS", .path = "*"}, false},
      // Hosts.
      {"{hosts: [orders.shop.svc]}", {.authority = "Orders.Shop.SVC"}, true},
      {"{hosts: [orders.shop.svc]}", {.authority = "orders.shop.svc."}, true},
      {"{hosts: [orders.shop.svc]}", {.authority = "orders.shop.svc:8080"}, true},
      {"{hosts: [orders.shop.svc]}", {.authority = "orders.shop.svc.:8080"}, true},
      {"{hosts: [orders.shop.svc]}", {.authority = "x.orders.shop.svc"}, false},
      {"{hosts: ['orders.shop.svc:8080']}", {.authority = "orders.shop.svc:8080"}, true},
      {"{hosts: ['orders.shop.svc:8080']}", {.authority = "orders.shop.svc"}, false},
      {"{hosts: ['*.example.com']}", {.authority = "a.b.example.com"}, true},
      {"{hosts: ['*.example.com']}", {.authority = "example.com"}, false},
      {"{hosts: ['*.example.com']}", {.authority = ".example.com"}, false},
      {"{hosts: ['*.example.com']}", {.authority = "badexample.com"}, false},
      {"{hosts: ['[fd00::1]']}", {.authority = "[FD00::1]:80"}, true},
      // Headers.
      {"{headers: [{name: x-t, exact: a}]}", {.fields = {{"X-T", "a"}}}, true},
      {"{headers: [{name: x-t, exact: a}]}", {.fields = {{"x-t", "A"}}}, false},
      {"{headers: [{name: x-t, exact: a}]}", {}, false},
      {"{headers: [{name: x-t, exact: ''}]}", {.fields = {{"x-t", ""}}}, true},
      {"{headers: [{name: x-t, prefix: ab}]}", {.fields = {{"x-t", "abc"}}}, true},
      {"{headers: [{name: x-t, suffix: bc}]}", {.fields = {{"x-t", "abc"}}}, true},
      {"{headers: [{name: x-t, regex: '[a-z]{2,8}'}]}", {.fields = {{"x-t", "ab"}}}, true},
      {"{headers: [{name: x-t, regex: '[a-z]{2,8}'}]}", {.fields = {{"x-t", "ab1"}}}, false},
      {"{headers: [{name: x-t, present: true}]}", {.fields = {{"x-t", ""}}}, true},
      {"{headers: [{name: x-t, present: true}]}", {}, false},
      {"{headers: [{name: x-t, present: false}]}", {}, true},
      {"{headers: [{name: x-t, present: false}]}", {.fields = {{"X-t", "1"}}}, false},
      {"{headers: [{name: x-t, exact: a}, {name: x-u, present: true}]}", {.fields = {{"x-t", "a"}}}, false},
      {"{headers: [{name: x-t, exact: 'a,b'}]}", {.fields = {{"x-t", "a"}, {"y", "z"}, {"X-T", "b"}}}, true},
      // Members of one item are ANDed.
      {"{methods: [GET], paths: [{exact: /a}]}", {.method = "POST", .path = "/a"}, false},
      {"{methods: [GET], paths: [{exact: /a}]}", {.path = "/a"}, true},
  };
  for (const auto& row : rows) {
    Cluster allow = allowing(row.item);
    ASSERT_TRUE(allow.objects().refusals.empty()) << allow.objects().refusals.front().to_string();
    EXPECT_EQ(judge(allow, row.request).allowed(), row.matches) << row.item << " " << row.request.path;
    Cluster deny = denying(row.item);
    EXPECT_EQ(judge(deny, row.request).allowed(), !row.matches) << row.item << " " << row.request.path;
  }
}

TEST(HttpConditions, ARepeatedHeaderIsJoinedForAllowAndAnyLineCountsForDeny) {
  const Request twice{.fields = {{"x-t", "a"}, {"x-t", "b"}}};
  Cluster allow = allowing("{headers: [{name: x-t, exact: a}]}");
  EXPECT_FALSE(judge(allow, twice).allowed());
  Cluster deny = denying("{headers: [{name: x-t, exact: b}]}");
  EXPECT_FALSE(judge(deny, twice).allowed());
}

TEST(HttpConditions, ALongRepeatedHeaderIsJoinedAsWell) {
  const std::string half(2000, 'a');
  Cluster cluster = allowing("{headers: [{name: x-t, regex: 'a+,a+'}]}");
  EXPECT_TRUE(judge(cluster, {.fields = {{"x-t", half}, {"x-t", half}}}).allowed());
}

/// HTTP/1.0 without Host: which host the server takes is unknown.
TEST(HttpConditions, AMissingHostIsUnknown) {
  Cluster allow = allowing("{hosts: [a]}");
  EXPECT_FALSE(judge(allow, {.authority = ""}).allowed());
  Cluster deny = denying("{hosts: [a]}");
  EXPECT_FALSE(judge(deny, {.authority = ""}).allowed());
}

TEST(AmbiguousPath, IsRefusedWhereARuleDependsOnThePath) {
  Cluster cluster = denying("{paths: [{prefix: /admin}]}");
  EXPECT_TRUE(cluster.decider("x/a").depends_on_path(Side::kIngress, 8080));
  EXPECT_FALSE(cluster.decider("x/a").depends_on_path(Side::kIngress, 9090));
  EXPECT_FALSE(cluster.decider("x/a").depends_on_path(Side::kEgress, 8080));
  for (const std::string_view path :
       {"/a%2Fb", "/a%2fb", "/a%5Cb", "/%252e", "/%25%32%65", "/%c0%ae", "/%ff", "/a%01", "/a%7f", "/a%0ab", "//admin", "/a//b",
        "/admin;x", "/;/admin", "/a/%3b", "/a/../b", "/./a", "/a\\b", "/%ed%a0%80", "/%f4%90%80%80"}) {
    const Verdict verdict = judge(cluster, {.path = path});
    EXPECT_EQ(verdict.reason, Reason::kAmbiguousPath) << path;
    EXPECT_EQ(verdict.basis, "ambiguous_path") << path;
    EXPECT_TRUE(judge(cluster, {.path = path, .port = 9090}).allowed()) << path;
  }
}

TEST(AmbiguousPath, OrdinaryEscapesAreNot) {
  Cluster cluster = denying("{paths: [{prefix: /admin}]}");
  for (const std::string_view path : {"/a%20b", "/%C3%A4", "/100%25", "/100%25x", "/a%3Fb", "/a%23b", "/...", "/a..b", "/%f0%9f%98%80"}) {
    EXPECT_TRUE(judge(cluster, {.path = path}).allowed()) << path;
  }
}

TEST(AmbiguousPath, LongEscapedPathsAreReadToTheEnd) {
  Cluster cluster = denying("{paths: [{regex: '/a *b'}]}");
  std::string path = "/a";
  for (int i = 0; i < 3000; ++i) {
    path += "%20";
  }
  EXPECT_TRUE(judge(cluster, {.path = path}).allowed());
  path += "b";
  EXPECT_EQ(judge(cluster, {.path = path}).basis, "l7_deny");
}

TEST(Regexes, ABadOneIsAnErrorThatNamesItsPlace) {
  Cluster cluster = with_l7("  ingress: [{ports: [{port: 1}], protocol: HTTP, http: [{}, {paths: [{exact: /}, {regex: '('}]}]}]\n");
  Cluster good = allowing("{methods: [GET]}, {paths: [{exact: /}, {regex: '('}]}");
  const auto rules = config::policy::compile(good.objects(), {object_name("x/a"), ""});
  const auto made = Decider::build(rules.value());
  ASSERT_TRUE(made.has_error());
  EXPECT_EQ(made.error().where, "x/l7/ingress[0].http[1].paths[1].regex");
}

// --- Nearest miss ----------------------------------------------------------------------------------------------------

TEST(NearestMiss, IsTheRuleThatGotFurthest) {
  Cluster cluster = with_l7(
      "  ingress:\n"
      "  - {name: readers, ports: [{port: http}], protocol: HTTP, from: [{podSelector: {matchLabels: {app: c}}}]}\n"
      "  - {name: reads, ports: [{port: http}], protocol: HTTP, http: [{methods: [GET, HEAD], paths: [{prefix: /api}]}]}\n"
      "  - {name: tenants, ports: [{port: http}], protocol: HTTP, http: [{methods: [PUT], headers: [{name: x-tenant, exact: s3cret}]}]}\n"
      "  - {name: hosted, ports: [{port: http}], protocol: HTTP, http: [{hosts: [a.example, b.example]}]}\n");
  EXPECT_EQ(judge(cluster, {.method = "POST"}).detail,
            "nearest rule x/l7/ingress[1] (reads): method: got \"POST\", want GET or HEAD");
  EXPECT_EQ(judge(cluster, {.path = "/admin"}).detail,
            "nearest rule x/l7/ingress[1] (reads): path: got \"/admin\", want prefix /api");
  EXPECT_EQ(judge(cluster, {.method = "PUT", .fields = {{"x-tenant", "hunter2"}}}).detail,
            "nearest rule x/l7/ingress[2] (tenants): header x-tenant: want an exact value");
}

TEST(NearestMiss, OfPeerAndHostOnly) {
  Cluster peers = with_l7("  ingress: [{ports: [{port: http}], protocol: HTTP, from: [{podSelector: {matchLabels: {app: c}}}]}]\n");
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
