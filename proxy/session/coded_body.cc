// Decodes piece by piece and encodes again: see coded_body.h.
#include "proxy/session/coded_body.h"

#include <algorithm>

namespace gabion::proxy {

CodedBody::CodedBody(BufferPool& pool, const inspect::coding::CodingList& codings,
                     const inspect::coding::DecodeLimits& limits, Leaves leaves, std::size_t keep_bytes)
    : codings_(codings),
      decoder_(codings, limits),
      pending_(pool),
      original_(pool),
      keep_bytes_(keep_bytes),
      charge_(pool),
      leaves_(leaves) {
  charge();
}

void CodedBody::give(std::string_view bytes) {
  if (!is_decoding_) {
    return;
  }
  pending_.append(bytes);
  if (can_keep(bytes.size())) {
    original_.append(bytes);
  } else {
    forget_original();
  }
}

CodedBody::Step CodedBody::decode(Buffer& text, std::size_t room) {
  constexpr std::size_t kLeastRoom = 1024;
  const std::size_t most = std::clamp(room, kLeastRoom, kPieceBytes);
  const auto step = decoder_.decode(pending_.view(), text.prepare(most).first(most));
  pending_.consume(step.consumed);
  if (pending_.empty()) {
    pending_.release();
  }
  text.commit(step.produced);
  charge();
  return {step.produced, step.error};
}

inspect::coding::DecodeError CodedBody::finish() const noexcept {
  return is_decoding_ ? decoder_.finish() : inspect::coding::DecodeError::kNone;
}

void CodedBody::forget_original() noexcept {
  keeps_original_ = false;
  original_.drop();
}

CodedBody::Outcome CodedBody::begin(Leaves leaves) {
  leaves_ = leaves;
  forget_original();
  if (leaves == Leaves::kRecoded) {
    encoder_ = std::make_unique<inspect::coding::BodyEncoder>(codings_);
    charge();
    return encoder_->is_ready() ? Outcome::kOk : Outcome::kFailed;
  }
  return Outcome::kOk;
}

CodedBody::Outcome CodedBody::encode(std::string_view text, inspect::coding::Flush flush,
                                     const inspect::coding::CodedSink& sink) {
  const bool ok = encoder_->encode(text, flush, sink);
  charge();
  return ok ? Outcome::kOk : Outcome::kFailed;
}

/// What the libraries hold now, for the worker's account.
void CodedBody::charge() noexcept {
  charge_.set(decoder_.memory_bytes() + (encoder_ == nullptr ? 0 : encoder_->memory_bytes()));
}

}  // namespace gabion::proxy
