// Messages of a WebSocket through DEFLATE, whose window may reach back into earlier ones (RFC 7692 §7.2), by zlib.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "inspect/coding/decoder.h"
#include "inspect/coding/encoder.h"

namespace gabion::inspect::coding {

/// Whether a message may refer back into those before it.
enum class Takeover : std::uint8_t { kKept, kNone };

/// Inflates the messages of one direction, one after another. At most 64 KiB.
class MessageInflater {
 public:
  explicit MessageInflater(Takeover takeover);
  ~MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;

  /// As Decoder::decode(). kBroken, kMemory: the connection cannot go on.
  [[nodiscard]] Decoder::Step decode(std::string_view in, std::span<char> out) noexcept;
  /// The message's payload is over: like decode(), to be called until it produces less than there is room for; then the
  /// next message may begin. kTruncated: DEFLATE stops in the middle of a block.
  [[nodiscard]] Decoder::Step finish(std::span<char> out) noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  Takeover takeover_;
  std::size_t tail_ = 0;  ///< how many of the four bytes behind a message were given
};

/// Deflates them anew, with a window of at most 8 KiB: at most 64 KiB.
class MessageDeflater {
 public:
  /// Null: zlib has no such window (8 bits), or no memory; messages then go uncompressed.
  [[nodiscard]] static std::unique_ptr<MessageDeflater> make(std::uint8_t window_bits, Takeover takeover);
  ~MessageDeflater();
  MessageDeflater(const MessageDeflater&) = delete;
  MessageDeflater& operator=(const MessageDeflater&) = delete;

  enum class Part : std::uint8_t { kMiddle, kLast };
  /// Appends what `text` deflates to, to its end. kLast: the message's last text, without the four bytes that RFC 7692
  /// §7.2.1 leaves out. False: out of memory.
  [[nodiscard]] bool encode(std::string_view text, Part part, std::string& out);
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  struct Stream;
  MessageDeflater(std::unique_ptr<Stream> stream, Takeover takeover);
  std::unique_ptr<Stream> stream_;
  Takeover takeover_;
};

}  // namespace gabion::inspect::coding
