// Chunked bodies, read to the letter of RFC 9112 §7.1: what is doubtful is an error, never a guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::proxy::http1 {

/// Sans I/O; each call consumes a stretch of at most one kind. Chunk extensions are checked and dropped.
class ChunkDecoder {
 public:
  enum class Status : std::uint8_t {
    kNeedMore,   ///< all of the input was consumed
    kData,       ///< the last `data` bytes that were consumed are body
    kLastChunk,  ///< the trailer section (at least an empty line) follows
    kError,
  };
  struct Step {
    Status status = Status::kNeedMore;
    std::size_t consumed = 0;
    std::size_t data = 0;  ///< at the end of what was consumed
  };

  void reset() noexcept { *this = ChunkDecoder(); }
  [[nodiscard]] Step next(std::string_view bytes) noexcept;
  [[nodiscard]] const char* detail() const noexcept { return detail_; }

 private:
  enum class State : std::uint8_t {
    kSizeStart,
    kSize,
    kSizeLf,
    kNameStart,
    kName,
    kValueStart,
    kToken,
    kQuoted,
    kQuotedPair,
    kAfterQuoted,
    kData,
    kDataCr,
    kDataLf,
  };
  /// One byte of a chunk's line. False: malformed.
  [[nodiscard]] bool line_byte(char c) noexcept;
  [[nodiscard]] bool size_byte(char c) noexcept;
  [[nodiscard]] bool extension_byte(char c) noexcept;
  [[nodiscard]] bool fail(const char* detail) noexcept;

  static constexpr std::uint32_t kMaxLineBytes = 1024;  // nobody's extension is longer; bounds work per data byte
  State state_ = State::kSizeStart;
  std::uint64_t size_ = 0;
  std::uint32_t digits_ = 0;
  std::uint32_t line_bytes_ = 0;
  const char* detail_ = "";
};

}  // namespace gabion::proxy::http1
