// Which route an authority takes: the first that matches, without guessing.
#include <gtest/gtest.h>

#include "proxy/snapshot.h"

namespace gabion::proxy {
namespace {

struct Case {
  std::string name;
  std::vector<std::vector<std::string>> routes;
  std::string authority;
  int expected;
};

class RouteForTest : public ::testing::TestWithParam<Case> {};

TEST_P(RouteForTest, TakesTheFirstThatMatches) {
  ListenerPlan plan;
  for (const auto& hosts : GetParam().routes) {
    config::RouteConfig route;
    route.hosts = hosts;
    plan.routes.push_back(std::move(route));
  }
  EXPECT_EQ(plan.route_for(GetParam().authority), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Authorities, RouteForTest,
    ::testing::Values(
        Case{"Exact", {{"a.test"}}, "a.test", 0}, Case{"AnyCase", {{"a.test"}}, "A.TeSt", 0},
        Case{"PortIgnored", {{"a.test"}}, "a.test:8080", 0}, Case{"TrailingDot", {{"a.test"}}, "a.test.", 0},
        Case{"TrailingDotAndPort", {{"a.test"}}, "a.test.:80", 0}, Case{"Other", {{"a.test"}}, "b.test", -1},
        Case{"Longer", {{"a.test"}}, "xa.test", -1}, Case{"Suffixed", {{"a.test"}}, "a.test.evil", -1},
        Case{"FirstWins", {{"b.test", "a.test"}, {"a.test"}}, "a.test", 0},
        Case{"SecondRoute", {{"b.test"}, {"a.test"}}, "a.test", 1},
        Case{"PortNamed", {{"a.test:81"}, {"a.test:80"}}, "a.test:80", 1},
        Case{"PortNamedButNotGiven", {{"a.test:80"}}, "a.test", -1},
        Case{"OtherPort", {{"a.test:80"}}, "a.test:8080", -1}, Case{"Wildcard", {{"*.test"}}, "a.test", 0},
        Case{"WildcardDeep", {{"*.test"}}, "b.a.test:1", 0}, Case{"WildcardAnyCase", {{"*.test"}}, "A.TEST", 0},
        Case{"WildcardWithPort", {{"*.test:80"}}, "a.test:80", 0},
        Case{"WildcardOtherPort", {{"*.test:80"}}, "a.test:81", -1}, Case{"AnyWithPort", {{"*:80"}}, "a.test:80", 0},
        Case{"AnyOtherPort", {{"*:80"}}, "a.test:8080", -1}, Case{"WildcardNotItself", {{"*.a.test"}}, "a.test", -1},
        Case{"WildcardNotEmptyLabel", {{"*.a.test"}}, ".a.test", -1},
        Case{"WildcardNotWithoutDot", {{"*.a.test"}}, "ba.test", -1}, Case{"Any", {{"*"}}, "whatever:1", 0},
        Case{"AnyEvenEmpty", {{"*"}}, "", 0}, Case{"Empty", {{"a.test"}}, "", -1},
        Case{"OnlyAPort", {{"a.test"}}, ":80", -1}, Case{"Ipv4", {{"10.0.0.1"}}, "10.0.0.1:80", 0},
        Case{"Ipv6", {{"[::1]"}}, "[::1]", 0}, Case{"Ipv6WithPort", {{"[::1]"}}, "[::1]:80", 0},
        Case{"Ipv6PortNamed", {{"[::1]:80"}}, "[::1]:80", 0}, Case{"Ipv6OtherPort", {{"[::1]:80"}}, "[::1]:81", -1},
        Case{"Ipv6PortNotGiven", {{"[::1]:80"}}, "[::1]", -1}, Case{"NoRoutes", {}, "a.test", -1}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace gabion::proxy
