// The answer to a unary gRPC call as it comes over HTTP/2: one length-prefixed message, then the status.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/protocol/http2/field_block.h"

namespace gabion::bench {

/// Holds no message. Whoever answers without being a gRPC server (another HTTP status than 200) is whole, with no
/// status.
class GrpcAnswer {
 public:
  static constexpr std::size_t kPrefixBytes = 5;  ///< compressed or not, then the length in network order

  void begin() noexcept { *this = GrpcAnswer(); }
  /// `http_status` is that of the block, 200 or above.
  void take_head(const proxy::http2::FieldBlock& block, std::uint16_t http_status);
  void take_bytes(std::string_view bytes) noexcept;
  void take_trailers(const proxy::http2::FieldBlock& block);

  /// REQUIRES: the stream has ended. False: not what a unary call is answered with: no application/grpc, no status,
  /// two, a message cut short or compressed unasked, OK without a message or with two.
  [[nodiscard]] bool is_whole() const noexcept;
  [[nodiscard]] std::optional<std::uint32_t> status() const noexcept { return status_; }

 private:
  void take_status(const proxy::http2::FieldBlock& block);

  std::array<std::uint8_t, kPrefixBytes> prefix_{};
  std::size_t prefix_read_ = 0;  ///< of the message under way
  std::uint64_t left_ = 0;       ///< of its payload
  std::uint32_t messages_ = 0;
  std::optional<std::uint32_t> status_;
  bool foreign_ = false;
  bool bad_ = false;
};

/// A message as it is sent. REQUIRES: below 4 GiB.
[[nodiscard]] std::string grpc_framed(std::string_view message);

}  // namespace gabion::bench
