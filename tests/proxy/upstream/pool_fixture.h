// A pool on a loop, a destination that accepts, and snapshots in which an inbound port leads there.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "proxy/upstream/pool.h"
#include "tests/proxy/net/loop_driver.h"

namespace gabion::proxy {

using Owned = std::unique_ptr<UpstreamConnection>;

class UpstreamPoolTest : public ::testing::Test {
 protected:
  UpstreamPoolTest() { plan_ = plan_to(listener_.endpoint); }
  ~UpstreamPoolTest() override {
    for (const int peer : peers_) {
      ::close(peer);
    }
  }

  static UpstreamPlan plan_to(const config::Endpoint& destination) {
    UpstreamPlan plan;
    plan.destination = destination;
    plan.destination_text = destination.to_string();
    plan.pool_key = plan.destination_text;
    return plan;
  }
  /// Another generation, with an inbound port whose application is at plan_.
  std::shared_ptr<Snapshot> next_snapshot() {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->generation = ++generation_;
    snapshot->listeners.emplace_back().upstreams = {plan_to(listener_.endpoint)};
    return snapshot;
  }
  std::shared_ptr<const Snapshot> snapshot_with(std::uint32_t open, std::uint32_t idle) {
    auto snapshot = next_snapshot();
    snapshot->config.limits.upstream_connections = open;
    snapshot->config.limits.idle_upstream_connections = idle;
    return snapshot;
  }
  void limit(std::uint32_t open, std::uint32_t idle = 64) { snapshot_ = snapshot_with(open, idle); }

  Owned acquire(Wakeable& owner, std::uint64_t identity = 1) {
    return pool_.acquire({plan_, snapshot_, identity}, owner);
  }
  /// Acquired and connected; its other end is the last of peers_ if it is new.
  Owned connect(std::uint64_t identity = 1) {
    auto connection = acquire(owner_, identity);
    EXPECT_NE(connection, nullptr);
    if (connection && !connection->reused) {
      EXPECT_EQ(settle(*connection), UpstreamConnection::State::kReady);
    }
    return connection;
  }
  UpstreamConnection::State settle(UpstreamConnection& connection) {
    auto state = connection.progress();
    EXPECT_TRUE(drive(*loop_, [&] {
      state = connection.progress();
      return state == UpstreamConnection::State::kReady || state == UpstreamConnection::State::kFailed;
    }));
    int peer = -1;
    if (state == UpstreamConnection::State::kReady &&
        drive(*loop_, [&] { return (peer = listener_.accept_one()) >= 0; })) {
      peers_.push_back(peer);
    }
    return state;
  }
  void give_back(Owned connection) { pool_.release(std::move(connection), *snapshot_); }
  std::uint64_t reached(Limit which) { return metrics_.counters().limit_total[which]; }

  std::unique_ptr<EventLoop> loop_ = make_loop();
  BufferPool buffers_;
  WorkerMetrics metrics_;
  std::uint64_t generation_ = 0;
  LoopbackListener listener_;
  std::vector<int> peers_;
  CountingWakeable owner_;
  CountingWakeable second_;
  CountingWakeable third_;
  std::shared_ptr<const Snapshot> snapshot_ = snapshot_with(8, 64);
  UpstreamPlan plan_;
  UpstreamPool pool_{*loop_, buffers_, metrics_};
};

}  // namespace gabion::proxy
