// For tests: turns an event loop until something holds, and makes connected sockets on loopback.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/net/event_loop.h"
#include "proxy/net/socket.h"

namespace gabion::proxy {

inline std::unique_ptr<EventLoop> make_loop() {
  auto loop = EventLoop::create();
  return loop.has_error() ? nullptr : std::move(*loop);
}

/// Turns `loop` until `done()`; false after ten seconds.
template <class Done>
[[nodiscard]] bool drive(EventLoop& loop, Done done) {
  const auto give_up = EventLoop::Clock::now() + std::chrono::seconds(10);
  while (!done()) {
    if (EventLoop::Clock::now() > give_up) {
      return false;
    }
    loop.turn(std::chrono::milliseconds(10));
  }
  return true;
}

/// Two ends of one connection, non-blocking; who takes one over sets it to -1.
struct SocketPair {
  SocketPair() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    ours = ends[0];
    theirs = ends[1];
  }
  ~SocketPair() {
    close_end(ours);
    close_end(theirs);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  [[nodiscard]] int take_ours() { return std::exchange(ours, -1); }
  [[nodiscard]] int take_theirs() { return std::exchange(theirs, -1); }
  void close_theirs() { close_end(theirs); }

  int ours = -1;
  int theirs = -1;

 private:
  static void close_end(int& end) {
    if (end >= 0) {
      ::close(end);
      end = -1;
    }
  }
};

/// A listening socket on 127.0.0.1, at a port the kernel chose.
struct LoopbackListener {
  LoopbackListener() {
    const auto opened = open_listener({config::IpAddress::v4(0x7f000001), 0});
    EXPECT_TRUE(opened.has_value());
    fd = opened.has_value() ? *opened : -1;
    endpoint = local_endpoint(fd);
  }
  ~LoopbackListener() { close(); }
  LoopbackListener(const LoopbackListener&) = delete;
  LoopbackListener& operator=(const LoopbackListener&) = delete;

  void close() {
    if (fd >= 0) {
      ::close(fd);
      fd = -1;
    }
  }
  /// The next waiting connection, non-blocking, or -1.
  [[nodiscard]] int accept_one() const { return ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }

  int fd = -1;
  config::Endpoint endpoint;
};

/// Counts how often it ran.
class CountingWakeable final : public Wakeable {
 public:
  void on_wake() noexcept override { ++wakes; }
  int wakes = 0;
};

/// All of `bytes` into a blocking or still empty socket.
inline void send_all(int fd, std::string_view bytes) {
  ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

/// What waits in `fd` now.
inline std::string receive_now(int fd) {
  std::string bytes(1 << 16, '\0');
  const auto got = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

}  // namespace gabion::proxy
