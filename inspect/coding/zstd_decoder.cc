// Leads bytes through libzstd, frame after frame.
#include "inspect/coding/zstd_decoder.h"

#include <zstd.h>
#include <zstd_errors.h>

namespace gabion::inspect::coding {
namespace {

constexpr int kMostWindowLog = 23;  // 8 MiB

/// Whether a frame of RFC 8878 may begin so (0xFD2FB528 or a skippable one, little endian). libzstd also reads older
/// formats, whose windows its limit does not bound.
bool may_begin_frame(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x28 || (byte & 0xF0U) == 0x50;
}

DecodeError error_of(ZSTD_ErrorCode code) noexcept {
  if (code == ZSTD_error_frameParameter_windowTooLarge) {
    return DecodeError::kWindow;
  }
  return code == ZSTD_error_memory_allocation ? DecodeError::kMemory : DecodeError::kBroken;
}

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() noexcept : frames_(ZSTD_createDCtx()) {}
  ~ZstdDecoder() override { ZSTD_freeDCtx(frames_); }

  [[nodiscard]] bool is_ready() const noexcept {
    return frames_ != nullptr &&
           ZSTD_isError(ZSTD_DCtx_setParameter(frames_, ZSTD_d_windowLogMax, kMostWindowLog)) == 0;
  }

  Step decode(std::string_view in, std::span<char> out) noexcept override {
    ZSTD_inBuffer given{in.data(), in.size(), 0};
    ZSTD_outBuffer room{out.data(), out.size(), 0};
    Step step;
    while (room.pos < room.size && (given.pos < given.size || may_have_more_)) {
      if (at_start_ && given.pos < given.size) {
        if (!may_begin_frame(in[given.pos])) {
          step.error = frames_ended_ ? DecodeError::kTrailing : DecodeError::kBroken;
          break;
        }
        at_start_ = false;
      }
      const std::size_t before = room.pos;
      const std::size_t left = ZSTD_decompressStream(frames_, &room, &given);
      if (ZSTD_isError(left) != 0) {
        const auto code = ZSTD_getErrorCode(left);
        const bool is_trailing = frames_ended_ && code == ZSTD_error_prefix_unknown;
        step.error = is_trailing ? DecodeError::kTrailing : error_of(code);
        break;
      }
      at_end_ = at_start_ = left == 0;
      frames_ended_ = frames_ended_ || left == 0;
      may_have_more_ = left != 0 && room.pos == room.size && room.pos != before;
    }
    step.consumed = given.pos;
    step.produced = room.pos;
    return step;
  }
  bool at_end() const noexcept override { return at_end_; }
  std::size_t memory_bytes() const noexcept override { return sizeof(*this) + ZSTD_sizeof_DCtx(frames_); }

 private:
  ZSTD_DCtx* frames_;
  bool at_start_ = true;        ///< the next byte begins a frame
  bool at_end_ = false;         ///< the last byte consumed ended a frame
  bool frames_ended_ = false;   ///< one at least
  bool may_have_more_ = false;  ///< the room was filled: text of what was consumed may be waiting
};

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder() {
  auto made = std::make_unique<ZstdDecoder>();
  return made->is_ready() ? std::move(made) : nullptr;
}

}  // namespace gabion::inspect::coding
