// One thread of the load: see load_worker.h.
#include "bench/load/load_worker.h"

#include <algorithm>

namespace gabion::bench {
namespace {

constexpr auto kLongestTurn = std::chrono::milliseconds(50);  // how long a stop may go unnoticed

std::uint64_t microseconds(Clock::duration duration) noexcept {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

}  // namespace

config::Result<std::unique_ptr<LoadWorker>> LoadWorker::create(const Plan& plan, std::uint32_t index,
                                                               const std::atomic<bool>& stop) {
  auto loop = proxy::EventLoop::create();
  if (loop.has_error()) {
    return loop.error();
  }
  std::unique_ptr<LoadWorker> worker(new LoadWorker(std::move(*loop), plan, index, stop));
  if (plan.rate) {
    auto pacer = Pacer::create(*worker->loop_, *worker);
    if (pacer.has_error()) {
      return pacer.error();
    }
    worker->pacer_ = std::move(*pacer);
  }
  return worker;
}

LoadWorker::LoadWorker(std::unique_ptr<proxy::EventLoop> loop, const Plan& plan, std::uint32_t index,
                       const std::atomic<bool>& stop)
    : loop_(std::move(loop)),
      plan_(plan),
      index_(index),
      stop_(stop),
      state_(*loop_, plan, plan.mix.turns() * index / plan.threads) {
  Dispatcher& dispatcher = *this;  // a private base
  const auto mine = [&](std::uint64_t whole) { return share_of(whole, index, plan.threads); };
  for (std::uint64_t i = mine(plan.connections); i > 0; --i) {
    measured_.push_back(std::make_unique<MeasuredClient>(state_, dispatcher));
  }
  for (std::uint64_t i = mine(plan.slow); i > 0; --i) {
    slow_.push_back(std::make_unique<SlowClient>(state_));
  }
  for (std::uint64_t i = mine(plan.idle); i > 0; --i) {
    idle_.push_back(std::make_unique<IdleClient>(state_));
  }
  free_.resize(measured_.size());
  if (plan.requests) {
    left_ = mine(*plan.requests);
  }
}

void LoadWorker::open_all() {
  std::vector<Client*> waiting;
  const auto add = [&waiting](const auto& clients) {
    std::transform(clients.rbegin(), clients.rend(), std::back_inserter(waiting), [](auto& one) { return one.get(); });
  };
  add(measured_);
  add(slow_);
  add(idle_);
  std::vector<Client*> opening;
  while ((!waiting.empty() || !opening.empty()) && !stop_.load(std::memory_order_relaxed)) {
    while (!waiting.empty() && opening.size() < kOpeningAtOnce) {
      opening.push_back(waiting.back());
      waiting.pop_back();
      opening.back()->open();
    }
    loop_->turn(std::any_of(opening.begin(), opening.end(), [](const Client* one) { return one->is_opening(); })
                    ? kLongestTurn
                    : std::chrono::milliseconds(0));
    std::erase_if(opening, [](const Client* one) { return !one->is_opening(); });
  }
}

void LoadWorker::run(const RunTimes& times) {
  end_ = times.end;
  ended_ = times.end;
  state_.counted_from = times.counted_from;
  loop_->turn(std::chrono::milliseconds(0));  // the loop's time is that of its last turn
  start_clients(times);
  while (!is_over(Clock::now())) {
    turn(kLongestTurn);
  }
  ended_ = std::min(ended_, Clock::now());
  end_ = TimePoint::min();  // nothing begins any more
  const auto until = Clock::now() + kGrace;
  while (state_.in_flight != 0 && Clock::now() < until) {
    turn(std::chrono::milliseconds(10));
  }
  end_ = times.end;
  count_unfinished(Clock::now());
  state_.tally.idle_open = static_cast<std::uint64_t>(
      std::count_if(idle_.begin(), idle_.end(), [](const auto& client) { return client->is_open(); }));
}

void LoadWorker::start_clients(const RunTimes& times) {
  for (const auto& client : slow_) {
    client->begin();
  }
  if (plan_.rate) {
    schedule_.emplace(times.begin, *plan_.rate, index_, plan_.threads);
  }
  for (const auto& client : measured_) {
    on_free(*client, times.begin);
  }
}

bool LoadWorker::is_over(TimePoint now) const noexcept {
  return now >= end_ || stop_.load(std::memory_order_relaxed) || (left_ && *left_ == 0 && state_.in_flight == 0);
}

void LoadWorker::turn(std::chrono::milliseconds longest_wait) {
  loop_->turn(longest_wait);
  live_.requests.store(state_.tally.requests, std::memory_order_relaxed);
  live_.errors.store(state_.tally.total_errors(), std::memory_order_relaxed);
}

bool LoadWorker::may_begin(TimePoint due) const noexcept {
  return due < end_ && !(left_ && *left_ == 0);
}

void LoadWorker::begin(MeasuredClient& client, TimePoint due) {
  if (left_ && state_.counts(due)) {
    --*left_;
  }
  client.begin(due);
}

void LoadWorker::on_free(MeasuredClient& client, TimePoint now) {
  if (!schedule_) {
    if (may_begin(now)) {
      begin(client, now);
    }
    return;
  }
  free_[(free_first_ + free_count_) % free_.size()] = &client;
  ++free_count_;
  dispatch_due(now);
}

void LoadWorker::on_wake() noexcept {
  dispatch_due(Clock::now());
}

void LoadWorker::dispatch_due(TimePoint now) {
  while (free_count_ != 0 && may_begin(schedule_->next())) {
    if (schedule_->next() > now) {
      pacer_->wake_at(schedule_->next());
      return;
    }
    MeasuredClient& client = *free_[free_first_];
    free_first_ = (free_first_ + 1) % free_.size();
    --free_count_;
    begin(client, schedule_->take());
  }
}

void LoadWorker::count_unfinished(TimePoint now) {
  const auto count = [&](TimePoint due) {
    if (state_.counts(due)) {
      ++state_.tally.unfinished;
      state_.tally.latency.record(microseconds(now - due));
    }
  };
  for (const auto& client : measured_) {
    if (client->is_busy()) {
      count(client->due());
    }
  }
  // Arrivals that found no free connection until the end.
  while (schedule_ && schedule_->next() < ended_ && may_begin(schedule_->next())) {
    count(schedule_->take());
    if (left_ && *left_ > 0) {
      --*left_;
    }
  }
}

}  // namespace gabion::bench
