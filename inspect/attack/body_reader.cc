// Decoder and signature set by media type, pieces of bounded size.
#include "inspect/attack/body_reader.h"

#include <algorithm>

#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::attack {
namespace {

using match::MatchList;
using match::ScanStatus;

constexpr std::size_t kPieceBytes = 4096;  ///< decoded at a time, so that buffers stay small
constexpr std::string_view kEdge(&kValueEdge, 1);

}  // namespace

BodyReader::BodyReader(const SignatureSets& sets) noexcept
    : sets_(sets), text_(sets.text_body().set), raw_(sets.raw_body().set) {}

void BodyReader::begin(MediaType type) noexcept {
  is_open_ = false;
  is_sniffing_ = type == MediaType::kOther;  // a server may ignore what is declared
  form_.reset();
  json_.reset();
  switch (type) {
    case MediaType::kForm:
      decoder_ = Decoder::kForm;
      places_ = kForm;
      return;
    case MediaType::kJson:
      decoder_ = Decoder::kJson;
      places_ = kJson;
      return;
    case MediaType::kOther:
      decoder_ = Decoder::kNone;
      places_ = kRaw;
      return;
  }
}

/// Skips leading blanks and a byte order mark (they match nothing) until the first byte tells.
void BodyReader::sniff(std::string_view& bytes) noexcept {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == std::string_view::npos) {
    bytes = {};
    return;
  }
  bytes.remove_prefix(first);
  is_sniffing_ = false;
  if (bytes.front() == '{' || bytes.front() == '[') {
    decoder_ = Decoder::kJson;
  }
}

/// A value begins where the body does.
ScanStatus BodyReader::open(Scratch& scratch, MatchList& matches) {
  is_open_ = true;
  return scanner().begin() == ScanStatus::kFailed ? ScanStatus::kFailed : scanner().feed(kEdge, scratch, matches);
}

void BodyReader::to_signatures(MatchList& matches) const noexcept {
  const SignatureSets::BodySet& set = places_ == kRaw ? sets_.raw_body() : sets_.text_body();
  for (match::Match& found : matches.items()) {
    found.pattern = set.ids[found.pattern];
  }
}

ScanStatus BodyReader::feed(std::string_view bytes, Scratch& scratch, MatchList& matches) {
  if (is_sniffing_) {
    sniff(bytes);
  }
  if (!is_open_ && open(scratch, matches) == ScanStatus::kFailed) {
    return ScanStatus::kFailed;
  }
  std::string& decoded = scratch.impl().decoded;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kPieceBytes, bytes.size()))) {
    std::string_view piece = bytes.substr(0, kPieceBytes);
    decoded.clear();
    if (decoder_ == Decoder::kForm) {
      form_.feed(piece, decoded);
      piece = decoded;
    } else if (decoder_ == Decoder::kJson) {
      json_.feed(piece, decoded);
      piece = decoded;
    }
    if (scanner().feed(piece, scratch, matches) == ScanStatus::kFailed) {
      return ScanStatus::kFailed;
    }
  }
  to_signatures(matches);
  return ScanStatus::kDone;
}

ScanStatus BodyReader::finish(Scratch& scratch, MatchList& matches) {
  if (!is_open_) {
    return ScanStatus::kDone;
  }
  is_open_ = false;
  std::string& decoded = scratch.impl().decoded;
  decoded.clear();
  if (decoder_ == Decoder::kForm) {
    form_.finish(decoded);
  } else if (decoder_ == Decoder::kJson) {
    json_.finish(decoded);
  }
  decoded.append(kEdge);
  if (scanner().feed(decoded, scratch, matches) == ScanStatus::kFailed ||
      scanner().finish(scratch, matches) == ScanStatus::kFailed) {
    return ScanStatus::kFailed;
  }
  to_signatures(matches);
  return ScanStatus::kDone;
}

}  // namespace gabion::inspect::attack
