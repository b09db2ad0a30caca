// Rules that follow pods: what an event shares, whose an address is, and that it decides as a full compile would.
#include "config/policy/live_rules.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "inspect/policy/decide.h"
#include "tests/inspect/policy/cluster.h"
#include "tests/inspect/policy/random_cluster.h"

namespace gabion::config::policy {
namespace {

using inspect::policy::Decider;
using inspect::policy::Dice;
using inspect::policy::Question;
using Effect = LiveRules::Effect;

constexpr const char* kOwn = "x/a";

/// The cluster of the other policy tests with rules for app b, followed for pod x/a.
class Followed {
 public:
  explicit Followed(const std::string& rest = "ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]")
      : cluster_("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {" +
                 rest + "}}"),
        live_(LiveRules::make(cluster_.objects(), {inspect::policy::object_name(kOwn), "cluster.local"}).value()) {}

  LiveRules& rules() { return *live_; }

  bool lets_in(std::string_view address) {
    inspect::ConnectionFacts facts;
    facts.peer_address = IpAddress::parse(address).value();
    facts.port = 8080;
    return Decider::build(live_->rules()).value()->decide_connection(facts).allowed();
  }

  static kube::Pod pod(const std::string& name, const std::string& app, const std::string& address,
                       const std::string& uid = "") {
    kube::Pod made;
    made.name = inspect::policy::object_name(name);
    made.uid = uid;
    made.labels = {{"app", app}};
    made.addresses = {IpAddress::parse(address).value()};
    return made;
  }

 private:
  inspect::policy::Cluster cluster_;
  std::unique_ptr<LiveRules> live_;
};

TEST(LiveRules, APodThatComesIsAPeerAndOneThatGoesIsNot) {
  Followed followed;
  EXPECT_FALSE(followed.lets_in("10.0.0.50"));
  EXPECT_EQ(followed.rules().put(Followed::pod("x/fresh", "b", "10.0.0.50")).value(), Effect::kShared);
  EXPECT_TRUE(followed.lets_in("10.0.0.50"));
  EXPECT_EQ(followed.rules().remove({"x", "fresh"}, "").value(), Effect::kShared);
  EXPECT_FALSE(followed.lets_in("10.0.0.50"));
  EXPECT_EQ(followed.rules().remove({"x", "fresh"}, "").value(), Effect::kNothing);
}

TEST(LiveRules, ARelabelledPodIsJudgedByItsNewLabels) {
  Followed followed;
  EXPECT_TRUE(followed.lets_in(inspect::policy::kPodB));
  followed.rules().put(Followed::pod("x/b", "c", "10.0.0.2")).value();
  EXPECT_FALSE(followed.lets_in(inspect::policy::kPodB));
}

/// E13, I1: address reuse by uid.
TEST(LiveRules, ALaterPodTakesTheAddressOverAndALateDeleteChangesNothing) {
  Followed followed;
  followed.rules().put(Followed::pod("x/old", "b", "10.0.0.50", "1")).value();
  followed.rules().put(Followed::pod("x/next", "c", "10.0.0.50", "2")).value();
  EXPECT_FALSE(followed.lets_in("10.0.0.50")) << "it is the later pod's now";
  followed.rules().remove({"x", "old"}, "1").value();
  EXPECT_FALSE(followed.lets_in("10.0.0.50"));
  followed.rules().put(Followed::pod("x/third", "b", "10.0.0.50", "3")).value();
  EXPECT_TRUE(followed.lets_in("10.0.0.50")) << "nobody told that x/next is gone, and yet the address is x/third's";
  followed.rules().remove({"x", "next"}, "2").value();
  EXPECT_TRUE(followed.lets_in("10.0.0.50")) << "the delete of the one before must not take it away";
}

TEST(LiveRules, ADeleteOfAPodThatWasMadeAgainIsIgnored) {
  Followed followed;
  followed.rules().put(Followed::pod("x/w", "b", "10.0.0.50", "1")).value();
  followed.rules().put(Followed::pod("x/w", "b", "10.0.0.51", "2")).value();
  EXPECT_EQ(followed.rules().remove({"x", "w"}, "1").value(), Effect::kNothing);
  EXPECT_TRUE(followed.lets_in("10.0.0.51"));
  EXPECT_FALSE(followed.lets_in("10.0.0.50"));
  followed.rules().remove({"x", "w"}, "2").value();
  EXPECT_FALSE(followed.lets_in("10.0.0.51"));
}

TEST(LiveRules, ATerminalPodFreesItsAddressAtOnce) {
  Followed followed;
  kube::Pod pod = Followed::pod("x/job", "b", "10.0.0.50", "1");
  followed.rules().put(pod).value();
  EXPECT_TRUE(followed.lets_in("10.0.0.50"));
  pod.terminal = true;
  followed.rules().put(pod).value();
  EXPECT_FALSE(followed.lets_in("10.0.0.50"));
}

TEST(LiveRules, AnEventSharesTheRulesAndAllShardsButAFew) {
  Followed followed;
  const RuleSet before = followed.rules().rules();
  followed.rules().put(Followed::pod("x/fresh", "b", "10.0.0.50")).value();
  const RuleSet& after = followed.rules().rules();
  EXPECT_TRUE(before.rules.same_as(after.rules));
  EXPECT_TRUE(before.cells.same_as(after.cells));
  EXPECT_EQ(before.ranges, after.ranges);
  EXPECT_EQ(before.hosts.find(IpAddress::parse("10.0.0.50").value()), nullptr) << "the old set is as it was";
  EXPECT_EQ(before.hosts.find(IpAddress::parse("10.0.0.2").value())->plain,
            after.hosts.find(IpAddress::parse("10.0.0.50").value())->plain)
      << "equal pods are one class";
}

TEST(LiveRules, TheWorkloadsOwnPodAndNewNumbersOfNamedPortsStartOver) {
  Followed followed("policyTypes: [Egress], egress: [{ports: [{port: http}]}]");
  kube::Pod pod = Followed::pod("x/fresh", "b", "10.0.0.50");
  pod.ports = {{"http", kube::IpProtocol::kTcp, 8081}};
  EXPECT_EQ(followed.rules().put(pod).value(), Effect::kShared) << "x/b has that number already";
  pod.ports.front().port = 9999;
  EXPECT_EQ(followed.rules().put(pod).value(), Effect::kRebuilt);
  EXPECT_EQ(followed.rules().put(Followed::pod("x/a", "a", "10.0.0.1")).value(), Effect::kRebuilt);
  EXPECT_EQ(followed.rules().remove({"x", "a"}, "").value(), Effect::kNothing);
}

TEST(LiveRules, WithoutTheWorkloadThereAreNone) {
  EXPECT_TRUE(LiveRules::make(kube::Objects{}, {{"x", "a"}, ""}).has_error());
}

/// One random event.
void change(Dice& dice, LiveRules& live, std::map<Effect, int>& effects) {
  kube::Pod pod = inspect::policy::random_pod(dice, dice.below(14));
  if (dice.once_in(3)) {
    ++effects[live.remove(pod.name, dice.once_in(2) ? pod.uid : "").value()];
  } else {
    ++effects[live.put(std::move(pod)).value()];
  }
}

/// The property: after any events, every decision is the one of a full compile of what is there now. (Explanations may
/// still know a number of a named port that no pod has any more.)
TEST(LiveRules, DecideAsAFullCompileWould) {
  std::map<Effect, int> effects;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    Dice dice(seed);
    const kube::Objects objects = inspect::policy::random_cluster(dice);
    const Workload workload{objects.pods[1].name, std::string(inspect::policy::kTrustDomain)};
    const auto live = LiveRules::make(objects, workload).value();
    auto followed = Decider::build(live->rules()).value();
    for (int event = 0; event < 12; ++event) {
      change(dice, *live, effects);
      followed = Decider::build(live->rules(), followed.get()).value();
      const auto full = Decider::build(compile(live->objects(), workload).value()).value();
      for (int round = 0; round < 40; ++round) {
        const Question asked = inspect::policy::random_question(dice);
        const auto a = followed->decide_request(asked.facts(), asked.head());
        const auto b = full->decide_request(asked.facts(), asked.head());
        ASSERT_TRUE(a.reason == b.reason && a.rule == b.rule && a.basis == b.basis &&
                    a.dry_run_differs == b.dry_run_differs && a.dry_run_rule == b.dry_run_rule)
            << "seed " << seed << " event " << event << ": " << asked.to_string() << "\n"
            << a.basis << " " << a.rule << " " << a.detail << "\n"
            << b.basis << " " << b.rule << " " << b.detail;
        ASSERT_EQ(followed->decide_network(asked.facts(), asked.protocol).allowed(),
                  full->decide_network(asked.facts(), asked.protocol).allowed());
      }
    }
  }
  EXPECT_GT(effects[Effect::kShared], 500);
  EXPECT_GT(effects[Effect::kRebuilt], 50);
}

}  // namespace
}  // namespace gabion::config::policy
