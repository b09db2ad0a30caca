// The answers of one connection, read by the proxy's own strict decoder.
#pragma once

#include <cstdint>
#include <span>

#include "bench/load/conversation.h"
#include "proxy/net/buffer.h"
#include "proxy/protocol/http1/decoder.h"

namespace gabion::bench {

/// Keeps only the bytes of an incomplete head; bodies are counted by nobody and kept by nobody.
class AnswerReader {
 public:
  using Outcome = Conversation::Outcome;

  explicit AnswerReader(proxy::BufferPool& pool) noexcept;

  /// Before each request. `is_head`: its answer has no body.
  void expect(bool is_head) noexcept { decoder_.expect_answer_to_head(is_head); }
  /// A new connection: nothing of the last one counts.
  void reset();

  [[nodiscard]] Outcome feed(std::span<char> bytes);
  [[nodiscard]] Outcome feed_end() noexcept;

  [[nodiscard]] std::uint16_t status() const noexcept { return decoder_.head().status; }
  /// The connection may carry another request.
  [[nodiscard]] bool is_reusable() const noexcept { return is_reusable_; }

 private:
  [[nodiscard]] Outcome decode(std::span<char> bytes);

  proxy::http1::Decoder decoder_;
  proxy::Buffer held_;
  bool is_reusable_ = false;
};

}  // namespace gabion::bench
