// HTTP/1 from bytes to head, body pieces, end: sans I/O, the same events however the input is cut.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proxy/protocol/http1/chunk_decoder.h"
#include "proxy/protocol/http1/head.h"

namespace gabion::proxy::http1 {

/// Reads one side of a connection, message after message. Never holds body bytes; holds one head.
class Decoder {
 public:
  enum class Event : std::uint8_t {
    kNeedMore,  ///< give the unconsumed bytes again with more behind them
    kHead,      ///< head() is set; for a response below 200 (but 101) the next head follows without kEnd
    kBody,      ///< `body` is a piece of the body, inside the input
    kEnd,       ///< the message is over; trailers() is set; the next byte begins another
    kError,     ///< error(), detail(); the connection cannot be used any more
  };
  struct Step {
    Event event = Event::kNeedMore;
    std::size_t consumed = 0;  ///< always to be dropped from the input's front
    std::span<char> body;
  };

  Decoder(Role role, const DecoderLimits& limits) noexcept : role_(role), limits_(limits), parser_(role) {}

  /// Handles the front of `bytes` up to one event.
  [[nodiscard]] Step next(std::span<char> bytes);
  /// The peer sent its last byte. kEnd for a body framed by close (and for an end that next() has not given yet), once;
  /// kNeedMore between messages; else kError: kTruncated, or the error there was before.
  [[nodiscard]] Event on_eof() noexcept;

  /// Responses: whether the next head answers a HEAD request.
  void expect_answer_to_head(bool head) noexcept { answers_head_ = head; }

  /// Valid from kHead to the next kHead.
  [[nodiscard]] const Head& head() const noexcept { return parser_.head(); }
  /// Valid from kEnd to the next call.
  [[nodiscard]] std::span<const inspect::HeaderField> trailers() const noexcept { return trailers_; }
  /// Between messages and no byte of the next one seen.
  [[nodiscard]] bool at_message_start() const noexcept { return state_ == State::kHead && !head_begun_; }

  /// For who waits long for the next message: gives the memory of a head and trailers back, unless it is little.
  /// head() and trailers() end here. REQUIRES: at_message_start().
  void release() noexcept;
  /// What is kept of the last message, bytes.
  [[nodiscard]] std::size_t kept_bytes() const noexcept;

  [[nodiscard]] DecodeError error() const noexcept { return error_; }
  [[nodiscard]] const char* detail() const noexcept { return detail_; }

 private:
  enum class State : std::uint8_t { kHead, kFixed, kChunked, kTrailers, kUntilClose, kEnd, kFailed };
  [[nodiscard]] Step read_head(std::span<char> bytes);
  [[nodiscard]] Step read_fixed(std::span<char> bytes) noexcept;
  [[nodiscard]] Step read_chunked(std::span<char> bytes);
  [[nodiscard]] Step read_trailers(std::span<char> bytes);
  [[nodiscard]] Step fail(DecodeError error, const char* detail) noexcept;
  [[nodiscard]] Step finish(std::size_t consumed) noexcept;

  Role role_;
  DecoderLimits limits_;
  State state_ = State::kHead;
  bool head_begun_ = false;
  bool answers_head_ = false;
  DecodeError error_ = DecodeError::kNone;
  const char* detail_ = "";
  std::uint64_t remaining_ = 0;
  SectionScanner scanner_;
  HeadParser parser_;
  ChunkDecoder chunks_;
  std::string trailer_copy_;
  std::vector<inspect::HeaderField> trailers_;
};

}  // namespace gabion::proxy::http1
