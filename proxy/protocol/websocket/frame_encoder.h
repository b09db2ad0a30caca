// WebSocket frames made anew: heads in their shortest form, a fresh mask for each frame towards a server.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "proxy/protocol/websocket/frame.h"

namespace gabion::proxy::websocket {

/// Whether more frames of the message follow.
enum class Part : std::uint8_t { kMiddle, kLast };

/// A frame's head as bytes: at most 14.
class FrameHead {
 public:
  /// `compressed` sets RSV1, which only the first frame of a message has. Without `mask` the frame is a server's.
  FrameHead(Opcode opcode, Part part, Compression compressed, std::uint64_t length,
            const std::optional<MaskKey>& mask) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 14> text_;
  std::size_t size_ = 0;
};

/// A close frame's payload: the code, then `reason`, cut to what fits (never within a character if it is ASCII).
class ClosePayload {
 public:
  /// kNoStatus: empty.
  ClosePayload(std::uint16_t code, std::string_view reason) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, kMostControlBytes> text_;
  std::size_t size_ = 0;
};

}  // namespace gabion::proxy::websocket
