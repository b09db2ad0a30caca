// Idle upstream connections after a change: what no route or egress rule leads to any more is closed, the rest stays.
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/proxy/upstream/pool_fixture.h"

namespace gabion::proxy {
namespace {

/// An outbound listener to two destinations, judged by manifests.
class ReachablePoolTest : public UpstreamPoolTest {
 protected:
  ReachablePoolTest()
      : folder_(std::filesystem::temp_directory_path() / ("gabion-pool-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    other_plan_ = plan_to(other_listener_.endpoint);
  }
  ~ReachablePoolTest() override { std::filesystem::remove_all(folder_); }

  /// Routes to both destinations, the first known to rules as 10.0.0.1:80, the other as 10.0.0.2:80.
  std::shared_ptr<Snapshot> with_policy(const std::string& manifests) {
    std::ofstream(folder_ / "all.yaml", std::ios::trunc)
        << "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, status: {podIP: 10.0.0.9}}\n---\n"
        << manifests;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->generation = ++generation_;
    snapshot->config.workload = {"shop", "web"};
    snapshot->config.policy_directory = folder_;
    snapshot->config.profiles.emplace_back().name = "default";
    auto compiled = inspect::Snapshot::compile(snapshot->config, generation_);
    EXPECT_TRUE(compiled.has_value()) << (compiled ? "" : compiled.error().front().to_string());
    snapshot->inspection = *compiled;
    ListenerPlan& listener = snapshot->listeners.emplace_back();
    listener.side = inspect::Side::kEgress;
    listener.upstreams = {plan_, other_plan_};
    for (const std::uint32_t pod : {1U, 2U}) {
      config::RouteConfig& route = listener.routes.emplace_back();
      route.pod = config::IpAddress::v4(0x0A000000 + pod);
      route.port = 80;
    }
    return snapshot;
  }

  /// A connection to the other destination.
  Owned connect_other() {
    auto connection = pool_.acquire({other_plan_, snapshot_, 1}, owner_);
    auto state = connection->progress();
    EXPECT_TRUE(drive(*loop_, [&] {
      state = connection->progress();
      return state == UpstreamConnection::State::kReady;
    }));
    int peer = -1;
    EXPECT_TRUE(drive(*loop_, [&] { return (peer = other_listener_.accept_one()) >= 0; }));
    peers_.push_back(peer);
    return connection;
  }
  [[nodiscard]] bool ended(int peer) {
    char byte = 0;
    return drive(*loop_, [&] { return ::recv(peer, &byte, 1, MSG_DONTWAIT) == 0; });
  }
  [[nodiscard]] static bool open(int peer) {
    char byte = 0;
    return ::recv(peer, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN;
  }

  std::filesystem::path folder_;
  LoopbackListener other_listener_;
  UpstreamPlan other_plan_;
};

constexpr const char* kOnlyFirst =
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np, namespace: shop}, spec: "
    "{podSelector: "
    "{}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.1/32}}]}]}}\n";
constexpr const char* kOnlyFirstByRequest =
    "{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: l7, namespace: shop}, spec: {podSelector: {}, "
    "egress: [{to: [{ipBlock: {cidr: 10.0.0.1/32}}], ports: [{port: 80}], protocol: HTTP}]}}\n";
constexpr const char* kUnreadable =
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np, namespace: shop}, spec: "
    "{podSelector: "
    "{}, policyTypes: [Egress], egress: [{nonsense: 1}]}}\n";

TEST_F(ReachablePoolTest, ClosesWhatEgressRulesNoLongerAllowAndKeepsTheRest) {
  for (const char* policy : {kOnlyFirst, kOnlyFirstByRequest}) {
    snapshot_ = with_policy("");
    give_back(connect());
    give_back(connect_other());
    const int first = peers_[peers_.size() - 2];
    const int other = peers_.back();
    pool_.sweep(*snapshot_);
    EXPECT_EQ(pool_.idle_count(), 2U);
    snapshot_ = with_policy(policy);
    pool_.sweep(*snapshot_);
    EXPECT_EQ(pool_.idle_count(), 1U) << policy;
    EXPECT_TRUE(ended(other)) << policy;
    EXPECT_TRUE(open(first)) << policy;
    pool_.discard(acquire(owner_));
  }
}

TEST_F(ReachablePoolTest, ClosesWhatAnUnreadablePolicyLeavesUnknown) {
  snapshot_ = with_policy("");
  give_back(connect());
  snapshot_ = with_policy(kUnreadable);
  pool_.sweep(*snapshot_);
  EXPECT_EQ(pool_.idle_count(), 0U);
  EXPECT_TRUE(ended(peers_.back()));
}

TEST_F(ReachablePoolTest, DoesNotTakeBackWhatIsNoLongerAllowed) {
  snapshot_ = with_policy("");
  auto first = connect();
  auto other = connect_other();
  snapshot_ = with_policy(kOnlyFirst);
  give_back(std::move(first));
  give_back(std::move(other));
  EXPECT_EQ(pool_.idle_count(), 1U);
  EXPECT_EQ(pool_.open_count(), 1U);
}

TEST_F(ReachablePoolTest, ClosesWhatNoRouteLeadsToAnyMore) {
  snapshot_ = with_policy("");
  give_back(connect());
  give_back(connect_other());
  auto fewer = with_policy("");
  fewer->listeners.front().upstreams.resize(1);
  fewer->listeners.front().routes.resize(1);
  pool_.sweep(*fewer);
  EXPECT_EQ(pool_.idle_count(), 1U);
  EXPECT_TRUE(ended(peers_.back()));
}

TEST_F(ReachablePoolTest, KeepsWhatOneOfTwoRoutesMayStillUse) {
  snapshot_ = with_policy("");
  give_back(connect_other());
  auto shared = with_policy(kOnlyFirst);
  shared->listeners.front().upstreams.front() = other_plan_;
  pool_.sweep(*shared);
  EXPECT_EQ(pool_.idle_count(), 1U);
}

/// An exchange that began under the old configuration opens its group after the new one has come.
TEST_F(ReachablePoolTest, AGroupMadeLateIsKnownToBeGone) {
  const auto old = with_policy("");
  snapshot_ = with_policy("");
  auto current = std::const_pointer_cast<Snapshot>(snapshot_);
  current->listeners.front().upstreams.resize(1);
  current->listeners.front().routes.resize(1);
  pool_.sweep(*snapshot_);
  auto late = connect_other();
  give_back(std::move(late));
  EXPECT_EQ(pool_.idle_count(), 0U);
}

}  // namespace
}  // namespace gabion::proxy
