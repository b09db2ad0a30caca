// PolicyTest files: what is read, and what is refused with its line.
#include <gtest/gtest.h>

#include <string>

#include "config/policy/expectations.h"

namespace gabion::config::policy {
namespace {

constexpr const char* kHead = "apiVersion: gabion.dev/v1alpha1\nkind: PolicyTest\nmanifests: [a, b]\n";

std::string with_test(const std::string& members) {
  return std::string(kHead) + "tests:\n- {from: x/a, to: x/b, port: 80, expect: allow, " + members + "}\n";
}

TEST(Expectations, AFileIsRead) {
  const auto file = parse_expectations(std::string(kHead) + R"(trustDomain: t.example
mtls: true
tests:
- {name: first, from: x/a, to: x/b, port: 80, expect: allow, rule: "x/p/ingress[0]",
   http: {method: PUT, path: "/a?b", host: h, headers: {A: "1", B: [c, d]}}}
- {from: "ip:192.0.2.7", to: "node:n1", port: 53, proto: UDP, expect: deny, mtls: false}
- {from: x/a, to: x/b, port: 80, expect: deny, spiffe: "spiffe://t.example/ns/x/sa/y"}
)",
                                       "f");
  ASSERT_TRUE(file.has_value()) << file.error().front().to_string();
  EXPECT_EQ(file->manifests.size(), 2U);
  EXPECT_EQ(file->trust_domain, "t.example");
  ASSERT_EQ(file->tests.size(), 3U);
  const auto& first = file->tests[0];
  EXPECT_EQ(first.name, "first");
  EXPECT_TRUE(first.allowed && first.mtls);
  EXPECT_EQ(first.rule, "x/p/ingress[0]");
  EXPECT_EQ(first.traffic.request->headers.size(), 3U);
  EXPECT_EQ(first.traffic.request->target, "/a?b");
  EXPECT_EQ(file->tests[1].name, "ip:192.0.2.7 -> node:n1:53/UDP");
  EXPECT_FALSE(file->tests[1].mtls || file->tests[1].allowed);
  EXPECT_FALSE(file->tests[2].mtls);
  EXPECT_EQ(file->tests[2].traffic.identity->service_account, "y");
}

TEST(Expectations, WhatIsWrongIsRefusedWithItsPath) {
  struct Row {
    std::string text;
    const char* where;
  };
  const Row rows[] = {
      {"", "f"},
      {"a: [", "f:1"},
      {"kind: PolicyTest\nmanifests: [a]\ntests: [{from: x/a, to: x/b, port: 1, expect: deny}]\n", "f:apiVersion"},
      {std::string(kHead) + "tests: []\n", "f:tests"},
      {kHead, "f:tests"},
      {"apiVersion: gabion.dev/v1alpha1\nkind: PolicyTest\ntests: [{from: x/a, to: x/b, port: 1, expect: deny}]\n",
       "f:manifests"},
      {std::string(kHead) + "test: []\ntests: [{from: x/a, to: x/b, port: 1, expect: deny}]\n", "f:test"},
      {std::string(kHead) + "tests: [{from: x/a, to: x/b, port: 1, expects: deny}]\n", "f:tests[0].expect"},
      {std::string(kHead) + "tests: [{from: x/a, to: x/b, port: 1, expect: no}]\n", "f:tests[0].expect"},
      {std::string(kHead) + "tests: [{from: a, to: x/b, port: 1, expect: deny}]\n", "f:tests[0].from"},
      {std::string(kHead) + "tests: [{from: x/a, to: x/b, port: 0, expect: deny}]\n", "f:tests[0].port"},
      {with_test("proto: tcp"), "f:tests[0].proto"},
      {with_test("http: {methods: [GET]}"), "f:tests[0].http.methods"},
      {with_test("http: null"), "f:tests[0].http"},
      {with_test("http: {headers: {a: 1}}"), "f:tests[0].http.headers.a"},
      {with_test("spiffe: x"), "f:tests[0].spiffe"},
      {with_test("mtls: true, spiffe: \"spiffe://a/ns/b/sa/c\""), "f:tests[0].spiffe"},
  };
  for (const auto& row : rows) {
    const auto file = parse_expectations(row.text, "f");
    ASSERT_FALSE(file.has_value()) << row.text;
    EXPECT_EQ(file.error().front().where, row.where) << row.text << file.error().front().to_string();
  }
}

}  // namespace
}  // namespace gabion::config::policy
