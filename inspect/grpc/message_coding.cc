// The decoders and encoders of content codings, a new one for each message.
#include "inspect/grpc/message_coding.h"

#include "inspect/coding/encoder.h"

namespace gabion::inspect::grpc {
namespace {

using coding::DecodeError;

constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;

coding::CodingList list_of(Encoding encoding) noexcept {
  coding::CodingList list;
  list.kind = coding::CodingList::Kind::kKnown;
  list.count = 1;
  list.codings[0] = encoding == Encoding::kGzip ? coding::Coding::kGzip : coding::Coding::kDeflate;
  return list;
}

}  // namespace

DecodeError decode_message(Encoding encoding, std::string_view bytes, const coding::DecodeLimits& limits,
                           std::string& out) {
  coding::BodyDecoder decoder(list_of(encoding), limits);
  out.clear();
  if (!decoder.is_ready()) {
    return DecodeError::kMemory;
  }
  if (bytes.empty()) {
    return DecodeError::kTruncated;
  }
  do {
    const std::size_t begin = out.size();
    out.resize(begin + kPieceBytes);
    const auto step = decoder.decode(bytes, {out.data() + begin, kPieceBytes});
    out.resize(begin + step.produced);
    bytes.remove_prefix(step.consumed);
    if (step.error != DecodeError::kNone) {
      return step.error;
    }
    if (step.consumed == 0 && step.produced == 0 && !bytes.empty()) {
      return DecodeError::kBroken;
    }
  } while (!bytes.empty() || decoder.has_more());
  return decoder.finish();
}

bool encode_message(Encoding encoding, std::string_view text, std::string& out) {
  coding::BodyEncoder encoder(list_of(encoding));
  return encoder.is_ready() &&
         encoder.encode(text, coding::Flush::kEnd, [&out](std::string_view piece) { out.append(piece); });
}

}  // namespace gabion::inspect::grpc
