// Sheds a worker's load as its memory runs out: see guard.h.
#include "proxy/overload/guard.h"

#include <algorithm>
#include <string>

namespace gabion::proxy {
namespace {

constexpr auto kBetweenPasses = std::chrono::milliseconds(20);  // for those that were ended to give back what they held

}  // namespace

OverloadGuard::OverloadGuard(EventLoop& loop, BufferPool& pool, WorkerMetrics& metrics, LogSinks& logs,
                             std::size_t worker_index, const config::ProxyConfig& config)
    : loop_(loop),
      pool_(pool),
      metrics_(metrics),
      logs_(logs),
      worker_index_(worker_index),
      ladder_(config.overload, config.limits.in_flight_bytes) {
  pool_.watch(this, ladder_.low(), ladder_.high());
}

OverloadGuard::~OverloadGuard() {
  pool_.forget_watcher();
}

void OverloadGuard::configure(const config::ProxyConfig& config) noexcept {
  const auto before = ladder_.step();
  ladder_ = OverloadLadder(config.overload, config.limits.in_flight_bytes, before);
  [[maybe_unused]] const bool has_moved = ladder_.climb(pool_.in_use_bytes());
  pool_.watch(this, ladder_.low(), ladder_.high());
  if (ladder_.step() != before) {
    note_step(before);
  }
}

/// Called from wherever memory is taken or given back: nothing but the step changes here.
void OverloadGuard::on_outside() noexcept {
  const auto before = ladder_.step();
  const bool changed = ladder_.climb(pool_.in_use_bytes());
  pool_.watch(this, ladder_.low(), ladder_.high());
  if (changed) {
    note_step(before);
  }
}

void OverloadGuard::note_step(OverloadStep before) noexcept {
  const auto now = ladder_.step();
  metrics_.counters().overload_entered[now] += 1;
  logs_.log(now == OverloadStep::kNone ? config::LogLevel::kInfo : config::LogLevel::kWarn, "overload",
            {{"worker", std::to_string(worker_index_)},
             {"step", to_string(now)},
             {"before", to_string(before)},
             {"in_use_bytes", std::to_string(pool_.in_use_bytes())},
             {"limit_bytes", std::to_string(ladder_.limit_bytes())}});
  if (now == OverloadStep::kEndLargest) {
    loop_.wake(*this);
  }
}

void OverloadGuard::end_largest() noexcept {
  if (ladder_.step() != OverloadStep::kEndLargest || source_ == nullptr) {
    return;
  }
  held_.clear();
  source_->list_holders(held_);
  const auto chosen = choose_largest(held_, pool_.in_use_bytes(), ladder_.over_at(OverloadStep::kEndLargest));
  for (std::size_t i = 0; i < chosen; ++i) {
    if (held_[i].holder->end_for_memory(held_[i].bytes)) {
      metrics_.counters().overload_ended += 1;
      metrics_.counters().overload_ended_bytes += held_[i].bytes;
    }
  }
  Timer::set(loop_.timers(), loop_.now() + kBetweenPasses);
}

}  // namespace gabion::proxy
