// Leads text through libzstd.
#include "inspect/coding/zstd_encoder.h"

#include <zstd.h>

#include <array>

namespace gabion::inspect::coding {
namespace {

constexpr std::size_t kPieceBytes = 8192;
constexpr int kLevel = 1;
constexpr int kWindowLog = 17;

ZSTD_EndDirective directive_of(Flush flush) noexcept {
  switch (flush) {
    case Flush::kNone:
      return ZSTD_e_continue;
    case Flush::kSync:
      return ZSTD_e_flush;
    case Flush::kEnd:
      return ZSTD_e_end;
  }
  return ZSTD_e_end;
}

class ZstdEncoder final : public Encoder {
 public:
  ZstdEncoder() noexcept : frame_(ZSTD_createCCtx()) {}
  ~ZstdEncoder() override { ZSTD_freeCCtx(frame_); }
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;

  [[nodiscard]] bool is_ready() const noexcept {
    return frame_ != nullptr && ZSTD_isError(ZSTD_CCtx_setParameter(frame_, ZSTD_c_compressionLevel, kLevel)) == 0 &&
           ZSTD_isError(ZSTD_CCtx_setParameter(frame_, ZSTD_c_windowLog, kWindowLog)) == 0;
  }

  bool encode(std::string_view text, Flush flush, const CodedSink& sink) override {
    std::array<char, kPieceBytes> piece;
    ZSTD_inBuffer given{text.data(), text.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer room{piece.data(), piece.size(), 0};
      left = ZSTD_compressStream2(frame_, &room, &given, directive_of(flush));
      if (ZSTD_isError(left) != 0) {
        return false;
      }
      if (room.pos != 0) {
        sink({piece.data(), room.pos});
      }
    } while (given.pos < given.size || (flush != Flush::kNone && left != 0));
    return true;
  }
  std::size_t memory_bytes() const noexcept override { return sizeof(*this) + ZSTD_sizeof_CCtx(frame_); }

 private:
  ZSTD_CCtx* frame_;
};

}  // namespace

std::unique_ptr<Encoder> make_zstd_encoder() {
  auto made = std::make_unique<ZstdEncoder>();
  return made->is_ready() ? std::move(made) : nullptr;
}

}  // namespace gabion::inspect::coding
