// A coded body's way to text: one or two decoders behind each other, and the bounds that stop a bomb.
#pragma once

#include <cstdint>
#include <memory>

#include "inspect/coding/decoder.h"

namespace gabion::inspect::coding {

struct DecodeLimits {
  std::uint64_t bytes = 32ULL << 20U;  ///< of text; stacked codings: of either's
  std::uint32_t ratio = 100;           ///< of text to bytes that came, once kFreeBytes are out
};

/// Allocates when made and while bytes come; freed, nothing stays. Whatever the bytes say, one decode() costs no more
/// time than its input and the room in `out` allow, and ratio times its input.
class BodyDecoder {
 public:
  static constexpr std::uint64_t kFreeBytes = 1ULL << 20U;

  /// REQUIRES: codings.kind is kKnown. is_ready() false: out of memory.
  BodyDecoder(const CodingList& codings, const DecodeLimits& limits);
  [[nodiscard]] bool is_ready() const noexcept;

  /// As Decoder::decode. At kBytes and kRatio what was produced is good text; after lift_byte_limit() it goes on.
  [[nodiscard]] Decoder::Step decode(std::string_view in, std::span<char> out) noexcept;
  /// There may be text of what was consumed: decode() again before the end of the body is told.
  [[nodiscard]] bool has_more() const noexcept { return has_more_; }
  /// After the body's last byte. An empty body is an empty text.
  [[nodiscard]] DecodeError finish() const noexcept;

  void lift_byte_limit() noexcept { limits_.bytes = ~0ULL; }
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return bytes_in_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return bytes_out_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::size_t kMiddleBytes = 4096;

  [[nodiscard]] Decoder::Step run(std::string_view in, std::span<char> out) noexcept;
  [[nodiscard]] Decoder::Step run_stacked(std::string_view in, std::span<char> out) noexcept;
  [[nodiscard]] bool refill(std::string_view in, Decoder::Step& step) noexcept;
  [[nodiscard]] DecodeError over(std::uint64_t text, std::uint64_t bytes) const noexcept;

  DecodeLimits limits_;
  std::unique_ptr<Decoder> outer_;  ///< the coding applied last
  std::unique_ptr<Decoder> inner_;  ///< null: only one
  std::unique_ptr<char[]> middle_;  ///< between the two
  std::size_t middle_begin_ = 0;
  std::size_t middle_end_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_between_ = 0;
  std::uint64_t bytes_out_ = 0;
  bool outer_has_more_ = false;
  bool inner_has_more_ = false;
  bool has_more_ = false;
};

}  // namespace gabion::inspect::coding
