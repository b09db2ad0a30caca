// Leads bytes through inflate, member after member.
#include "inspect/coding/zlib_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "inspect/coding/counted_memory.h"

namespace gabion::inspect::coding {
namespace {

constexpr std::size_t kMostMemory = 256 * 1024;
constexpr int kGzipWindow = 15 + 16;  // zlib's word for "gzip wrapping"
constexpr int kZlibWindow = 15;
constexpr int kRawWindow = -15;

uInt clamp(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

/// One z_stream and what it was given.
class Inflater {
 public:
  Inflater() noexcept : memory_(kMostMemory) {
    stream_.zalloc = &CountedMemory::take_items_for;
    stream_.zfree = &CountedMemory::give_back_for;
    stream_.opaque = &memory_;
  }
  ~Inflater() {
    if (open_) {
      inflateEnd(&stream_);
    }
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  [[nodiscard]] bool open(int window) noexcept { return open_ = inflateInit2(&stream_, window) == Z_OK; }
  [[nodiscard]] bool is_open() const noexcept { return open_; }
  [[nodiscard]] bool begin_member() noexcept { return inflateReset(&stream_) == Z_OK; }
  [[nodiscard]] std::uint64_t member_text() const noexcept { return stream_.total_out; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return memory_.used_bytes(); }

  /// inflate's return code; `step` counts on.
  int run(std::string_view in, std::span<char> out, Decoder::Step& step) noexcept {
    const uInt given = clamp(in.size() - step.consumed);
    const uInt room = clamp(out.size() - step.produced);
    // zlib does not write through next_in.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data() + step.consumed));
    stream_.avail_in = given;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + step.produced);
    stream_.avail_out = room;
    const int code = inflate(&stream_, Z_SYNC_FLUSH);
    step.consumed += given - stream_.avail_in;
    step.produced += room - stream_.avail_out;
    return code;
  }

 private:
  CountedMemory memory_;
  z_stream stream_{};
  bool open_ = false;
};

DecodeError error_of(int code) noexcept {
  return code == Z_MEM_ERROR ? DecodeError::kMemory : DecodeError::kBroken;
}

class GzipDecoder final : public Decoder {
 public:
  Step decode(std::string_view in, std::span<char> out) noexcept override {
    Step step;
    if (!inflater_.is_open() && !inflater_.open(kGzipWindow)) {
      step.error = DecodeError::kMemory;
      return step;
    }
    while (step.produced < out.size()) {
      if (at_end_) {
        if (step.consumed == in.size()) {
          break;
        }
        if (!inflater_.begin_member()) {
          step.error = DecodeError::kMemory;
          break;
        }
        at_end_ = first_member_ = false;
      }
      const int code = inflater_.run(in, out, step);
      if (code == Z_STREAM_END) {
        at_end_ = true;
      } else if (code == Z_BUF_ERROR || (code == Z_OK && step.consumed == in.size() && step.produced < out.size())) {
        break;
      } else if (code != Z_OK) {
        const bool is_trailing = !first_member_ && inflater_.member_text() == 0 && code == Z_DATA_ERROR;
        step.error = is_trailing ? DecodeError::kTrailing : error_of(code);
        break;
      }
    }
    return step;
  }
  bool at_end() const noexcept override { return at_end_; }
  std::size_t memory_bytes() const noexcept override { return sizeof(*this) + inflater_.memory_bytes(); }

 private:
  Inflater inflater_;
  bool first_member_ = true;
  bool at_end_ = false;
};

class DeflateDecoder final : public Decoder {
 public:
  Step decode(std::string_view in, std::span<char> out) noexcept override {
    Step step;
    if (!inflater_.is_open() && !sniff(in, step)) {
      return step;
    }
    // The bytes that told the wrapping come first; they fit no output larger than `out` twice in a row.
    Step sniffed;
    while (taken_ < sniffed_ && sniffed.produced < out.size() && !at_end_) {
      sniffed.consumed = 0;
      const std::string_view rest(first_.data() + taken_, sniffed_ - taken_);
      if (!note(inflater_.run(rest, out, sniffed), step)) {
        return step;
      }
      taken_ += sniffed.consumed;
    }
    step.produced = sniffed.produced;
    while (taken_ == sniffed_ && step.produced < out.size() && !at_end_) {
      const int code = inflater_.run(in, out, step);
      if (code == Z_BUF_ERROR || !note(code, step) ||
          (!at_end_ && step.consumed == in.size() && step.produced < out.size())) {
        break;
      }
    }
    if (at_end_ && step.error == DecodeError::kNone && (taken_ < sniffed_ || step.consumed < in.size())) {
      step.error = DecodeError::kTrailing;
    }
    return step;
  }
  bool at_end() const noexcept override { return at_end_; }
  std::size_t memory_bytes() const noexcept override { return sizeof(*this) + inflater_.memory_bytes(); }

 private:
  /// False: more bytes are needed, or step.error is set.
  bool sniff(std::string_view in, Step& step) noexcept {
    while (sniffed_ < first_.size() && step.consumed < in.size()) {
      first_[sniffed_++] = in[step.consumed++];
    }
    if (sniffed_ < first_.size()) {
      return false;
    }
    const unsigned method = static_cast<unsigned char>(first_[0]);
    const unsigned flags = static_cast<unsigned char>(first_[1]);
    const bool is_zlib = (method & 0x0FU) == 8 && (method >> 4U) <= 7 && (method * 256 + flags) % 31 == 0;
    if (!inflater_.open(is_zlib ? kZlibWindow : kRawWindow)) {
      step.error = DecodeError::kMemory;
    }
    return inflater_.is_open();
  }

  bool note(int code, Step& step) noexcept {
    at_end_ = code == Z_STREAM_END;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      step.error = error_of(code);
    }
    return step.error == DecodeError::kNone;
  }

  Inflater inflater_;
  std::array<char, 2> first_{};
  std::size_t sniffed_ = 0;
  std::size_t taken_ = 0;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder() {
  return std::make_unique<GzipDecoder>();
}

std::unique_ptr<Decoder> make_deflate_decoder() {
  return std::make_unique<DeflateDecoder>();
}

}  // namespace gabion::inspect::coding
