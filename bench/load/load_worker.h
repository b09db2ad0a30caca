// One thread of the load: its clients, its share of the arrivals, its counters. Workers share nothing that changes.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "bench/load/client.h"
#include "bench/load/measured_client.h"
#include "bench/load/pacer.h"
#include "bench/load/schedule.h"
#include "bench/load/slow_client.h"

namespace gabion::bench {

/// When a run begins, counts, and ends.
struct RunTimes {
  TimePoint begin;
  TimePoint counted_from;
  TimePoint end;
};

/// What others may see of a running worker.
struct alignas(64) LiveCounts {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> errors{0};
};

/// Created anywhere; open_all() and run() are called on its thread, tally() and ended() after run().
class LoadWorker final : private Dispatcher, private proxy::Wakeable {
 public:
  /// `index` of plan.threads. `stop` ends everything early. Both references outlive the worker.
  [[nodiscard]] static config::Result<std::unique_ptr<LoadWorker>> create(const Plan& plan, std::uint32_t index,
                                                                          const std::atomic<bool>& stop);

  /// Opens the connections of all clients, a few at a time; returns when each is open or has failed.
  void open_all();
  void run(const RunTimes& times);

  [[nodiscard]] const Tally& tally() const noexcept { return state_.tally; }
  /// When the last counted answer could have come: the end, or the answer that was the last of --requests.
  [[nodiscard]] TimePoint ended() const noexcept { return ended_; }
  [[nodiscard]] const LiveCounts& live() const noexcept { return live_; }

 private:
  static constexpr std::size_t kOpeningAtOnce = 64;  // more would overflow the server's accept queue
  /// What is in flight at the end may arrive for so long; answers that take longer count as unfinished.
  static constexpr auto kGrace = std::chrono::milliseconds(100);

  LoadWorker(std::unique_ptr<proxy::EventLoop> loop, const Plan& plan, std::uint32_t index,
             const std::atomic<bool>& stop);
  void on_free(MeasuredClient& client, TimePoint now) override;
  void on_wake() noexcept override;
  void start_clients(const RunTimes& times);
  [[nodiscard]] bool may_begin(TimePoint due) const noexcept;
  void begin(MeasuredClient& client, TimePoint due);
  void dispatch_due(TimePoint now);
  void turn(std::chrono::milliseconds longest_wait);
  [[nodiscard]] bool is_over(TimePoint now) const noexcept;
  void count_unfinished(TimePoint now);

  std::unique_ptr<proxy::EventLoop> loop_;
  const Plan& plan_;
  std::uint32_t index_;
  const std::atomic<bool>& stop_;
  WorkerState state_;
  std::unique_ptr<Pacer> pacer_;
  std::vector<std::unique_ptr<MeasuredClient>> measured_;
  std::vector<std::unique_ptr<SlowClient>> slow_;
  std::vector<std::unique_ptr<IdleClient>> idle_;

  std::optional<Schedule> schedule_;
  std::vector<MeasuredClient*> free_;  // a ring: who is free longest is next
  std::size_t free_first_ = 0;
  std::size_t free_count_ = 0;
  std::optional<std::uint64_t> left_;  // counted requests that may still begin
  TimePoint end_ = TimePoint::max();
  TimePoint ended_;
  LiveCounts live_;
};

}  // namespace gabion::bench
