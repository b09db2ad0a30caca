// Leads bytes through libbrotlidec.
#include "inspect/coding/brotli_decoder.h"

#include <brotli/decode.h>

#include "inspect/coding/counted_memory.h"

namespace gabion::inspect::coding {
namespace {

constexpr std::size_t kMostMemory = 20 * 1024 * 1024;  // a window of 16 MiB, and its tables

class BrotliDecoder final : public Decoder {
 public:
  BrotliDecoder() noexcept
      : memory_(kMostMemory),
        state_(BrotliDecoderCreateInstance(&CountedMemory::take_for, &CountedMemory::give_back_for, &memory_)) {}
  ~BrotliDecoder() override {
    if (state_ != nullptr) {
      BrotliDecoderDestroyInstance(state_);
    }
  }

  [[nodiscard]] bool is_ready() const noexcept { return state_ != nullptr; }

  Step decode(std::string_view in, std::span<char> out) noexcept override {
    Step step;
    if (!at_end_) {
      step = run(in, out);
    }
    if (at_end_ && step.consumed < in.size() && step.error == DecodeError::kNone) {
      step.error = DecodeError::kTrailing;
    }
    return step;
  }
  bool at_end() const noexcept override { return at_end_; }
  std::size_t memory_bytes() const noexcept override { return sizeof(*this) + memory_.used_bytes(); }

 private:
  Step run(std::string_view in, std::span<char> out) noexcept {
    std::size_t in_left = in.size();
    std::size_t out_left = out.size();
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    auto* next_out = reinterpret_cast<std::uint8_t*>(out.data());
    Step step;
    switch (BrotliDecoderDecompressStream(state_, &in_left, &next_in, &out_left, &next_out, nullptr)) {
      case BROTLI_DECODER_RESULT_ERROR:
        step.error = is_memory_error() ? DecodeError::kMemory : DecodeError::kBroken;
        break;
      case BROTLI_DECODER_RESULT_SUCCESS:
        at_end_ = true;
        break;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        break;
    }
    step.consumed = in.size() - in_left;
    step.produced = out.size() - out_left;
    return step;
  }

  [[nodiscard]] bool is_memory_error() const noexcept {
    const auto code = BrotliDecoderGetErrorCode(state_);
    return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
  }

  CountedMemory memory_;
  BrotliDecoderState* state_;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_brotli_decoder() {
  auto made = std::make_unique<BrotliDecoder>();
  return made->is_ready() ? std::move(made) : nullptr;
}

}  // namespace gabion::inspect::coding
