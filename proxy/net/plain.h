// Plain text: a transport that is nothing but its socket.
#pragma once

#include "proxy/net/socket.h"

namespace gabion::proxy {

class PlainTransport final : public Transport {
 public:
  /// Takes the descriptor over. socket().is_open() is false when it could not be watched.
  PlainTransport(EventLoop& loop, int fd) noexcept : socket_(loop, fd) {}

  [[nodiscard]] IoResult read(std::span<char> into) noexcept override { return socket_.read(into); }
  [[nodiscard]] IoResult write(std::span<const char> bytes) noexcept override { return socket_.write(bytes); }
  [[nodiscard]] bool may_read() const noexcept override { return socket_.readable(); }
  void shutdown_write() noexcept override { socket_.shutdown_write(); }
  [[nodiscard]] Socket& socket() noexcept override { return socket_; }

 private:
  Socket socket_;
};

}  // namespace gabion::proxy
