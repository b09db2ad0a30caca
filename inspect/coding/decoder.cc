// The one list of decoders.
#include "inspect/coding/decoder.h"

#include "inspect/coding/brotli_decoder.h"
#include "inspect/coding/zlib_decoder.h"
#include "inspect/coding/zstd_decoder.h"

namespace gabion::inspect::coding {

std::unique_ptr<Decoder> make_decoder(Coding coding) {
  switch (coding) {
    case Coding::kGzip:
      return make_gzip_decoder();
    case Coding::kDeflate:
      return make_deflate_decoder();
    case Coding::kBrotli:
      return make_brotli_decoder();
    case Coding::kZstd:
      return make_zstd_decoder();
  }
  return nullptr;
}

std::string_view to_string(DecodeError error) noexcept {
  switch (error) {
    case DecodeError::kNone:
      return "none";
    case DecodeError::kBroken:
      return "broken";
    case DecodeError::kTrailing:
      return "trailing-bytes";
    case DecodeError::kTruncated:
      return "truncated";
    case DecodeError::kWindow:
      return "window";
    case DecodeError::kMemory:
      return "memory";
    case DecodeError::kBytes:
      return "decoded-bytes";
    case DecodeError::kRatio:
      return "decoded-ratio";
  }
  return "none";
}

}  // namespace gabion::inspect::coding
