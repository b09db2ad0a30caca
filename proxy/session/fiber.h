// A coroutine that belongs to one connection: created suspended, resumed by wakes, destroyed with its owner.
#pragma once

#include <coroutine>
#include <exception>
#include <utility>

namespace gabion::proxy {

/// The body awaits only std::suspend_always, each time for "something may have moved". One allocation a connection.
class Fiber {
 public:
  struct promise_type {
    Fiber get_return_object() noexcept { return Fiber(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }  // only out of memory gets here
  };

  Fiber() noexcept = default;
  Fiber(Fiber&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Fiber& operator=(Fiber&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Fiber() {
    if (handle_) {
      handle_.destroy();
    }
  }

  void resume() { handle_.resume(); }
  [[nodiscard]] bool done() const noexcept { return !handle_ || handle_.done(); }

 private:
  explicit Fiber(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace gabion::proxy
