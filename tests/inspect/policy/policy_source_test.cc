// Rules that follow a directory decide as rules compiled from it anew, whatever changed in between.
#include "inspect/policy/policy_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace gabion::inspect::policy {
namespace {

namespace fs = std::filesystem;

constexpr int kPods = 6;

class PolicySourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) / ("source" + std::to_string(std::random_device{}()));
    fs::create_directories(directory_);
    write("own.yaml", pod("own", "x", "10.0.0.1"));
    write("policy.yaml", policy("a"));
  }
  void TearDown() override { fs::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / ".new") << text;
    fs::rename(directory_ / ".new", directory_ / name);
  }
  void remove(const std::string& name) const { fs::remove(directory_ / name); }

  static std::string pod(const std::string& name, const std::string& app, const std::string& address) {
    return "{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", namespace: n, labels: {app: " + app +
           "}}, status: {podIPs: [{ip: " + address + "}]}}\n";
  }
  static std::string policy(const std::string& app) {
    return "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: n}, spec: "
           "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: " +
           app + "}}}]}]}}\n";
  }
  PolicySource source() const { return {directory_, {{"n", "own"}, ""}}; }

  /// Who is let in, a letter an address; "!" when there are no rules.
  static std::string let_in(PolicySource& asked) {
    const auto decider = asked.refresh();
    if (!decider) {
      return "!" + decider.error().front().to_string();
    }
    std::string text;
    for (int i = 0; i <= kPods; ++i) {
      ConnectionFacts facts;
      facts.peer_address = config::IpAddress::parse("10.0.0." + std::to_string(10 + i)).value();
      facts.port = 80;
      text += (*decider)->decide_connection(facts).allowed() ? 'y' : 'n';
    }
    return text;
  }

  fs::path directory_;
};

TEST_F(PolicySourceTest, FollowsWhateverHappensToTheDirectory) {
  PolicySource followed = source();
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice(seed);
  const auto roll = [&](unsigned sides) { return static_cast<int>(dice() % sides); };
  for (int step = 0; step < 300; ++step) {
    const int which = roll(kPods);
    const std::string name = "p" + std::to_string(which);
    switch (roll(8)) {
      case 0:
        write("policy.yaml", policy(roll(2) == 0 ? "a" : "b"));
        break;
      case 1:
        remove(name + ".yaml");
        break;
      case 2:
        write("twice.yaml", pod(name, "a", "10.0.0.99"));
        break;
      case 3:
        remove("twice.yaml");
        break;
      default:
        write(name + ".yaml", pod(name, roll(2) == 0 ? "a" : "b", "10.0.0." + std::to_string(10 + which)));
    }
    PolicySource anew = source();
    ASSERT_EQ(let_in(followed), let_in(anew)) << "step " << step;
  }
}

TEST_F(PolicySourceTest, EndpointsFollowPodsAndSlices) {
  auto asked = source();
  const auto endpoints = [&] {
    EXPECT_TRUE(asked.refresh());
    const auto* target = asked.services()->at(config::Endpoint::parse("10.96.0.1:80").value());
    std::string text;
    for (const auto& endpoint :
         target == nullptr ? std::vector<config::services::ServiceEndpoint>() : target->endpoints) {
      text += endpoint.at.to_string() + " ";
    }
    return text;
  };
  write("pod.yaml", pod("a", "a", "10.0.0.10"));
  EXPECT_EQ(endpoints(), "");
  write(
      "service.yaml",
      "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: n}, spec: {clusterIP: 10.96.0.1, selector: {app: "
      "a}, ports: [{port: 80, targetPort: 8080}]}}\n");
  EXPECT_EQ(endpoints(), "10.0.0.10:8080 ");
  write("pod2.yaml", pod("b", "a", "10.0.0.11"));
  EXPECT_EQ(endpoints(), "10.0.0.10:8080 10.0.0.11:8080 ");
  write("slice.yaml",
        "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s-1, namespace: n, labels: "
        "{kubernetes.io/service-name: s}}, addressType: IPv4, ports: [{port: 81}], endpoints: [{addresses: "
        "[10.0.0.12]}]}\n");
  EXPECT_EQ(endpoints(), "10.0.0.12:81 ");
  remove("slice.yaml");
  remove("pod.yaml");
  EXPECT_EQ(endpoints(), "10.0.0.11:8080 ");
}

TEST_F(PolicySourceTest, PeersThatRulesCannotTellApartAreJudgedAlike) {
  write("pods.yaml",
        pod("a", "a", "10.0.0.10") + "---\n" + pod("b", "a", "10.0.0.11") + "---\n" + pod("c", "c", "10.0.0.12"));
  auto asked = source();
  const auto decider = asked.refresh();
  ASSERT_TRUE(decider);
  const auto to = [](const std::string& address, std::uint16_t port) {
    ConnectionFacts facts;
    facts.peer_address = config::IpAddress::parse(address).value();
    facts.port = port;
    return facts;
  };
  EXPECT_TRUE((*decider)->judges_alike(to("10.0.0.10", 80), to("10.0.0.11", 80)));
  EXPECT_FALSE((*decider)->judges_alike(to("10.0.0.10", 80), to("10.0.0.11", 81)));
  EXPECT_FALSE((*decider)->judges_alike(to("10.0.0.10", 80), to("10.0.0.12", 80)));
  EXPECT_FALSE((*decider)->judges_alike(to("10.0.0.10", 80), to("192.0.2.1", 80)));
}

TEST_F(PolicySourceTest, WithoutAChangeTheRulesAreTheSameObject) {
  PolicySource followed = source();
  const auto first = followed.refresh().value();
  EXPECT_EQ(PolicySource({}, {{"n", "own"}, ""}).refresh().value()->rules().rules.size(), 0U);
  write("p1.yaml", pod("p1", "a", "10.0.0.11"));
  EXPECT_NE(followed.refresh().value(), first);
}

TEST_F(PolicySourceTest, AWorkloadThatIsNotThereAnyMoreIsAnError) {
  PolicySource followed = source();
  ASSERT_TRUE(followed.refresh().has_value());
  remove("own.yaml");
  EXPECT_FALSE(followed.refresh().has_value());
  write("own.yaml", pod("own", "x", "10.0.0.1"));
  EXPECT_TRUE(followed.refresh().has_value());
}

}  // namespace
}  // namespace gabion::inspect::policy
