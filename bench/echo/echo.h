// A WebSocket service that sends back every message it gets, sans I/O: one connection's bytes in, its bytes out.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "proxy/net/buffer.h"
#include "proxy/protocol/http1/decoder.h"
#include "proxy/protocol/websocket/frame_decoder.h"

namespace gabion::bench {

/// No extensions, no subprotocol. A message comes back in one frame however it came.
class Echo {
 public:
  static constexpr std::uint64_t kMostMessageBytes = std::uint64_t{16} * 1024 * 1024;  // above: close 1009

  explicit Echo(proxy::BufferPool& pool);

  /// False: nothing more is read; when out() is written the connection is to be closed.
  [[nodiscard]] bool feed(std::span<char> bytes);
  /// What is to be written, from its front; whoever wrote it clears it.
  [[nodiscard]] std::string& out() noexcept { return out_; }

 private:
  [[nodiscard]] bool take(std::span<char> bytes, std::size_t& used);
  [[nodiscard]] bool take_request(std::span<char> bytes, std::size_t& used);
  [[nodiscard]] bool take_frame(const proxy::websocket::FrameDecoder::Step& step);
  void send(proxy::websocket::Opcode opcode, std::string_view payload);
  void close(std::uint16_t code);

  proxy::http1::Decoder request_;
  proxy::websocket::FrameDecoder frames_;
  bool upgraded_ = false;
  proxy::Buffer held_;  // a head or a control frame that is not whole
  std::string message_;
  std::string out_;
};

}  // namespace gabion::bench
