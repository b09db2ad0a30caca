// Leads text through deflate.
#include "inspect/coding/zlib_encoder.h"

#include <zlib.h>

#include <array>
#include <limits>

#include "inspect/coding/counted_memory.h"

namespace gabion::inspect::coding {
namespace {

constexpr std::size_t kMostMemory = 512 * 1024;
constexpr std::size_t kPieceBytes = 8192;
constexpr int kLevel = 1;
constexpr int kWindow = 14;      // 16 KiB: half of zlib's memory for little worse a ratio at this level
constexpr int kMemoryLevel = 7;  // likewise
constexpr int kGzipWrapping = 16;

int code_of(Flush flush) noexcept {
  switch (flush) {
    case Flush::kNone:
      return Z_NO_FLUSH;
    case Flush::kSync:
      return Z_SYNC_FLUSH;
    case Flush::kEnd:
      return Z_FINISH;
  }
  return Z_FINISH;
}

class ZlibEncoder final : public Encoder {
 public:
  explicit ZlibEncoder(int window) noexcept : memory_(kMostMemory) {
    stream_.zalloc = &CountedMemory::take_items_for;
    stream_.zfree = &CountedMemory::give_back_for;
    stream_.opaque = &memory_;
    ready_ = deflateInit2(&stream_, kLevel, Z_DEFLATED, window, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~ZlibEncoder() override {
    if (ready_) {
      deflateEnd(&stream_);
    }
  }
  ZlibEncoder(const ZlibEncoder&) = delete;
  ZlibEncoder& operator=(const ZlibEncoder&) = delete;

  [[nodiscard]] bool is_ready() const noexcept { return ready_; }

  bool encode(std::string_view text, Flush flush, const CodedSink& sink) override {
    if (text.size() > std::numeric_limits<uInt>::max()) {
      return false;
    }
    std::array<char, kPieceBytes> piece;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write through it
    stream_.avail_in = static_cast<uInt>(text.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = static_cast<uInt>(piece.size());
      if (const int code = deflate(&stream_, code_of(flush)); code == Z_STREAM_ERROR) {
        return false;
      }
      if (const std::size_t made = piece.size() - stream_.avail_out; made != 0) {
        sink({piece.data(), made});
      }
    } while (stream_.avail_out == 0);
    return stream_.avail_in == 0;
  }
  std::size_t memory_bytes() const noexcept override { return sizeof(*this) + memory_.used_bytes(); }

 private:
  CountedMemory memory_;
  z_stream stream_{};
  bool ready_ = false;
};

std::unique_ptr<Encoder> make(int window) {
  auto made = std::make_unique<ZlibEncoder>(window);
  return made->is_ready() ? std::move(made) : nullptr;
}

}  // namespace

std::unique_ptr<Encoder> make_gzip_encoder() {
  return make(kWindow + kGzipWrapping);
}

std::unique_ptr<Encoder> make_deflate_encoder() {
  return make(kWindow);
}

}  // namespace gabion::inspect::coding
