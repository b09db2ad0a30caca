// HTTP/1 from bytes to head, body pieces, end: see decoder.h.
#include "proxy/protocol/http1/decoder.h"

#include <algorithm>

#include "proxy/protocol/http1/trailers.h"

namespace gabion::proxy::http1 {
namespace {

std::string_view view_of(std::span<char> bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

/// Another protocol need not be waited out: its greeting may have no empty line at all. Asked before anything else, so
/// that the cut of the input does not choose the error.
bool can_begin_response(std::string_view bytes) noexcept {
  constexpr std::string_view kEmptyLine = "\r\n";
  constexpr std::string_view kBeginning = "HTTP/";
  const auto line = bytes.substr(0, kEmptyLine.size());
  if (line == kEmptyLine.substr(0, line.size())) {
    bytes.remove_prefix(line.size());
  }
  return bytes.substr(0, kBeginning.size()) == kBeginning.substr(0, bytes.size());
}

}  // namespace

Decoder::Step Decoder::fail(DecodeError error, const char* detail) noexcept {
  state_ = State::kFailed;
  error_ = error;
  detail_ = detail;
  return {Event::kError, 0, {}};
}

Decoder::Step Decoder::finish(std::size_t consumed) noexcept {
  state_ = State::kHead;
  head_begun_ = false;
  scanner_.reset(SectionScanner::Section::kHead);
  return {Event::kEnd, consumed, {}};
}

void Decoder::release() noexcept {
  constexpr std::size_t kLittle = 4096;
  if (kept_bytes() > kLittle) {
    parser_.release();
    std::string().swap(trailer_copy_);
    trailers_ = std::vector<inspect::HeaderField>();
  }
}

std::size_t Decoder::kept_bytes() const noexcept {
  return parser_.kept_bytes() + trailer_copy_.capacity() + trailers_.capacity() * sizeof(inspect::HeaderField);
}

Decoder::Step Decoder::next(std::span<char> bytes) {
  switch (state_) {
    case State::kHead:
      return read_head(bytes);
    case State::kFixed:
      return read_fixed(bytes);
    case State::kChunked:
      return read_chunked(bytes);
    case State::kTrailers:
      return read_trailers(bytes);
    case State::kUntilClose:
      return bytes.empty() ? Step{} : Step{Event::kBody, bytes.size(), bytes};
    case State::kEnd:
      return finish(0);
    case State::kFailed:
      break;
  }
  return {Event::kError, 0, {}};
}

Decoder::Step Decoder::read_head(std::span<char> bytes) {
  head_begun_ = head_begun_ || !bytes.empty();
  if (role_ == Role::kResponse && !can_begin_response(view_of(bytes))) {
    return fail(DecodeError::kMalformed, "does not begin with HTTP/");
  }
  switch (scanner_.scan(view_of(bytes), limits_)) {
    case SectionScanner::Status::kNeedMore:
      return {};
    case SectionScanner::Status::kError:
      return fail(scanner_.error(), scanner_.detail());
    case SectionScanner::Status::kComplete:
      break;
  }
  const std::size_t consumed = scanner_.section_bytes();
  const auto section = view_of(bytes).substr(scanner_.leading_bytes(), consumed - scanner_.leading_bytes());
  if (const auto error = parser_.parse(section, answers_head_); error != DecodeError::kNone) {
    return fail(error, parser_.detail());
  }
  trailers_.clear();
  const Head& parsed = head();
  if (role_ == Role::kResponse && parsed.status < 200 && parsed.status != 101) {
    scanner_.reset(SectionScanner::Section::kHead);
    head_begun_ = false;
    return {Event::kHead, consumed, {}};
  }
  switch (parsed.framing) {
    case Framing::kNone:
      state_ = State::kEnd;
      break;
    case Framing::kLength:
      state_ = State::kFixed;
      remaining_ = parsed.content_length;
      break;
    case Framing::kChunked:
      state_ = State::kChunked;
      chunks_.reset();
      break;
    case Framing::kUntilClose:
      state_ = State::kUntilClose;
      break;
  }
  return {Event::kHead, consumed, {}};
}

Decoder::Step Decoder::read_fixed(std::span<char> bytes) noexcept {
  if (bytes.empty()) {
    return {};
  }
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
  remaining_ -= take;
  if (remaining_ == 0) {
    state_ = State::kEnd;
  }
  return {Event::kBody, take, bytes.first(take)};
}

Decoder::Step Decoder::read_chunked(std::span<char> bytes) {
  const auto step = chunks_.next(view_of(bytes));
  switch (step.status) {
    case ChunkDecoder::Status::kNeedMore:
      return {Event::kNeedMore, step.consumed, {}};
    case ChunkDecoder::Status::kData:
      return {Event::kBody, step.consumed, bytes.subspan(step.consumed - step.data, step.data)};
    case ChunkDecoder::Status::kLastChunk: {
      state_ = State::kTrailers;
      scanner_.reset(SectionScanner::Section::kTrailers);
      Step rest = read_trailers(bytes.subspan(step.consumed));
      rest.consumed += step.consumed;
      return rest;
    }
    case ChunkDecoder::Status::kError:
      return fail(DecodeError::kMalformed, chunks_.detail());
  }
  return fail(DecodeError::kMalformed, "");
}

Decoder::Step Decoder::read_trailers(std::span<char> bytes) {
  switch (scanner_.scan(view_of(bytes), limits_)) {
    case SectionScanner::Status::kNeedMore:
      return {};
    case SectionScanner::Status::kError:
      return fail(scanner_.error(), scanner_.detail());
    case SectionScanner::Status::kComplete:
      break;
  }
  const std::size_t consumed = scanner_.section_bytes();
  trailer_copy_.assign(view_of(bytes).substr(0, consumed));
  if (!parse_trailers(trailer_copy_, trailers_)) {
    return fail(DecodeError::kMalformed, "malformed trailer field");
  }
  return finish(consumed);
}

Decoder::Event Decoder::on_eof() noexcept {
  switch (state_) {
    case State::kHead:
      if (!head_begun_) {
        return Event::kNeedMore;
      }
      break;
    case State::kUntilClose:
    case State::kEnd:
      return finish(0).event;
    case State::kFailed:
      return Event::kError;
    case State::kFixed:
    case State::kChunked:
    case State::kTrailers:
      break;
  }
  return fail(DecodeError::kTruncated, "closed in the middle of a message").event;
}

}  // namespace gabion::proxy::http1
