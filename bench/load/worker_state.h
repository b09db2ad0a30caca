// What the clients of one worker share: its loop, memory, counters, and the time that counts.
#pragma once

#include <vector>

#include "bench/load/plan.h"
#include "bench/load/schedule.h"
#include "bench/load/tally.h"
#include "proxy/net/buffer.h"
#include "proxy/net/event_loop.h"

namespace gabion::bench {

/// Used on the worker's thread only.
struct WorkerState {
  static constexpr std::size_t kReadBytes = std::size_t{64} * 1024;

  WorkerState(proxy::EventLoop& its_loop, const Plan& its_plan, std::size_t first_turn)
      : loop(its_loop), plan(its_plan), scratch(kReadBytes), turn(first_turn) {}

  [[nodiscard]] const Request& next_request() noexcept { return plan.mix.at(turn++); }
  /// Whether what is due, or happens, at `time` belongs into the result.
  [[nodiscard]] bool counts(TimePoint time) const noexcept { return time >= counted_from; }

  proxy::EventLoop& loop;
  const Plan& plan;
  proxy::BufferPool pool;
  std::vector<char> scratch;  ///< what one read gets; nobody's between two reads
  Tally tally;
  std::size_t turn;
  TimePoint counted_from = TimePoint::min();  ///< opening connections counts, warming up does not
  std::uint64_t in_flight = 0;                ///< measured requests begun and not over
};

}  // namespace gabion::bench
