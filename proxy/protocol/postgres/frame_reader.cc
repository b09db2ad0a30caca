// One direction's messages found in its bytes: see frame_reader.h.
#include "proxy/protocol/postgres/frame_reader.h"

#include <algorithm>
#include <array>

#include "proxy/protocol/postgres/body_reader.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::uint32_t kNoSuchType = 0xffffffff;  // no body is as long

using Shape = FrameReader::Shape;

constexpr Shape kEmpty{0, 0, 0};
constexpr Shape kUnknown{kNoSuchType, 0, 0};

/// Whole, as short as it is.
constexpr Shape whole(std::uint32_t least, std::uint32_t most) noexcept {
  return {least, most, most};
}

constexpr Shape streamed(std::uint32_t least, std::uint32_t need = 0) noexcept {
  return {least, FrameReader::kMostBytes, need};
}

using Shapes = std::array<Shape, 256>;  // by type

constexpr void put(Shapes& shapes, std::string_view types, const Shape& shape) noexcept {
  for (const char type : types) {
    shapes[static_cast<unsigned char>(type)] = shape;
  }
}

/// Of Q and P as much is needed as the reader is told.
constexpr Shapes client_shapes() noexcept {
  Shapes shapes;
  shapes.fill(kUnknown);
  put(shapes, "Q", streamed(1));
  put(shapes, "P", streamed(4));
  put(shapes, "B", streamed(8, FrameReader::kBeginBytes));
  put(shapes, "F", streamed(10, 4));
  put(shapes, "d", streamed(0));
  put(shapes, "CD", whole(2, FrameReader::kMostShortBytes));
  put(shapes, "E", whole(5, FrameReader::kMostShortBytes));
  put(shapes, "f", whole(1, FrameReader::kMostShortBytes));
  put(shapes, "p", whole(0, FrameReader::kMostPasswordBytes));
  put(shapes, "HSXc", kEmpty);
  return shapes;
}

constexpr Shapes server_shapes() noexcept {
  Shapes shapes;
  shapes.fill(kUnknown);
  put(shapes, "DdTtAV", streamed(0));
  put(shapes, "EN", streamed(1, FrameReader::kErrorBytes));
  put(shapes, "R", whole(4, FrameReader::kMostPasswordBytes));
  put(shapes, "S", whole(2, FrameReader::kMostPasswordBytes));
  put(shapes, "v", whole(8, FrameReader::kMostPasswordBytes));
  put(shapes, "K", whole(8, 260));
  put(shapes, "Z", whole(1, 1));
  put(shapes, "CGHW", whole(1, FrameReader::kMostShortBytes));
  put(shapes, "I123nsc", kEmpty);
  return shapes;
}

constexpr Shapes kClientShapes = client_shapes();
constexpr Shapes kServerShapes = server_shapes();

}  // namespace

FrameReader::FrameReader(Sender sender, std::uint32_t whole_bytes) noexcept
    : shapes_(sender == Sender::kClient ? kClientShapes : kServerShapes), sender_(sender), whole_bytes_(whole_bytes) {}

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

FrameReader::Step FrameReader::next_other(std::span<char> bytes) noexcept {
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

FrameReader::Run FrameReader::run_of(char type, std::span<const char> bytes, std::uint64_t most_count,
                                     std::uint64_t most_body_bytes) noexcept {
  const char* at = bytes.data();
  std::size_t left = std::min<std::size_t>(bytes.size(), kMostBytes);  // what is here cannot be too long then
  std::uint64_t body_left = most_body_bytes;
  std::uint64_t count_left = most_count;
  for (; count_left != 0 && left >= kHeaderBytes && *at == type; --count_left) {
    const std::uint64_t length = std::uint64_t{read_uint32(at + 1)} - 4;  // below 4: no length
    if (length > left - kHeaderBytes || length > body_left) {
      break;
    }
    at += kHeaderBytes + length;
    left -= kHeaderBytes + length;
    body_left -= length;
  }
  return {.bytes = static_cast<std::size_t>(at - bytes.data()),
          .count = most_count - count_left,
          .body_bytes = most_body_bytes - body_left};
}

/// What next() does not take for a whole message.
FrameReader::Step FrameReader::begin(std::span<char> bytes) noexcept {
  Step step;
  if (bytes.empty()) {
    wanted_ = kHeaderBytes;
    return step;
  }
  const auto type = static_cast<unsigned char>(bytes[0]);
  const bool is_text = sender_ == Sender::kClient && (type == 'Q' || type == 'P');
  const Shape& shape = shapes_[type];
  if (shape.least == kNoSuchType) {
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
  // A text above the bound is not waited for: nobody will look at it.
  const std::uint32_t bound = is_text ? (length > whole_bytes_ ? 0 : whole_bytes_) : shape.need;
  return present(body, std::min(length, bound), step);
}

/// Of what is not all here.
FrameReader::Step FrameReader::present(std::span<char> body, std::uint32_t need, Step step) noexcept {
  if (body.size() < need) {
    wanted_ = kHeaderBytes + need;
    return step;
  }
  step.event = Event::kBegin;
  step.body = body;
  step.consumed = kHeaderBytes + body.size();
  type_ = step.type;
  length_ = step.length;
  rest_ = step.length - static_cast<std::uint32_t>(body.size());
  return step;
}

}  // namespace gabion::proxy::postgres
