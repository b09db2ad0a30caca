// For tests: a transport that keeps what is written to it.
#pragma once

#include <string>

#include "proxy/net/socket.h"

namespace gabion::proxy {

/// Takes everything at once and never has anything to read.
class Collector final : public Transport {
 public:
  IoResult read(std::span<char> /*into*/) noexcept override { return {}; }
  IoResult write(std::span<const char> bytes) noexcept override {
    text.append(bytes.data(), bytes.size());
    return {IoStatus::kOk, bytes.size()};
  }
  bool may_read() const noexcept override { return false; }
  void shutdown_write() noexcept override {}
  Socket& socket() noexcept override { return socket_; }
  std::string text;

 private:
  Socket socket_;
};

}  // namespace gabion::proxy
