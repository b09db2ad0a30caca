// `capture` of gabion.yaml: where captured connections are taken, and what may be left out elsewhere because of it.
#include <gtest/gtest.h>

#include "config/proxy_config.h"
#include "config/proxy_config_json.h"

namespace gabion::config {
namespace {

constexpr std::string_view kHead =
    "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: shop, pod: orders-0}\n"
    "identity: {certificate: a, key: b, trustBundle: c, trustDomain: td}\npolicy: {directory: policy}\n";

CheckedResult<ProxyConfig> parse(std::string_view text) {
  return parse_proxy_config(std::string(kHead) + std::string(text), "g.yaml", false);
}

std::string refusal(std::string_view text) {
  const auto config = parse(text);
  std::string all;
  for (const Error& error : config ? Errors{} : config.error()) {
    all += (all.empty() ? "" : "\n") + error.to_string();
  }
  return all;
}

Endpoint at(std::string_view text) {
  return *Endpoint::parse(text);
}

TEST(CaptureConfig, ListensInBothFamiliesUnlessTold) {
  const auto config = parse("capture: {inbound: {}, outbound: {}}\n");
  ASSERT_TRUE(config) << config.error().front().to_string();
  EXPECT_EQ(config->capture.inbound, (std::vector{at("0.0.0.0:15006"), at("[::]:15006")}));
  EXPECT_EQ(config->capture.outbound, (std::vector{at("0.0.0.0:15001"), at("[::]:15001")}));
  EXPECT_EQ(config->capture.unknown, UnknownDestination::kDeny);
  EXPECT_EQ(config->capture.tls, UpstreamTls::kMutual);
}

TEST(CaptureConfig, IsReadWhole) {
  const auto config = parse(
      "capture:\n  inbound: {listen: \"0.0.0.0:1506\"}\n"
      "  outbound: {listen: [\"0.0.0.0:1501\", \"[::]:1501\"], unknown: allow, tls: DISABLE, websocket: allow}\n");
  ASSERT_TRUE(config) << config.error().front().to_string();
  EXPECT_EQ(config->capture.inbound, std::vector{at("0.0.0.0:1506")});
  EXPECT_EQ(config->capture.outbound.size(), 2);
  EXPECT_EQ(config->capture.unknown, UnknownDestination::kAllow);
  EXPECT_EQ(config->capture.tls, UpstreamTls::kDisable);
  EXPECT_EQ(config->capture.websocket, WebSocketMode::kAllow);
}

TEST(CaptureConfig, LeadsByRedirectUnlessTold) {
  const auto usual = parse("capture: {inbound: {}, outbound: {}}\n");
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->capture.inbound_mode, CaptureMode::kRedirect);
  EXPECT_EQ(usual->capture.outbound_mode, CaptureMode::kRedirect);
  const auto told = parse("capture: {mark: 7, inbound: {mode: tproxy}, outbound: {}}\n");
  ASSERT_TRUE(told) << told.error().front().to_string();
  EXPECT_EQ(told->capture.inbound_mode, CaptureMode::kTproxy);
  EXPECT_EQ(told->capture.outbound_mode, CaptureMode::kRedirect);
  EXPECT_EQ(told->capture.mark, 7);
}

/// A configuration of a namespace is that of pods of either mode.
TEST(CaptureConfig, LeadsAsTheEnvironmentTells) {
  constexpr std::string_view kAsTold = "capture: {inbound: {mode: $(GABION_INBOUND_MODE)}, outbound: {}}\n";
  ::unsetenv("GABION_INBOUND_MODE");
  const auto untold = parse(kAsTold);
  ASSERT_FALSE(untold);
  EXPECT_EQ(untold.error().front().to_string(),
            "g.yaml:6: capture.inbound.mode: the environment has no GABION_INBOUND_MODE");
  for (const auto& [word, mode] : {std::pair("tproxy", CaptureMode::kTproxy), {"redirect", CaptureMode::kRedirect}}) {
    ::setenv("GABION_INBOUND_MODE", word, 1);
    const auto told = parse(kAsTold);
    ASSERT_TRUE(told) << told.error().front().to_string();
    EXPECT_EQ(told->capture.inbound_mode, mode);
  }
  ::setenv("GABION_INBOUND_MODE", "both", 1);
  EXPECT_FALSE(parse(kAsTold));
  ::unsetenv("GABION_INBOUND_MODE");
}

TEST(CaptureConfig, APortNeedsNoListenerAndNoTarget) {
  const auto config = parse(
      "capture: {inbound: {}}\n"
      "inbound: [{port: 80, protocol: http}, {listen: \"127.0.0.2:81\", port: 81, protocol: http, target: "
      "\"127.0.0.1:81\"}]\n");
  ASSERT_TRUE(config) << config.error().front().to_string();
  EXPECT_EQ(config->inbound[0].arrival, Arrival::kCaptured);
  EXPECT_EQ(config->inbound[0].port, 80);
  EXPECT_EQ(config->inbound[1].arrival, Arrival::kDialled);
}

TEST(CaptureConfig, ARouteIsChosenByItsDestination) {
  const auto config = parse(
      "capture: {outbound: {}}\n"
      "outbound: [{protocol: postgres, routes: [{destination: \"10.0.0.1:5432\", tls: {mode: DISABLE}},"
      " {destination: \"10.0.0.2:5432\", pod: 10.0.0.3, port: 1, tls: {mode: DISABLE}}]}]\n");
  ASSERT_TRUE(config) << config.error().front().to_string();
  EXPECT_EQ(config->outbound[0].arrival, Arrival::kCaptured);
  EXPECT_EQ(config->outbound[0].routes.size(), 2);
}

TEST(CaptureConfig, ReadsBackAsTheSameConfiguration) {
  const std::string once = to_json(*parse(
      "capture: {mark: 7, inbound: {mode: tproxy}, outbound: {tls: DISABLE}}\ninbound: [{port: 80, protocol: http}]\n"
      "outbound: [{protocol: http, routes: [{destination: \"10.0.0.1:80\", tls: {mode: DISABLE}}]}]\n"));
  std::string again = once;
  const auto file = again.find("  \"file\"");
  again.erase(file, again.find('\n', file) + 1 - file);
  again.insert(1, "\"apiVersion\": \"gabion.dev/v1alpha1\", \"kind\": \"Proxy\",");
  const auto read = parse_proxy_config(again, "g.yaml", false);
  ASSERT_TRUE(read) << read.error().front().to_string();
  EXPECT_EQ(to_json(*read), once);
}

struct Bad {
  const char* name;
  std::string_view text;
  std::string_view expected;
};

class BadCaptureTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadCaptureTest, IsRefusedWithItsPlace) {
  EXPECT_EQ(refusal(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Capture, BadCaptureTest,
    ::testing::Values(
        Bad{"Nothing", "capture: {}\n", "g.yaml:6: capture: needs inbound, outbound or both"},
        Bad{"OnePortForBoth", "capture: {inbound: {listen: \"0.0.0.0:1\"}, outbound: {listen: \"127.0.0.1:1\"}}\n",
            "g.yaml:6: capture.outbound.listen: 0.0.0.0:1 is already used by capture.inbound.listen"},
        Bad{"PortOfAListener",
            "capture: {inbound: {}}\n"
            "inbound: [{listen: \"127.0.0.2:15006\", port: 81, protocol: http, target: \"127.0.0.1:81\"}]\n",
            "g.yaml:7: inbound[0].listen: 0.0.0.0:15006 is already used by capture.inbound"},
        Bad{"Word", "capture: {outbound: {unknown: passthrough}}\n",
            "g.yaml:6: capture.outbound.unknown: must be one of deny, allow, not \"passthrough\""},
        Bad{"Mode", "capture: {inbound: {mode: TPROXY}}\n",
            "g.yaml:6: capture.inbound.mode: must be one of redirect, tproxy, not \"TPROXY\""},
        Bad{"MarkOfNothing", "capture: {mark: 7, inbound: {}}\n",
            "g.yaml:6: capture.mark: marks what mode: tproxy sends: inbound or outbound needs that mode"},
        Bad{"NoMark", "capture: {mark: 0, inbound: {mode: tproxy}}\n",
            "g.yaml:6: capture.mark: must be 1 to 4294967294, not 0"},
        Bad{"TargetOfACapturedPort",
            "capture: {inbound: {}}\ninbound: [{port: 80, protocol: http, target: \"127.0.0.1:80\"}]\n",
            "g.yaml:7: inbound[0].target: needs listen: a captured connection goes on to where it was going, in plain "
            "text"},
        Bad{"HostsOfACapturedRoute",
            "capture: {outbound: {}}\n"
            "outbound: [{protocol: http, routes: [{hosts: [a], destination: \"10.0.0.1:80\", tls: {mode: "
            "DISABLE}}]}]\n",
            "g.yaml:7: outbound[0].routes[0].hosts: says nothing without listen: the address the application calls "
            "chooses the route"},
        Bad{"ADestinationTwice",
            "capture: {outbound: {}}\n"
            "outbound: [{protocol: http, routes: [{destination: \"10.0.0.1:80\", tls: {mode: DISABLE}},"
            " {destination: \"10.0.0.2:81\", pod: 10.0.0.1, port: 80, tls: {mode: DISABLE}}]}]\n",
            "g.yaml:7: outbound[0].routes[1]: \"10.0.0.1:80\" is already used by outbound[0].routes[0]"}),
    [](const ::testing::TestParamInfo<Bad>& tested) { return std::string(tested.param.name); });

TEST(CaptureConfig, WithoutItAListenerIsRequired) {
  EXPECT_EQ(refusal("inbound: [{port: 80, protocol: http}]\n"),
            "g.yaml:6: inbound[0].listen: is required\ng.yaml:6: inbound[0].target: is required");
}

}  // namespace
}  // namespace gabion::config
