// The one list of encoders, and how two of them follow each other.
#include "inspect/coding/encoder.h"

#include "inspect/coding/brotli_encoder.h"
#include "inspect/coding/zlib_encoder.h"
#include "inspect/coding/zstd_encoder.h"

namespace gabion::inspect::coding {

std::unique_ptr<Encoder> make_encoder(Coding coding) {
  switch (coding) {
    case Coding::kGzip:
      return make_gzip_encoder();
    case Coding::kDeflate:
      return make_deflate_encoder();
    case Coding::kBrotli:
      return make_brotli_encoder();
    case Coding::kZstd:
      return make_zstd_encoder();
  }
  return nullptr;
}

BodyEncoder::BodyEncoder(const CodingList& codings) : count_(codings.count) {
  inner_ = make_encoder(codings.items().front());
  if (count_ == 2) {
    outer_ = make_encoder(codings.items().back());
  }
}

bool BodyEncoder::is_ready() const noexcept {
  return inner_ != nullptr && (count_ < 2 || outer_ != nullptr);
}

bool BodyEncoder::encode(std::string_view text, Flush flush, const CodedSink& sink) {
  has_unflushed_ = flush == Flush::kNone && (has_unflushed_ || !text.empty());
  if (outer_ == nullptr) {
    return inner_->encode(text, flush, sink);
  }
  bool ok = true;
  const CodedSink between = [&](std::string_view coded) { ok = ok && outer_->encode(coded, Flush::kNone, sink); };
  ok = inner_->encode(text, flush, between) && ok;
  return ok && (flush == Flush::kNone || outer_->encode({}, flush, sink));
}

std::size_t BodyEncoder::memory_bytes() const noexcept {
  return sizeof(*this) + (inner_ == nullptr ? 0 : inner_->memory_bytes()) +
         (outer_ == nullptr ? 0 : outer_->memory_bytes());
}

}  // namespace gabion::inspect::coding
