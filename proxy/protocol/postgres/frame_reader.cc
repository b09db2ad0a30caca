// One direction's messages found in its bytes: see frame_reader.h.
#include "proxy/protocol/postgres/frame_reader.h"

#include <algorithm>

#include "proxy/protocol/postgres/body_reader.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::uint32_t kNoSuchType = 0xffffffff;

/// How long a body of a type may be, how short it must not be, and how much of it must be there before it is told.
struct Shape {
  std::uint32_t least = 0;
  std::uint32_t most = 0;
  std::uint32_t need = 0;  ///< at most its length
};

constexpr Shape kEmpty{0, 0, 0};
constexpr Shape kUnknown{0, kNoSuchType, 0};

/// Whole, as short as it is.
constexpr Shape whole(std::uint32_t least, std::uint32_t most) noexcept {
  return {least, most, most};
}

constexpr Shape streamed(std::uint32_t least, std::uint32_t need = 0) noexcept {
  return {least, FrameReader::kMostBytes, need};
}

Shape client_shape(char type, std::uint32_t whole_bytes) noexcept {
  switch (type) {
    case 'Q':
      return streamed(1, whole_bytes);
    case 'P':
      return streamed(4, whole_bytes);
    case 'B':
      return streamed(8, FrameReader::kBeginBytes);
    case 'F':
      return streamed(10, 4);
    case 'd':
      return streamed(0);
    case 'C':
    case 'D':
      return whole(2, FrameReader::kMostShortBytes);
    case 'E':
      return whole(5, FrameReader::kMostShortBytes);
    case 'f':
      return whole(1, FrameReader::kMostShortBytes);
    case 'p':
      return whole(0, FrameReader::kMostPasswordBytes);
    case 'H':
    case 'S':
    case 'X':
    case 'c':
      return kEmpty;
    default:
      return kUnknown;
  }
}

Shape server_shape(char type) noexcept {
  switch (type) {
    case 'D':
    case 'd':
    case 'T':
    case 't':
    case 'A':
    case 'V':
      return streamed(0);
    case 'E':
    case 'N':
      return streamed(1, FrameReader::kErrorBytes);
    case 'R':
      return whole(4, FrameReader::kMostPasswordBytes);
    case 'S':
      return whole(2, FrameReader::kMostPasswordBytes);
    case 'v':
      return whole(8, FrameReader::kMostPasswordBytes);
    case 'K':
      return whole(8, 260);
    case 'Z':
      return whole(1, 1);
    case 'C':
    case 'G':
    case 'H':
    case 'W':
      return whole(1, FrameReader::kMostShortBytes);
    case 'I':
    case '1':
    case '2':
    case '3':
    case 'n':
    case 's':
    case 'c':
      return kEmpty;
    default:
      return kUnknown;
  }
}

}  // namespace

std::string_view to_string(FrameError error) noexcept {
  switch (error) {
    case FrameError::kNone:
      return "";
    case FrameError::kUnknownType:
      return "an unknown message type";
    case FrameError::kBadLength:
      return "a message of an impossible length";
    case FrameError::kTooLong:
      return "a message that is too long";
  }
  return "";
}

FrameReader::Step FrameReader::fail(FrameError error) noexcept {
  error_ = error;
  Step step;
  step.event = Event::kError;
  return step;
}

FrameReader::Step FrameReader::next(std::span<char> bytes) noexcept {
  if (error_ != FrameError::kNone) {
    return fail(error_);
  }
  if (rest_ == 0) {
    return begin(bytes);
  }
  Step step;
  step.type = type_;
  step.length = length_;
  if (bytes.empty()) {
    wanted_ = 1;
    return step;
  }
  step.event = Event::kPiece;
  step.body = bytes.first(std::min<std::size_t>(bytes.size(), rest_));
  step.consumed = step.body.size();
  rest_ -= static_cast<std::uint32_t>(step.body.size());
  step.ends = rest_ == 0;
  return step;
}

FrameReader::Step FrameReader::begin(std::span<char> bytes) noexcept {
  Step step;
  if (bytes.empty()) {
    wanted_ = kHeaderBytes;
    return step;
  }
  const Shape shape = sender_ == Sender::kClient ? client_shape(bytes[0], whole_bytes_) : server_shape(bytes[0]);
  if (shape.most == kNoSuchType) {
    return fail(FrameError::kUnknownType);
  }
  if (bytes.size() < kHeaderBytes) {
    wanted_ = kHeaderBytes;
    return step;
  }
  const std::uint32_t told = read_uint32(bytes.data() + 1);
  if (told < 4 || told - 4 < shape.least) {
    return fail(FrameError::kBadLength);
  }
  const std::uint32_t length = told - 4;
  if (length > shape.most) {
    return fail(shape.most < kMostShortBytes ? FrameError::kBadLength : FrameError::kTooLong);
  }
  const auto body = bytes.subspan(kHeaderBytes);
  step.type = bytes[0];
  step.length = length;
  return present(body, shape.need, step);
}

FrameReader::Step FrameReader::present(std::span<char> body, std::uint32_t bound, Step step) noexcept {
  const std::uint32_t length = step.length;
  if (body.size() >= length) {
    step.event = Event::kWhole;
    step.body = body.first(length);
    step.consumed = kHeaderBytes + length;
    return step;
  }
  // A text above the bound is not waited for: nobody will look at it.
  const bool is_text = sender_ == Sender::kClient && (step.type == 'Q' || step.type == 'P');
  const std::uint32_t need = is_text && length > bound ? 0 : std::min(length, bound);
  if (body.size() < need) {
    wanted_ = kHeaderBytes + need;
    return step;
  }
  step.event = Event::kBegin;
  step.body = body;
  step.consumed = kHeaderBytes + body.size();
  type_ = step.type;
  length_ = length;
  rest_ = length - static_cast<std::uint32_t>(body.size());
  return step;
}

}  // namespace gabion::proxy::postgres
