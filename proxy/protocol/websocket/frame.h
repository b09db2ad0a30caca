// The words of RFC 6455 framing that decoder, encoder and session share.
#pragma once

#include <array>
#include <cstdint>

namespace gabion::proxy::websocket {

/// RFC 6455 §5.2.
enum class Opcode : std::uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xA,
};

/// Who sends the frames: a client masks every one, a server none (RFC 6455 §5.1).
enum class Sender : std::uint8_t { kClient, kServer };

/// Whether RSV1 may say that a message is compressed (RFC 7692 §6).
enum class Compression : std::uint8_t { kNone, kDeflate };

using MaskKey = std::array<std::uint8_t, 4>;

inline constexpr std::size_t kMostControlBytes = 125;  ///< RFC 6455 §5.5

/// RFC 6455 §7.4.1 and IANA's registry of close codes.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kNoStatus = 1005;  ///< never sent: the frame has no code
inline constexpr std::uint16_t kAbnormal = 1006;  ///< never sent: there was no frame
inline constexpr std::uint16_t kInvalidPayload = 1007;
inline constexpr std::uint16_t kPolicyViolation = 1008;
inline constexpr std::uint16_t kTooLarge = 1009;
inline constexpr std::uint16_t kTryAgainLater = 1013;
inline constexpr std::uint16_t kBadGateway = 1014;
}  // namespace close_code

/// Whether an endpoint may put this code into a frame.
[[nodiscard]] constexpr bool is_close_code(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

}  // namespace gabion::proxy::websocket
