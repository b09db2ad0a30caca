// One worker's event loop: see event_loop.h.
#include "proxy/net/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

namespace gabion::proxy {

namespace {

constexpr std::chrono::milliseconds kForEver = std::chrono::milliseconds::max();
constexpr std::chrono::milliseconds kLongestWait = std::chrono::minutes(1);  // by the clock: fits an int with ease

constexpr std::chrono::milliseconds kWallStays(100);

}  // namespace

struct EventLoop::Batch {
  std::array<epoll_event, kBatch> events;
};

Wakeable::~Wakeable() {
  if (queued_in_ != nullptr) {
    std::replace(queued_in_->begin(), queued_in_->end(), this, static_cast<Wakeable*>(nullptr));
  }
}

config::Result<std::unique_ptr<EventLoop>> EventLoop::create() {
  const int epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) {
    return config::Error{std::string("epoll_create1: ") + std::strerror(errno), ""};
  }
  const int event_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_fd < 0) {
    const int error = errno;
    ::close(epoll_fd);
    return config::Error{std::string("eventfd: ") + std::strerror(error), ""};
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // null stands for the event descriptor
  if (::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event_fd, &event) != 0) {
    const int error = errno;
    ::close(epoll_fd);
    ::close(event_fd);
    return config::Error{std::string("epoll_ctl: ") + std::strerror(error), ""};
  }
  std::unique_ptr<EventLoop> loop(new EventLoop(epoll_fd, event_fd));
  if (!loop->watch_alarm()) {
    return config::Error{std::string("timerfd: ") + std::strerror(errno), ""};
  }
  return loop;
}

EventLoop::EventLoop(int epoll_fd, int event_fd)
    : epoll_fd_(epoll_fd),
      event_fd_(event_fd),
      batch_(std::make_unique<Batch>()),
      now_(Clock::now()),
      latest_(now_),
      wall_read_(now_),
      wall_(std::chrono::system_clock::now()),
      timers_(now_) {}

bool EventLoop::watch_alarm() noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = &alarm_;
  return alarm_.is_open() && ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, alarm_.fd(), &event) == 0;
}

EventLoop::~EventLoop() {
  for (const auto* queue : {&woken_, &later_}) {
    for (Wakeable* sleeper : *queue) {
      if (sleeper != nullptr) {
        sleeper->queued_in_ = nullptr;
      }
    }
  }
  ::close(event_fd_);
  ::close(epoll_fd_);
}

void EventLoop::run() {
  while (!stopped_) {
    turn(kForEver);
  }
}

void EventLoop::turn(std::chrono::milliseconds longest_wait) {
  const int count = wait(longest_wait);
  read_clocks();
  ++turns_;
  if (count > 0) {
    dispatch(count);
  }
  timers_.advance(now_);
  short_timers_.advance(now_);
  const std::size_t waited = later_.size();
  run_woken();
  run_one_later(waited);
}

int EventLoop::wait(std::chrono::milliseconds longest) noexcept {
  if (!woken_.empty() || !later_.empty() || longest.count() <= 0) {
    return ::epoll_wait(epoll_fd_, batch_->events.data(), kBatch, 0);
  }
  longest = until_alarm(longest);
  if (const auto soon = short_timers_.next_expiry()) {
    return wait_for_soon(*soon, longest);
  }
  // Without a time-out the kernel need not set a timer, and stop it again, for each wait.
  const int most = longest == kForEver ? -1 : static_cast<int>(longest.count());
  return ::epoll_wait(epoll_fd_, batch_->events.data(), kBatch, most);
}

/// The alarm rings for the wheel. Answers how long to wait besides: less than asked for only where it cannot be set.
std::chrono::milliseconds EventLoop::until_alarm(std::chrono::milliseconds longest) noexcept {
  const auto next = timers_.next_expiry();
  if (!next || alarm_.ring_by(*next, now_)) {
    return longest;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now_);
  return std::clamp(left, std::chrono::milliseconds(0), std::min(longest, kLongestWait));
}

/// A short deadline is kept to the microsecond where the kernel can wait so, else to the next millisecond.
int EventLoop::wait_for_soon(Clock::time_point soon, std::chrono::milliseconds longest) noexcept {
  const auto most = std::min(longest, kLongestWait);
  const auto left = std::clamp<std::chrono::nanoseconds>(soon - Clock::now(), std::chrono::nanoseconds(0), most);
  if (waits_finely_) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec until{seconds.count(), (left - seconds).count()};
    const int count = ::epoll_pwait2(epoll_fd_, batch_->events.data(), kBatch, &until, nullptr);
    if (count >= 0 || errno == EINTR) {
      return count;
    }
    waits_finely_ = false;  // an older kernel, or a filter of system calls
  }
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(left);
  return ::epoll_wait(epoll_fd_, batch_->events.data(), kBatch, static_cast<int>(rounded.count()));
}

void EventLoop::read_clocks() noexcept {
  now_ = read_clock();
  if (now_ - wall_read_ >= kWallStays) {
    wall_ = std::chrono::system_clock::now();
    wall_read_ = now_;
  }
}

void EventLoop::dispatch(int count) noexcept {
  batch_size_ = count;
  for (int i = 0; i < count; ++i) {
    // unwatch() empties entries of descriptors that this very turn closed.
    const epoll_event event = batch_->events[static_cast<std::size_t>(i)];
    if (event.events == 0) {
      continue;
    }
    if (event.data.ptr == nullptr) {
      run_posted();
    } else if (event.data.ptr != &alarm_) {  // who rings has woken us: that is all
      static_cast<Watcher*>(event.data.ptr)->on_ready(event.events);
    }
  }
  batch_size_ = 0;
}

void EventLoop::run_posted() {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto got = ::read(event_fd_, &ignored, sizeof ignored);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) {
    task();
  }
}

void EventLoop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto put = ::write(event_fd_, &one, sizeof one);
}

bool EventLoop::watch(int fd, Watcher& watcher, Trigger trigger) noexcept {
  epoll_event event{};
  event.events = trigger == Trigger::kEdge ? (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) : EPOLLIN;
  event.data.ptr = &watcher;
  return ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void EventLoop::unwatch(int fd, const Watcher& watcher) noexcept {
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  for (int i = 0; i < batch_size_; ++i) {
    epoll_event& event = batch_->events[static_cast<std::size_t>(i)];
    if (event.data.ptr == &watcher) {
      event.events = 0;
    }
  }
}

void EventLoop::wake(Wakeable& sleeper) {
  if (sleeper.queued_in_ == nullptr) {
    sleeper.queued_in_ = &woken_;
    woken_.push_back(&sleeper);
  }
}

void EventLoop::run_woken() noexcept {
  running_.swap(woken_);
  for (Wakeable* sleeper : running_) {
    if (sleeper != nullptr) {
      sleeper->queued_in_ = &running_;
    }
  }
  // Index, not iterator: a destroyed Wakeable writes null into its entry while we walk.
  for (std::size_t i = 0; i < running_.size(); ++i) {
    if (Wakeable* sleeper = running_[i]; sleeper != nullptr) {
      running_[i] = nullptr;
      sleeper->queued_in_ = nullptr;
      sleeper->on_wake();
    }
  }
  running_.clear();
}

void EventLoop::wake_later(Wakeable& sleeper) {
  if (sleeper.queued_in_ == nullptr) {
    sleeper.queued_in_ = &later_;
    later_.push_back(&sleeper);
  }
}

/// Of those before `end`. Null entries are destroyed sleepers, or had their turn.
void EventLoop::run_one_later(std::size_t end) noexcept {
  Wakeable* sleeper = nullptr;
  while (sleeper == nullptr && first_later_ < end) {
    sleeper = std::exchange(later_[first_later_], nullptr);
    ++first_later_;
  }
  if (first_later_ * 2 >= later_.size()) {
    later_.erase(later_.begin(), later_.begin() + static_cast<std::ptrdiff_t>(first_later_));
    first_later_ = 0;
  }
  if (sleeper != nullptr) {
    sleeper->queued_in_ = nullptr;
    sleeper->on_wake();
  }
}

}  // namespace gabion::proxy
