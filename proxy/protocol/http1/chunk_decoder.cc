// Chunked bodies: see chunk_decoder.h.
#include "proxy/protocol/http1/chunk_decoder.h"

#include <algorithm>

#include "proxy/protocol/http1/field_id.h"

namespace gabion::proxy::http1 {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_token_byte(char c) noexcept {
  return is_token({&c, 1});
}

}  // namespace

bool ChunkDecoder::fail(const char* detail) noexcept {
  detail_ = detail;
  return false;
}

ChunkDecoder::Step ChunkDecoder::next(std::string_view bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (state_ == State::kData) {
      const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(size_, bytes.size() - at));
      size_ -= take;
      if (size_ == 0) {
        state_ = State::kDataCr;
      }
      return {Status::kData, at + take, take};
    }
    const State before = state_;
    if (!line_byte(bytes[at++])) {
      return {Status::kError, at, 0};
    }
    if (before == State::kSizeLf && size_ == 0) {
      return {Status::kLastChunk, at, 0};
    }
  }
  return {Status::kNeedMore, at, 0};
}

bool ChunkDecoder::line_byte(char c) noexcept {
  switch (state_) {
    case State::kDataCr:
      state_ = State::kDataLf;
      return c == '\r' || fail("chunk data is longer than its size");
    case State::kDataLf:
      state_ = State::kSizeStart;
      return c == '\n' || fail("bare CR after chunk data");
    case State::kSizeLf:
      state_ = State::kData;
      return c == '\n' || fail("bare CR in a chunk line");
    case State::kSizeStart:
      size_ = 0;
      digits_ = 0;
      line_bytes_ = 0;
      [[fallthrough]];
    case State::kSize:
      return size_byte(c);
    case State::kNameStart:
    case State::kName:
    case State::kValueStart:
    case State::kToken:
    case State::kQuoted:
    case State::kQuotedPair:
    case State::kAfterQuoted:
      return ++line_bytes_ <= kMaxLineBytes ? extension_byte(c) : fail("chunk extension too long");
    case State::kData:
      break;
  }
  return fail("chunk data where a line was expected");
}

bool ChunkDecoder::size_byte(char c) noexcept {
  if (const int digit = hex_digit(c); digit >= 0) {
    state_ = State::kSize;
    size_ = size_ << 4 | static_cast<std::uint64_t>(digit);
    return ++digits_ <= 16 || fail("chunk size has more than 16 digits");
  }
  if (state_ == State::kSizeStart) {
    return fail("chunk size is missing");
  }
  if (c == '\r') {
    state_ = State::kSizeLf;
    return true;
  }
  if (c == ';') {
    state_ = State::kNameStart;
    return true;
  }
  return fail("junk in a chunk size");
}

bool ChunkDecoder::extension_byte(char c) noexcept {
  const bool ends_line = c == '\r';
  const bool next_extension = c == ';';
  switch (state_) {
    case State::kNameStart:
      state_ = State::kName;
      return is_token_byte(c) || fail("chunk extension without a name");
    case State::kName:
      if (c == '=') {
        state_ = State::kValueStart;
        return true;
      }
      break;
    case State::kValueStart:
      state_ = c == '"' ? State::kQuoted : State::kToken;
      return c == '"' || is_token_byte(c) || fail("chunk extension without a value");
    case State::kQuoted:
      if (c == '"' || c == '\\') {
        state_ = c == '"' ? State::kAfterQuoted : State::kQuotedPair;
      }
      return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || fail("control in a quoted string");
    case State::kQuotedPair:
      state_ = State::kQuoted;
      return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || fail("control in a quoted string");
    case State::kToken:
    case State::kAfterQuoted:
      break;
    case State::kSizeStart:
    case State::kSize:
    case State::kSizeLf:
    case State::kData:
    case State::kDataCr:
    case State::kDataLf:
      return fail("not in an extension");
  }
  if (ends_line || next_extension) {
    state_ = ends_line ? State::kSizeLf : State::kNameStart;
    return true;
  }
  return (state_ != State::kAfterQuoted && is_token_byte(c)) || fail("junk in a chunk extension");
}

}  // namespace gabion::proxy::http1
