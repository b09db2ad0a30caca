// A body with a content coding on its way through inspection: the coded bytes, the text, and what leaves instead.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "inspect/coding/body_decoder.h"
#include "inspect/coding/encoder.h"
#include "proxy/net/buffer.h"

namespace gabion::proxy {

/// Exists only while such a body is under way; its memory counts towards limits.in_flight_bytes.
class CodedBody {
 public:
  enum class Leaves : std::uint8_t {
    kWatched,    ///< as it came, at once: nothing can be refused or changed
    kUndecided,  ///< nothing has left yet
    kText,       ///< decoded
    kRecoded,    ///< in the same codings, anew
  };
  enum class Outcome : std::uint8_t { kOk, kFailed };

  /// Keeps the bytes as they came while at most `keep_bytes` came and nothing has left.
  CodedBody(BufferPool& pool, const inspect::coding::CodingList& codings, const inspect::coding::DecodeLimits& limits,
            Leaves leaves, std::size_t keep_bytes);
  CodedBody(const CodedBody&) = delete;
  CodedBody& operator=(const CodedBody&) = delete;

  [[nodiscard]] bool is_ready() const noexcept { return decoder_.is_ready(); }
  [[nodiscard]] Leaves leaves() const noexcept { return leaves_; }

  /// Coded bytes that came.
  void give(std::string_view bytes);
  /// decode() has something to do.
  [[nodiscard]] bool has_work() const noexcept { return is_decoding_ && (!pending_.empty() || decoder_.has_more()); }
  struct Step {
    std::size_t produced = 0;
    inspect::coding::DecodeError error = inspect::coding::DecodeError::kNone;
  };
  /// One piece of text, at most `room` bytes and kPieceBytes, behind what is in `text`.
  [[nodiscard]] Step decode(Buffer& text, std::size_t room);
  [[nodiscard]] inspect::coding::DecodeError finish() const noexcept;
  [[nodiscard]] std::uint64_t text_bytes() const noexcept { return decoder_.bytes_out(); }
  /// Nothing more is decoded; what comes is forgotten. Only for what is watched.
  void stop_decoding() noexcept { is_decoding_ = false; }
  void lift_byte_limit() noexcept { decoder_.lift_byte_limit(); }

  /// All that came, while it is kept.
  [[nodiscard]] bool has_original() const noexcept { return keeps_original_; }
  [[nodiscard]] std::string_view original() const noexcept { return original_.view(); }
  [[nodiscard]] bool can_keep(std::size_t more) const noexcept {
    return keeps_original_ && original_.size() + more <= keep_bytes_;
  }
  void forget_original() noexcept;

  /// Chooses, once. The original is forgotten.
  [[nodiscard]] Outcome begin(Leaves leaves);
  /// REQUIRES: kRecoded.
  [[nodiscard]] Outcome encode(std::string_view text, inspect::coding::Flush flush,
                               const inspect::coding::CodedSink& sink);
  /// Bytes the libraries hold.
  [[nodiscard]] std::uint64_t memory_bytes() const noexcept { return charge_.bytes(); }
  /// All that it holds.
  [[nodiscard]] std::uint64_t held_bytes() const noexcept {
    return charge_.bytes() + pending_.capacity() + original_.capacity();
  }
  [[nodiscard]] bool has_unflushed() const noexcept { return encoder_ != nullptr && encoder_->has_unflushed(); }

 private:
  static constexpr std::size_t kPieceBytes = 16 * 1024;
  void charge() noexcept;

  inspect::coding::CodingList codings_;
  inspect::coding::BodyDecoder decoder_;
  std::unique_ptr<inspect::coding::BodyEncoder> encoder_;
  Buffer pending_;
  Buffer original_;
  std::size_t keep_bytes_;
  Charge charge_;  ///< what the libraries hold
  Leaves leaves_;
  bool keeps_original_ = true;
  bool is_decoding_ = true;
};

}  // namespace gabion::proxy
