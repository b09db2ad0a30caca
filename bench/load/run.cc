// A run from its plan to its result: see run.h.
#include "bench/load/run.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "bench/load/load_worker.h"

namespace gabion::bench {
namespace {

constexpr auto kLook = std::chrono::milliseconds(10);  // between two looks at signals and workers

double seconds_of(const timeval& time) noexcept {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

CpuSeconds cpu_now() noexcept {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {seconds_of(usage.ru_utime), seconds_of(usage.ru_stime)};
}

/// Each connection needs a descriptor; the soft limit of 1024 is a habit, not a rule.
config::Result<void> raise_descriptor_limit(const Plan& plan) {
  constexpr std::uint64_t kOurs = 64;  // loops, timers, files
  const std::uint64_t needed =
      std::uint64_t{plan.connections} + plan.idle + plan.slow + std::uint64_t{plan.threads} * 3 + kOurs;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) {
    return {};
  }
  if (limit.rlim_max < needed) {
    return config::Error{fmt::format("{} descriptors are needed and {} allowed (ulimit -Hn)", needed, limit.rlim_max),
                         ""};
  }
  limit.rlim_cur = needed;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return {};
}

/// The main thread's part: starts, watches, joins.
class Run {
 public:
  explicit Run(const Plan& plan) : plan_(plan), times_(go_.get_future().share()) {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGINT);
    ::sigaddset(&signals_, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  ~Run() { join(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  [[nodiscard]] config::Result<void> start();
  [[nodiscard]] Outcome finish(const std::function<void(const Progress&)>& on_second);

 private:
  void work(LoadWorker& worker);
  void join() noexcept;
  void look();
  void wait_for(const std::atomic<std::uint32_t>& count);
  [[nodiscard]] Progress progress(TimePoint begin, TimePoint now) const;
  [[nodiscard]] Outcome outcome(const RunTimes& times, CpuSeconds before, CpuSeconds after) const;

  const Plan& plan_;
  sigset_t signals_{};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint32_t> opened_{0};
  std::atomic<std::uint32_t> finished_{0};
  std::promise<RunTimes> go_;
  bool gone_ = false;
  std::shared_future<RunTimes> times_;
  std::vector<std::unique_ptr<LoadWorker>> workers_;
  std::vector<std::thread> threads_;
};

config::Result<void> Run::start() {
  for (std::uint32_t index = 0; index < plan_.threads; ++index) {
    auto worker = LoadWorker::create(plan_, index, stop_);
    if (worker.has_error()) {
      return worker.error();
    }
    workers_.push_back(std::move(*worker));
  }
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker] { work(*worker); });
  }
  return {};
}

void Run::work(LoadWorker& worker) {
  worker.open_all();
  opened_.fetch_add(1);
  worker.run(times_.get());
  finished_.fetch_add(1);
}

void Run::join() noexcept {
  if (!gone_) {
    stop_ = true;
    go_.set_value({});
    gone_ = true;
  }
  for (auto& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

/// Sleeps for a moment, or until a signal ends the run.
void Run::look() {
  const timespec wait{0, std::chrono::nanoseconds(kLook).count()};
  if (::sigtimedwait(&signals_, nullptr, &wait) > 0) {
    stop_ = true;
  }
}

Progress Run::progress(TimePoint begin, TimePoint now) const {
  Progress found;
  found.seconds = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now - begin).count());
  for (const auto& worker : workers_) {
    found.requests += worker->live().requests.load(std::memory_order_relaxed);
    found.errors += worker->live().errors.load(std::memory_order_relaxed);
  }
  return found;
}

Outcome Run::finish(const std::function<void(const Progress&)>& on_second) {
  while (opened_ < plan_.threads) {
    look();
  }
  const auto begin = Clock::now();
  const RunTimes times{begin, begin + plan_.warmup, begin + plan_.warmup + plan_.duration};
  CpuSeconds before = cpu_now();
  go_.set_value(times);
  gone_ = true;
  auto next_second = begin + std::chrono::seconds(1);
  std::optional<CpuSeconds> after;
  while (finished_ < plan_.threads) {
    look();
    const auto now = Clock::now();
    if (now < times.counted_from) {
      before = cpu_now();
    }
    if (!after && now >= times.end) {
      after = cpu_now();
    }
    if (now >= next_second && now < times.end) {
      on_second(progress(begin, now));
      next_second += std::chrono::seconds(1);
    }
  }
  const CpuSeconds last = after.value_or(cpu_now());
  join();
  return outcome(times, before, last);
}

Outcome Run::outcome(const RunTimes& times, CpuSeconds before, CpuSeconds after) const {
  Outcome found;
  TimePoint ended = times.counted_from;
  for (const auto& worker : workers_) {
    found.tally.merge(worker->tally());
    ended = std::max(ended, worker->ended());
  }
  found.seconds = std::chrono::duration<double>(ended - times.counted_from).count();
  found.cpu = {after.user - before.user, after.system - before.system};
  found.interrupted = stop_;
  return found;
}

}  // namespace

config::Result<Outcome> run(const Plan& plan, const std::function<void(const Progress&)>& on_second) {
  if (const auto enough = raise_descriptor_limit(plan); enough.has_error()) {
    return enough.error();
  }
  Run running(plan);
  if (const auto started = running.start(); started.has_error()) {
    return started.error();
  }
  return running.finish(on_second);
}

}  // namespace gabion::bench
