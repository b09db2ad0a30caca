// Leads text through libbrotlienc.
#include "inspect/coding/brotli_encoder.h"

#include <brotli/encode.h>

#include "inspect/coding/counted_memory.h"

namespace gabion::inspect::coding {
namespace {

constexpr std::size_t kMostMemory = 4 * 1024 * 1024;
constexpr std::size_t kPieceBytes = 8192;
constexpr std::uint32_t kQuality = 1;
constexpr std::uint32_t kWindow = 16;

BrotliEncoderOperation operation_of(Flush flush) noexcept {
  switch (flush) {
    case Flush::kNone:
      return BROTLI_OPERATION_PROCESS;
    case Flush::kSync:
      return BROTLI_OPERATION_FLUSH;
    case Flush::kEnd:
      return BROTLI_OPERATION_FINISH;
  }
  return BROTLI_OPERATION_FINISH;
}

class BrotliEncoder final : public Encoder {
 public:
  BrotliEncoder() noexcept
      : memory_(kMostMemory),
        state_(BrotliEncoderCreateInstance(&CountedMemory::take_for, &CountedMemory::give_back_for, &memory_)) {}
  ~BrotliEncoder() override {
    if (state_ != nullptr) {
      BrotliEncoderDestroyInstance(state_);
    }
  }
  BrotliEncoder(const BrotliEncoder&) = delete;
  BrotliEncoder& operator=(const BrotliEncoder&) = delete;

  [[nodiscard]] bool is_ready() const noexcept {
    return state_ != nullptr && BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kQuality) != BROTLI_FALSE &&
           BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kWindow) != BROTLI_FALSE;
  }

  bool encode(std::string_view text, Flush flush, const CodedSink& sink) override {
    std::size_t left = text.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(text.data());
    do {
      std::size_t no_room = 0;  // what was made is taken below, without a copy
      if (BrotliEncoderCompressStream(state_, operation_of(flush), &left, &next, &no_room, nullptr, nullptr) ==
          BROTLI_FALSE) {
        return false;
      }
      take(sink);
    } while (left != 0 || BrotliEncoderHasMoreOutput(state_) != BROTLI_FALSE ||
             (flush == Flush::kEnd && BrotliEncoderIsFinished(state_) == BROTLI_FALSE));
    return true;
  }
  std::size_t memory_bytes() const noexcept override { return sizeof(*this) + memory_.used_bytes(); }

 private:
  void take(const CodedSink& sink) {
    while (BrotliEncoderHasMoreOutput(state_) != BROTLI_FALSE) {
      std::size_t size = kPieceBytes;
      const auto* piece = reinterpret_cast<const char*>(BrotliEncoderTakeOutput(state_, &size));
      if (size == 0) {
        return;
      }
      sink({piece, size});
    }
  }

  CountedMemory memory_;
  BrotliEncoderState* state_;
};

}  // namespace

std::unique_ptr<Encoder> make_brotli_encoder() {
  auto made = std::make_unique<BrotliEncoder>();
  return made->is_ready() ? std::move(made) : nullptr;
}

}  // namespace gabion::inspect::coding
