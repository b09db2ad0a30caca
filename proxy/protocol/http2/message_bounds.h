// What may still come of the one message that a stream's peer sends.
#pragma once

#include <cstdint>

#include "proxy/protocol/http2/field_block.h"

namespace gabion::proxy::http2 {

/// Follows a request, or the answers to one, from block to block: their order (RFC 9113 §8.1) and the body's length
/// (§8.1.1). What else a head says is its readers' business. Where one of these says false the message is malformed,
/// and stays so.
class MessageBounds {
 public:
  enum class Of : std::uint8_t { kRequest, kAnswer, kAnswerToHead, kAnswerToConnect };

  explicit MessageBounds(Of message = Of::kRequest) noexcept : message_(message) {}

  /// A whole header block; `ends`: nothing comes behind it, and take_end() need not be asked.
  [[nodiscard]] bool take_block(const FieldBlock& block, bool ends) noexcept;
  [[nodiscard]] bool take_data(std::uint64_t bytes) noexcept;
  /// Nothing comes behind the data.
  [[nodiscard]] bool take_end() noexcept;

 private:
  enum class Next : std::uint8_t { kHead, kBody, kMalformed };
  static constexpr std::uint64_t kAnyLength = ~std::uint64_t{0};

  [[nodiscard]] bool fits(const FieldBlock& block, bool ends) noexcept;
  [[nodiscard]] bool take_answer(const FieldBlock& head) noexcept;
  [[nodiscard]] bool take_length(const FieldBlock& head) noexcept;
  [[nodiscard]] bool is(bool fine) noexcept {
    next_ = fine ? next_ : Next::kMalformed;
    return fine;
  }

  std::uint64_t length_ = kAnyLength;
  std::uint64_t received_ = 0;
  Of message_;
  Next next_ = Next::kHead;
};

}  // namespace gabion::proxy::http2
