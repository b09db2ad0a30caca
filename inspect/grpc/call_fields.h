// What a head says of gRPC: whether its body is of messages, of what kind, and how they are compressed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "inspect/message.h"

namespace gabion::inspect::grpc {

/// How messages are written, by Content-Type.
enum class Codec : std::uint8_t {
  kNone,      ///< no gRPC body; gRPC-Web is none, either
  kProtobuf,  ///< application/grpc, application/grpc+proto
  kOther,     ///< application/grpc+json, …: each message is one text
};
/// By the first Content-Type.
[[nodiscard]] Codec codec_of(std::span<const HeaderField> fields) noexcept;

/// Whether fields that are no gRPC's may be read as such by a service: a Content-Type of several, or of base64, or
/// messages that say how they are compressed.
[[nodiscard]] bool may_be_messages(std::span<const HeaderField> fields) noexcept;

/// How compressed messages of a body are compressed: grpc-encoding.
enum class Encoding : std::uint8_t {
  kIdentity,  ///< not at all; no message may be marked compressed
  kGzip,
  kDeflate,  ///< zlib's wrapping
  kUnknown,  ///< snappy, …, or two fields that differ
};
[[nodiscard]] Encoding encoding_of(std::span<const HeaderField> fields) noexcept;

/// Of a grpc-accept-encoding what we can undo, "identity" when nothing is left.
[[nodiscard]] std::string narrow_encodings(std::string_view accepted);

/// grpc-timeout: at most 8 digits and one of H M S m u n. Nothing: malformed, or there are two.
struct Timeout {
  bool is_present = false;
  std::optional<std::chrono::nanoseconds> value;
};
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) noexcept;
[[nodiscard]] Timeout timeout_of(std::span<const HeaderField> fields) noexcept;

/// A grpc-status of one or two digits; nothing: there is none, or it is no number.
[[nodiscard]] std::optional<std::uint8_t> status_of(std::span<const HeaderField> fields) noexcept;

}  // namespace gabion::inspect::grpc
