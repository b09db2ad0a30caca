// The echo service on one address and one thread: accepts, reads, writes, never holds more than one answer that waits.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "config/result.h"
#include "proxy/listener.h"
#include "proxy/net/buffer.h"
#include "proxy/net/event_loop.h"

namespace gabion::bench {

/// Created and used on one thread.
class EchoServer final : private proxy::Acceptor {
 public:
  [[nodiscard]] static config::Result<std::unique_ptr<EchoServer>> create(const config::Endpoint& listen);
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  /// With the port the kernel chose where `listen` had none.
  [[nodiscard]] const config::Endpoint& endpoint() const noexcept { return listener_->endpoint(); }
  /// Until loop().stop(), which another thread posts.
  void run() { loop_->run(); }
  [[nodiscard]] proxy::EventLoop& loop() noexcept { return *loop_; }

 private:
  class Connection;
  static constexpr std::size_t kReadBytes = std::size_t{64} * 1024;

  explicit EchoServer(std::unique_ptr<proxy::EventLoop> loop);
  void on_accepted(const config::Endpoint& listen, int fd) noexcept override;
  void on_accept_failed(int /*error*/) noexcept override {}

  std::unique_ptr<proxy::EventLoop> loop_;
  std::vector<char> scratch_;  // what one read gets
  proxy::BufferPool pool_;
  std::unique_ptr<proxy::Listener> listener_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
};

}  // namespace gabion::bench
