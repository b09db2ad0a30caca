// Raw DEFLATE with the four bytes of an empty block put behind each message and taken off: see zlib_message.h.
#include "inspect/coding/zlib_message.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "inspect/coding/counted_memory.h"

namespace gabion::inspect::coding {
namespace {

constexpr std::size_t kMostMemory = 128 * 1024;
constexpr int kRawWindow = -15;  // reads what any smaller window wrote
constexpr int kLevel = 1;
constexpr int kMostWindowBits = 13;  // twice 8 KiB; with kMemoryLevel 64 KiB in all
constexpr int kLeastWindowBits = 9;  // zlib's raw DEFLATE knows no 8
constexpr int kMemoryLevel = 6;
constexpr std::array<char, 4> kTail{0x00, 0x00, static_cast<char>(0xFF), static_cast<char>(0xFF)};

uInt clamp(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

Bytef* in_place(const char* bytes) noexcept {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes));  // zlib does not write through next_in
}

void use(z_stream& stream, CountedMemory& memory) noexcept {
  stream.zalloc = &CountedMemory::take_items_for;
  stream.zfree = &CountedMemory::give_back_for;
  stream.opaque = &memory;
}

}  // namespace

struct MessageInflater::Stream {
  CountedMemory memory{kMostMemory};
  z_stream zlib{};
  bool open = false;
};

MessageInflater::MessageInflater(Takeover takeover) : stream_(std::make_unique<Stream>()), takeover_(takeover) {
  use(stream_->zlib, stream_->memory);
}

MessageInflater::~MessageInflater() {
  if (stream_->open) {
    inflateEnd(&stream_->zlib);
  }
}

Decoder::Step MessageInflater::decode(std::string_view in, std::span<char> out) noexcept {
  Decoder::Step step;
  z_stream& zlib = stream_->zlib;
  if (!stream_->open && !(stream_->open = inflateInit2(&zlib, kRawWindow) == Z_OK)) {
    step.error = DecodeError::kMemory;
    return step;
  }
  while (step.produced < out.size()) {
    const uInt given = clamp(in.size() - step.consumed);
    const uInt room = clamp(out.size() - step.produced);
    zlib.next_in = in_place(in.data() + step.consumed);
    zlib.avail_in = given;
    zlib.next_out = reinterpret_cast<Bytef*>(out.data() + step.produced);
    zlib.avail_out = room;
    const int code = inflate(&zlib, Z_SYNC_FLUSH);
    step.consumed += given - zlib.avail_in;
    step.produced += room - zlib.avail_out;
    if (code == Z_STREAM_END && inflateResetKeep(&zlib) != Z_OK) {  // BFINAL: the next block follows (§7.2.3.4)
      step.error = DecodeError::kBroken;
      return step;
    }
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      step.error = code == Z_MEM_ERROR ? DecodeError::kMemory : DecodeError::kBroken;
      return step;
    }
    if (code == Z_BUF_ERROR || (step.consumed == in.size() && (zlib.avail_out != 0 || code == Z_STREAM_END))) {
      break;
    }
  }
  return step;
}

Decoder::Step MessageInflater::finish(std::span<char> out) noexcept {
  auto step = decode({kTail.data() + tail_, kTail.size() - tail_}, out);
  tail_ += std::exchange(step.consumed, 0);
  if (step.error != DecodeError::kNone || step.produced == out.size()) {
    return step;
  }
  constexpr int kBetweenBlocks =
      128;  // zlib.h of inflate(): bit 7 right after a block's end, bits 0 to 5 are left over
  z_stream& zlib = stream_->zlib;
  if (tail_ != kTail.size() || (zlib.data_type & 7) != 0 || (zlib.data_type & kBetweenBlocks) == 0) {
    step.error = DecodeError::kTruncated;
    return step;
  }
  tail_ = 0;
  if (takeover_ == Takeover::kNone && inflateReset(&zlib) != Z_OK) {
    step.error = DecodeError::kBroken;
  }
  return step;
}

std::size_t MessageInflater::memory_bytes() const noexcept {
  return sizeof(*this) + sizeof(Stream) + stream_->memory.used_bytes();
}

struct MessageDeflater::Stream {
  CountedMemory memory{kMostMemory};
  z_stream zlib{};
  bool open = false;
};

MessageDeflater::MessageDeflater(std::unique_ptr<Stream> stream, Takeover takeover)
    : stream_(std::move(stream)), takeover_(takeover) {}

MessageDeflater::~MessageDeflater() {
  deflateEnd(&stream_->zlib);
}

std::unique_ptr<MessageDeflater> MessageDeflater::make(std::uint8_t window_bits, Takeover takeover) {
  if (window_bits < kLeastWindowBits) {
    return nullptr;
  }
  auto stream = std::make_unique<Stream>();
  use(stream->zlib, stream->memory);
  const int window = -std::min<int>(window_bits, kMostWindowBits);
  if (deflateInit2(&stream->zlib, kLevel, Z_DEFLATED, window, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return nullptr;
  }
  return std::unique_ptr<MessageDeflater>(new MessageDeflater(std::move(stream), takeover));
}

bool MessageDeflater::encode(std::string_view text, Part part, std::string& out) {
  constexpr std::size_t kPieceBytes = 4096;
  if (text.size() > std::numeric_limits<uInt>::max()) {
    return false;
  }
  std::array<char, kPieceBytes> piece;
  z_stream& zlib = stream_->zlib;
  const std::size_t before = out.size();
  zlib.next_in = in_place(text.data());
  zlib.avail_in = static_cast<uInt>(text.size());
  do {
    zlib.next_out = reinterpret_cast<Bytef*>(piece.data());
    zlib.avail_out = static_cast<uInt>(piece.size());
    if (const int code = deflate(&zlib, Z_SYNC_FLUSH); code != Z_OK && code != Z_BUF_ERROR) {
      return false;
    }
    out.append(piece.data(), piece.size() - zlib.avail_out);
  } while (zlib.avail_out == 0);
  if (part == Part::kMiddle) {
    return true;
  }
  if (out.size() - before < kTail.size()) {
    // Nothing new to flush: what is there ends in the tail that went out with an earlier piece. An empty stored block
    // without its last four bytes is one byte of zeros (RFC 7692 §7.2.3.6).
    out.push_back('\0');
  } else {
    out.resize(out.size() - kTail.size());
  }
  return takeover_ == Takeover::kKept || deflateReset(&zlib) == Z_OK;
}

std::size_t MessageDeflater::memory_bytes() const noexcept {
  return sizeof(*this) + sizeof(Stream) + stream_->memory.used_bytes();
}

}  // namespace gabion::inspect::coding
