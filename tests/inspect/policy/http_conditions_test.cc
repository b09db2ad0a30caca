// Each HTTP condition in Allow and Deny, and the paths two servers may read differently.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/inspect/policy/l7_cluster.h"

namespace gabion::inspect::policy {
namespace {

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
       {"/a%2Fb", "/a%2fb",  "/a%5Cb", "/%252e",  "/%25%32%65", "/%c0%ae",      "/%ff",
        "/a%01",  "/a%7f",   "/a%0ab", "//admin", "/a//b",      "/admin;x",     "/;/admin",
        "/a/%3b", "/a/../b", "/./a",   "/a\\b",   "/%ed%a0%80", "/%f4%90%80%80"}) {
    const Verdict verdict = judge(cluster, {.path = path});
    EXPECT_EQ(verdict.reason, Reason::kAmbiguousPath) << path;
    EXPECT_EQ(verdict.basis, "ambiguous_path") << path;
    EXPECT_TRUE(judge(cluster, {.path = path, .port = 9090}).allowed()) << path;
  }
}

TEST(AmbiguousPath, OrdinaryEscapesAreNot) {
  Cluster cluster = denying("{paths: [{prefix: /admin}]}");
  for (const std::string_view path :
       {"/a%20b", "/%C3%A4", "/100%25", "/100%25x", "/a%3Fb", "/a%23b", "/...", "/a..b", "/%f0%9f%98%80"}) {
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
  Cluster cluster = allowing("{methods: [GET]}, {paths: [{exact: /}, {regex: '('}]}");
  const auto rules = config::policy::compile(cluster.objects(), {object_name("x/a"), ""});
  const auto made = Decider::build(rules.value());
  ASSERT_TRUE(made.has_error());
  EXPECT_EQ(made.error().where, "x/l7/ingress[0].http[1].paths[1].regex");
}

/// Ordinary lengths are kept beside the method, longer ones elsewhere: nobody can tell.
TEST(HttpConditions, PathsOfEveryLengthMeanTheSame) {
  for (std::size_t length = 2; length < 80; ++length) {
    const std::string text = "/" + std::string(length - 1, 'p');
    for (const char* kind : {"exact", "prefix", "template"}) {
      Cluster allow = allowing("{methods: [GET], paths: [{" + std::string(kind) + ": " + text + "}]}");
      EXPECT_TRUE(judge(allow, {.path = text}).allowed()) << kind << length;
      EXPECT_FALSE(judge(allow, {.path = std::string_view(text).substr(0, length - 1)}).allowed()) << kind << length;
      const std::string longer = text + "p";
      const std::string below = text + "/x";
      EXPECT_FALSE(judge(allow, {.path = longer}).allowed()) << kind << length;
      EXPECT_EQ(judge(allow, {.path = below}).allowed(), std::string_view(kind) == "prefix") << kind << length;
    }
  }
}

}  // namespace
}  // namespace gabion::inspect::policy
