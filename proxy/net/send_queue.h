// Bytes on their way to one peer, bounded so that a slow reader slows its sender, not our memory.
#pragma once

#include <cstddef>
#include <string_view>

#include "proxy/net/buffer.h"
#include "proxy/net/transport.h"

namespace gabion::proxy {

/// Belongs to one connection and is used by its worker only.
class SendQueue {
 public:
  enum class Flush : std::uint8_t { kDrained, kBlocked, kClosed };

  /// At `limit_bytes` is_full() turns true; it turns false at half of that, so that reading does not start and stop
  /// for each packet.
  SendQueue(BufferPool& pool, std::size_t limit_bytes) noexcept : buffer_(pool), limit_bytes_(limit_bytes) {}

  /// Copies `bytes`. Never refuses: who produces asks is_full() first.
  void append(std::string_view bytes) { buffer_.append(bytes); }
  /// Takes the first `count` bytes out of `from`, a buffer of the same pool. Where nothing is pending and they are many
  /// and the most of it, or all of it and no memory is here yet, they are not copied: what they are in changes hands.
  void take_over(Buffer& from, std::size_t count);
  /// Room to write `count` bytes into, and the word that they were written.
  [[nodiscard]] std::span<char> prepare(std::size_t count) { return buffer_.prepare(count); }
  void commit(std::size_t count) noexcept { buffer_.commit(count); }

  /// Writes what the peer takes. kBlocked: call again when woken. kClosed: the peer is gone.
  [[nodiscard]] Flush flush(ByteStream& peer) noexcept;

  /// For who writes in pieces of its own: what is pending, valid until the next call of anything else, and the word
  /// that its first `count` bytes left.
  [[nodiscard]] std::string_view unsent() const noexcept { return buffer_.view().substr(sent_); }
  void note_sent(std::size_t count) noexcept;

  [[nodiscard]] bool is_full() noexcept;
  [[nodiscard]] bool empty() const noexcept { return pending() == 0; }
  [[nodiscard]] std::size_t pending() const noexcept { return buffer_.size() - sent_; }

  /// While kept, bytes already written stay, so that rewind() can send them again to another peer. Kept bytes count
  /// towards the limit: once over it, keeping ends by itself and rewind() says so.
  void keep_sent() noexcept { keep_ = true; }
  void forget_sent() noexcept;
  /// All bytes since keep_sent() are pending again. False when some are gone.
  [[nodiscard]] bool rewind() noexcept;

  /// Memory it holds now.
  [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.capacity(); }

  [[nodiscard]] std::uint64_t total_sent() const noexcept { return total_sent_; }
  /// Takes back the newest `count` bytes. REQUIRES: count <= pending().
  void take_back(std::size_t count) noexcept { buffer_.take_back(count); }
  void release() noexcept { buffer_.release(); }
  void clear() noexcept;

 private:
  Buffer buffer_;
  std::size_t limit_bytes_;
  std::size_t sent_ = 0;
  std::uint64_t total_sent_ = 0;
  bool full_ = false;
  bool keep_ = false;
};

}  // namespace gabion::proxy
