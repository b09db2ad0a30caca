// Finds the header blocks among the frames of an HTTP/2 connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::proxy::http2 {

/// HEADERS and the CONTINUATION behind them, taken apart (RFC 9113 §6.2, §6.10); all else passes as it came, frames
/// that are too large included: who reads on ends the connection for them.
class HeaderFrames {
 public:
  static constexpr std::size_t kFrameHeadBytes = 9;  // RFC 9113 §4.1
  static constexpr std::size_t kMostFrameBytes = 16384;
  static constexpr std::size_t kPriorityBytes = 5;
  static constexpr std::size_t kPrefaceBytes = 24;

  enum class Kind : std::uint8_t {
    kMore,        ///< nothing is left to take
    kPass,        ///< `bytes` of other frames
    kBegins,      ///< a block: stream(), flags(), priority()
    kGoesOn,      ///< in a CONTINUATION
    kFragment,    ///< `bytes` of the block: call took() with how many were taken before the next call
    kEnds,        ///< the block is whole
    kOutOfOrder,  ///< PROTOCOL_ERROR: another frame within a block
    kBadPadding,  ///< PROTOCOL_ERROR
    kBadSize,     ///< FRAME_SIZE_ERROR
  };
  struct Piece {
    Kind kind = Kind::kMore;
    std::string_view bytes;  // of the input, or ours until the next call
  };

  /// `unframed_bytes`: so many pass before the first frame, a client's preface.
  explicit HeaderFrames(std::size_t unframed_bytes) noexcept : passing_(unframed_bytes) {}

  /// Takes from the front of `bytes`, fragments excepted.
  [[nodiscard]] Piece next(std::string_view& bytes) noexcept;
  void took(std::string_view& bytes, std::size_t count) noexcept;

  /// Of the block that began last. `stream` without the reserved bit.
  [[nodiscard]] std::uint32_t stream() const noexcept { return stream_; }
  [[nodiscard]] bool ends_stream() const noexcept { return (flags_ & kEndStream) != 0; }
  /// As it came; empty when it has none.
  [[nodiscard]] std::string_view priority() const noexcept;

 private:
  static constexpr std::uint8_t kEndStream = 0x1;
  static constexpr std::uint8_t kEndHeaders = 0x4;
  static constexpr std::uint8_t kPadded = 0x8;
  static constexpr std::uint8_t kPriority = 0x20;
  struct Head {
    std::size_t bytes;
    std::uint8_t type;
    std::uint8_t flags;
    std::uint32_t stream;
  };
  enum class State : std::uint8_t { kFrames, kPrefix, kFragment, kPadding };

  static Head read_head(const char* at) noexcept;
  [[nodiscard]] bool is_ours(const Head& head) const noexcept;
  /// A frame's head was taken.
  [[nodiscard]] Kind begin_frame(const Head& head) noexcept;
  [[nodiscard]] Piece take_frames(std::string_view& bytes) noexcept;
  [[nodiscard]] Piece take_head(std::string_view& bytes) noexcept;
  /// Padding's length and the priority. False: more must come.
  [[nodiscard]] bool take_prefix(std::string_view& bytes) noexcept;

  State state_ = State::kFrames;
  std::size_t passing_;  // so much of a frame that is not ours is still to come
  std::array<char, kFrameHeadBytes> head_{};
  std::size_t head_used_ = 0;
  bool in_block_ = false;
  std::uint32_t stream_ = 0;
  std::uint8_t flags_ = 0;         // of HEADERS
  bool ends_block_ = false;        // with the frame that is read
  std::size_t fragment_left_ = 0;  // with the prefix, until that is read
  std::size_t padding_left_ = 0;
  std::array<char, 1 + kPriorityBytes> prefix_{};
  std::size_t prefix_used_ = 0;
  std::size_t prefix_bytes_ = 0;
};

}  // namespace gabion::proxy::http2
