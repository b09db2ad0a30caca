// One worker's share of a listening address: accepts, refuses what is over the limit, hands the rest on.
#pragma once

#include "config/ip_address.h"
#include "proxy/net/event_loop.h"

namespace gabion::proxy {

/// Who takes accepted sockets over.
class Acceptor {
 public:
  virtual void on_accepted(const config::Endpoint& listen, int fd) noexcept = 0;
  /// accept4 failed for want of descriptors or memory; `error` is errno.
  virtual void on_accept_failed(int error) noexcept = 0;

 protected:
  ~Acceptor() = default;
};

/// Owns the descriptor. Used on one worker only.
class Listener final : public Watcher {
 public:
  Listener(EventLoop& loop, Acceptor& acceptor, const config::Endpoint& listen, int fd) noexcept;
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] const config::Endpoint& endpoint() const noexcept { return listen_; }
  void on_ready(std::uint32_t events) noexcept override;
  /// Accepts whatever waits in the backlog, before the listener is closed.
  void accept_rest() noexcept;

 private:
  [[nodiscard]] bool accept_one() noexcept;
  void shed_one() noexcept;

  EventLoop& loop_;
  Acceptor& acceptor_;
  config::Endpoint listen_;
  int fd_;
  int spare_fd_;  // closed to accept and close one connection when descriptors run out, or epoll would spin
};

}  // namespace gabion::proxy
