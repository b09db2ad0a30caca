// The rules of TPROXY as text, and what `ip` prints of the routing they need.
#include "proxy/interception/tproxy_rules.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "proxy/interception/routing.h"
#include "proxy/interception/tables.h"

namespace gabion::proxy::interception {
namespace {

NetSettings sidecar() {
  NetSettings settings;
  settings.layout = Layout::kSidecarTproxy;
  return settings;
}

NetSettings gateway() {
  NetSettings settings;
  settings.layout = Layout::kGateway;
  settings.interfaces = {"veth+", "cali+"};
  settings.pod_cidrs = {*config::Cidr::parse("10.244.1.0/24"), *config::Cidr::parse("fd00:1::/64")};
  return settings;
}

TEST(SidecarTproxyRules, KeepTheCallersAddressAndBringAnswersBack) {
  EXPECT_EQ(
      sidecar_mangle_rules(sidecar(), Family::kV6),
      (Rules{"-A PREROUTING -p tcp -j GABION_IN", "-A OUTPUT -p tcp -j GABION_OUT", "-A GABION_IN -i lo -j RETURN",
             "-A GABION_IN -m socket --transparent -j GABION_DIVERT",
             "-A GABION_IN -p tcp -m conntrack --ctdir REPLY -j RETURN", "-A GABION_IN -p tcp --dport 15020 -j RETURN",
             "-A GABION_IN -p tcp -j TPROXY --on-port 15006 --on-ip :: --tproxy-mark 0x539/0xffffffff",
             "-A GABION_OUT -o lo -m owner --gid-owner 1337 -m mark --mark 0x53a -j CONNMARK --set-xmark "
             "0x539/0xffffffff",
             "-A GABION_OUT -m connmark --mark 0x539 -m conntrack --ctdir REPLY -j MARK --set-xmark "
             "0x539/0xffffffff",
             "-A GABION_DIVERT -j MARK --set-xmark 0x539/0xffffffff", "-A GABION_DIVERT -j ACCEPT"}));
}

/// Or it would go round: a caller's address is not 127.0.0.6.
TEST(SidecarTproxyRules, LeaveCallsToTheApplicationAloneBeforeAnythingElse) {
  const auto rules = rules_of(sidecar(), "nat", Family::kV4);
  EXPECT_EQ(rules[0], "-A OUTPUT -p tcp -j GABION_OUT") << "what comes in is not redirected";
  EXPECT_EQ(rules[3], "-A GABION_OUT -o lo -m owner --gid-owner 1337 -m mark --mark 0x53a -j RETURN");
  EXPECT_EQ(rules[6], "-A GABION_OUT -o lo -m owner ! --gid-owner 1337 -j RETURN")
      << "it may run as root, in its group";
}

TEST(GatewayRules, LeadWhatPodsSendAndWhatIsSentToThem) {
  auto settings = gateway();
  settings.exclude_outbound_cidrs = {*config::Cidr::parse("10.9.0.0/16")};
  settings.exclude_outbound_ports = {53};
  settings.exclude_inbound_ports = {9090};
  EXPECT_EQ(gateway_mangle_rules(settings, Family::kV4),
            (Rules{"-I PREROUTING -j GABION_IN",
                   "-I FORWARD -p tcp -m conntrack --ctdir ORIGINAL -j GABION_FORWARD",
                   "-I OUTPUT -p tcp -m conntrack --ctdir ORIGINAL -m addrtype --src-type LOCAL -j GABION_LET",
                   "-A GABION_IN -i lo -j RETURN",
                   "-A GABION_IN -i veth+ -m rpfilter --invert -j DROP",
                   "-A GABION_IN -i cali+ -m rpfilter --invert -j DROP",
                   "-A GABION_IN -s 10.244.1.0/24 -m rpfilter --invert -j DROP",
                   "-A GABION_IN -p tcp -m socket --transparent -j GABION_DIVERT",
                   "-A GABION_IN -p icmp -m socket --transparent -j GABION_DIVERT",
                   "-A GABION_IN -p tcp -m conntrack --ctdir REPLY -m connmark --mark 0x53a/0x53a -j RETURN",
                   "-A GABION_IN -i veth+ -p tcp -j GABION_OUT",
                   "-A GABION_IN -i cali+ -p tcp -j GABION_OUT",
                   "-A GABION_IN -p tcp --dport 15008 -m addrtype --dst-type LOCAL -j RETURN",
                   "-A GABION_IN -p tcp --dport 9090 -j RETURN",
                   "-A GABION_IN -d 10.244.1.0/24 -p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark "
                   "0x539/0xffffffff",
                   "-A GABION_OUT -d 10.9.0.0/16 -j RETURN",
                   "-A GABION_OUT -p tcp --dport 53 -j RETURN",
                   "-A GABION_OUT -p tcp -j TPROXY --on-port 15001 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff",
                   "-A GABION_DIVERT -j MARK --set-xmark 0x539/0xffffffff",
                   "-A GABION_DIVERT -j ACCEPT",
                   "-A GABION_FORWARD -p tcp --dport 9090 -g GABION_LET",
                   "-A GABION_FORWARD -m conntrack ! --ctstate DNAT -g GABION_LET",
                   "-A GABION_FORWARD -d 10.244.1.0/24 -j DROP",
                   "-A GABION_FORWARD -g GABION_LET",
                   "-A GABION_LET -j CONNMARK --set-xmark 0x53a/0x53a",
                   "-I POSTROUTING -p tcp -j GABION_POST",
                   "-A GABION_POST -o veth+ -g GABION_LEAVE",
                   "-A GABION_POST -o cali+ -g GABION_LEAVE",
                   "-A GABION_LEAVE -m mark --mark 0x53b/0x53b -j DROP",
                   "-A GABION_LEAVE -m mark --mark 0x53a -j RETURN",
                   "-A GABION_LEAVE -m conntrack --ctdir REPLY -j RETURN",
                   "-A GABION_LEAVE -m addrtype --src-type LOCAL -j RETURN",
                   "-A GABION_LEAVE -m connmark --mark 0x53a/0x53a -j RETURN",
                   "-A GABION_LEAVE -p tcp --dport 9090 -g GABION_LET",
                   "-A GABION_LEAVE -d 10.244.1.0/24 -j DROP",
                   "-A GABION_LEAVE -g GABION_LET"}));
}

/// Whether `rules` has `rule`.
bool has(const Rules& rules, std::string_view rule) {
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

TEST(GatewayRules, WithoutNetworksDropWhatNobodyWouldJudge) {
  auto settings = gateway();
  settings.pod_cidrs.clear();
  settings.knows_networks = false;
  settings.exclude_inbound_ports = {9090};
  EXPECT_TRUE(contradictions(settings).empty());
  const auto rules = gateway_mangle_rules(settings, Family::kV6);
  const auto at = [&](std::string_view rule) { return std::find(rules.begin(), rules.end(), rule) - rules.begin(); };
  EXPECT_TRUE(has(rules, "-A GABION_IN -i veth+ -p tcp -j GABION_OUT"));
  EXPECT_LT(at("-A GABION_FORWARD -p tcp --dport 9090 -g GABION_LET"), at("-A GABION_FORWARD -o veth+ -j DROP"));
  EXPECT_LT(at("-A GABION_FORWARD -o cali+ -j DROP"),
            at("-A GABION_FORWARD -m conntrack ! --ctstate DNAT -g GABION_LET"));
  EXPECT_LT(at("-A GABION_LEAVE -j DROP"), at("-A GABION_LEAVE -g GABION_LET"));
  settings.include_inbound_ports = {80};
  EXPECT_TRUE(has(gateway_mangle_rules(settings, Family::kV4), "-A GABION_FORWARD -o veth+ -p tcp --dport 80 -j DROP"));
}

TEST(GatewayRules, KeepWhatIsLedToItFromBeingTranslated) {
  EXPECT_EQ(rules_of(gateway(), "nat", Family::kV6),
            (Rules{"-I PREROUTING -p tcp -m mark --mark 0x539 -j GABION_DIVERT", "-A GABION_DIVERT -j ACCEPT"}));
  EXPECT_TRUE(same_rules(rules_of(gateway(), "nat", Family::kV6),
                         {"-A PREROUTING -p tcp -m mark --mark 0x539 -j GABION_DIVERT", "-A GABION_DIVERT -j ACCEPT"}));
}

TEST(TproxyRouting, IsOneRuleForTheMarkAndOneRouteForEverything) {
  const auto settings = sidecar();
  constexpr std::string_view kRules =
      "0:\tfrom all lookup local\n133:\tfrom all fwmark 0x539 lookup 133\n134:\tfrom all fwmark 0x53a nop\n"
      "32766:\tfrom all lookup main\n";
  EXPECT_TRUE(is_as_asked(settings, own_routing(settings, kRules, "local default dev lo scope host \n")));
  EXPECT_TRUE(is_as_asked(settings, own_routing(settings, kRules, "local default dev lo metric 1024 pref medium\n")));
  struct Other {
    std::string_view rules;
    std::string_view routes;
  };
  constexpr std::string_view kRoute = "local default dev lo scope host \n";
  for (const auto& other :
       {Other{kRules, ""}, Other{"", kRoute}, Other{"133:\tfrom all fwmark 0x539 lookup 133\n", kRoute},
        Other{"133:\tfrom all fwmark 0x53a lookup 133\n134:\tfrom all fwmark 0x53a nop\n", kRoute},
        Other{"133:\tfrom all fwmark 0x539 lookup 133\n134:\tfrom all fwmark 0x53b nop\n", kRoute},
        Other{"200:\tfrom all fwmark 0x539 lookup 133\n134:\tfrom all fwmark 0x53a nop\n", kRoute},
        Other{kRules, "local default dev lo scope host \n10.0.0.0/8 dev eth0 scope link\n"}}) {
    EXPECT_FALSE(is_as_asked(settings, own_routing(settings, other.rules, other.routes)))
        << other.rules << other.routes;
  }
  EXPECT_TRUE(own_routing(settings, "0:\tfrom all lookup local\n134:\tfrom all lookup main\n", "").empty());
  EXPECT_FALSE(is_as_asked(gateway(), own_routing(gateway(), kRules, kRoute))) << "both marks of a gateway are noted";
}

TEST(GatewaySettings, ThatContradictThemselvesAreNamed) {
  EXPECT_TRUE(contradictions(gateway()).empty());
  struct Wrong {
    const char* names;
    void (*change)(NetSettings&);
  };
  for (const auto& wrong : {
           Wrong{"needs --interfaces and --pod-cidrs", [](NetSettings& s) { s.pod_cidrs.clear(); }},
           Wrong{"needs --interfaces and --pod-cidrs", [](NetSettings& s) { s.interfaces.clear(); }},
           Wrong{"is no name of an interface", [](NetSettings& s) { s.interfaces = {"veth0 -j ACCEPT"}; }},
           Wrong{"is no name of an interface", [](NetSettings& s) { s.interfaces = {"+"}; }},
           Wrong{"is no name of an interface", [](NetSettings& s) { s.interfaces = {"ve+th"}; }},
           Wrong{"the node's loopback", [](NetSettings& s) { s.interfaces = {"lo"}; }},
           Wrong{"--exclude-uids is of a sidecar", [](NetSettings& s) { s.exclude_uids = {7}; }},
           Wrong{"--hop-port is a port of", [](NetSettings& s) { s.hop_port = s.inbound_port; }},
           Wrong{"--mark and --route-mark", [](NetSettings& s) { s.mark = s.route_mark; }},
           Wrong{"one above --mark", [](NetSettings& s) { s.route_mark = s.mark + 1; }},
       }) {
    auto settings = gateway();
    wrong.change(settings);
    const auto sentences = contradictions(settings);
    ASSERT_EQ(sentences.size(), 1) << wrong.names;
    EXPECT_NE(sentences.front().find(wrong.names), std::string::npos) << sentences.front();
  }
  auto pod = gateway();
  pod.layout = Layout::kSidecarTproxy;
  EXPECT_EQ(contradictions(pod).size(), 1);
}

}  // namespace
}  // namespace gabion::proxy::interception
