// Feeds one decoder from the other through a small buffer and counts what comes out of each.
#include "inspect/coding/body_decoder.h"

namespace gabion::inspect::coding {

BodyDecoder::BodyDecoder(const CodingList& codings, const DecodeLimits& limits) : limits_(limits) {
  const auto items = codings.items();
  outer_ = make_decoder(items.back());
  if (items.size() == 2) {
    inner_ = make_decoder(items.front());
    middle_ = std::make_unique<char[]>(kMiddleBytes);
  }
}

bool BodyDecoder::is_ready() const noexcept {
  return outer_ != nullptr && (middle_ == nullptr || inner_ != nullptr);
}

Decoder::Step BodyDecoder::decode(std::string_view in, std::span<char> out) noexcept {
  Decoder::Step step = inner_ == nullptr ? run(in, out) : run_stacked(in, out);
  bytes_out_ += step.produced;
  const bool goes_on = step.error == DecodeError::kNone || step.error == DecodeError::kBytes;
  has_more_ = goes_on && (step.produced == out.size() || middle_begin_ != middle_end_ || outer_has_more_);
  if (step.error == DecodeError::kNone) {
    step.error = over(bytes_out_, bytes_in_);
  }
  return step;
}

Decoder::Step BodyDecoder::run(std::string_view in, std::span<char> out) noexcept {
  const Decoder::Step step = outer_->decode(in, out);
  bytes_in_ += step.consumed;
  return step;
}

Decoder::Step BodyDecoder::run_stacked(std::string_view in, std::span<char> out) noexcept {
  Decoder::Step step;
  while (step.produced < out.size() && step.error == DecodeError::kNone) {
    if (middle_begin_ == middle_end_ && !inner_has_more_ && !refill(in, step)) {
      break;
    }
    const auto inner =
        inner_->decode({middle_.get() + middle_begin_, middle_end_ - middle_begin_}, out.subspan(step.produced));
    middle_begin_ += inner.consumed;
    step.produced += inner.produced;
    inner_has_more_ = step.produced == out.size();
    step.error = step.error == DecodeError::kNone ? inner.error : step.error;
  }
  return step;
}

/// The outer decoder's next bytes into the empty middle. False: there are none now.
bool BodyDecoder::refill(std::string_view in, Decoder::Step& step) noexcept {
  if (step.consumed == in.size() && !outer_has_more_) {
    return false;
  }
  const auto outer = outer_->decode(in.substr(step.consumed), {middle_.get(), kMiddleBytes});
  step.consumed += outer.consumed;
  bytes_in_ += outer.consumed;
  bytes_between_ += outer.produced;
  middle_begin_ = 0;
  middle_end_ = outer.produced;
  outer_has_more_ = outer.produced == kMiddleBytes;
  step.error = outer.error == DecodeError::kNone ? over(bytes_between_, bytes_in_) : outer.error;
  return outer.produced != 0 && step.error == DecodeError::kNone;
}

DecodeError BodyDecoder::over(std::uint64_t text, std::uint64_t bytes) const noexcept {
  if (text > kFreeBytes && text / limits_.ratio > bytes) {
    return DecodeError::kRatio;
  }
  return text > limits_.bytes ? DecodeError::kBytes : DecodeError::kNone;
}

DecodeError BodyDecoder::finish() const noexcept {
  const bool is_whole = outer_->at_end() && (inner_ == nullptr || inner_->at_end());
  return is_whole || bytes_in_ == 0 ? DecodeError::kNone : DecodeError::kTruncated;
}

std::size_t BodyDecoder::memory_bytes() const noexcept {
  return sizeof(*this) + (outer_ == nullptr ? 0 : outer_->memory_bytes()) +
         (inner_ == nullptr ? 0 : inner_->memory_bytes()) + (middle_ == nullptr ? 0 : kMiddleBytes);
}

}  // namespace gabion::inspect::coding
