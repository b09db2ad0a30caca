// Coded bodies for tests: made by the libraries themselves or by hand, and read back in pieces.
#pragma once

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/coding/body_decoder.h"
#include "inspect/coding/encoder.h"

namespace gabion::inspect::coding {

inline CodingList codings(std::initializer_list<Coding> items) {
  CodingList list;
  list.kind = CodingList::Kind::kKnown;
  for (const Coding coding : items) {
    list.codings[list.count++] = coding;
  }
  return list;
}

/// By our encoders.
inline std::string encode(const CodingList& list, std::string_view text, std::size_t piece = 1 << 20) {
  BodyEncoder encoder(list);
  std::string coded;
  const CodedSink sink = [&](std::string_view bytes) { coded.append(bytes); };
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    if (!encoder.encode(text.substr(0, piece), Flush::kNone, sink)) {
      return "the encoder failed";
    }
  }
  return encoder.encode({}, Flush::kEnd, sink) ? coded : "the encoder failed";
}

/// By zlib with its own defaults; `window` as deflateInit2 takes it: 15, 31 for gzip, -15 for raw.
inline std::string zlib_coded(std::string_view text, int window, int level = 9) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string coded(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(coded.data());
  stream.avail_out = static_cast<uInt>(coded.size());
  deflate(&stream, Z_FINISH);
  coded.resize(stream.total_out);
  deflateEnd(&stream);
  return coded;
}

/// What `text`, once and then again and again, is in br of the largest window: each piece ends on a whole byte.
inline std::vector<std::string> brotli_pieces(std::string_view text, std::size_t count, std::uint32_t window = 24,
                                              bool large = false) {
  BrotliEncoderState* state = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
  BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, 5);
  BrotliEncoderSetParameter(state, BROTLI_PARAM_LARGE_WINDOW, large ? 1 : 0);
  BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, window);
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t left = text.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(text.data());
    std::string& piece = pieces.emplace_back();
    do {
      std::size_t none = 0;
      BrotliEncoderCompressStream(state, BROTLI_OPERATION_FLUSH, &left, &next, &none, nullptr, nullptr);
      std::size_t size = 0;
      const std::uint8_t* made = BrotliEncoderTakeOutput(state, &size);
      piece.append(reinterpret_cast<const char*>(made), size);
    } while (left != 0 || BrotliEncoderHasMoreOutput(state) != 0);
  }
  BrotliEncoderDestroyInstance(state);
  return pieces;
}

/// A zstd frame of `blocks` times 128 KiB of zeros in four bytes each.
inline std::string zstd_zeros(std::size_t blocks, std::uint8_t window_log = 17) {
  std::string frame("\x28\xb5\x2f\xfd\x00", 5);
  frame.push_back(static_cast<char>((window_log - 10) << 3));
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::uint32_t header = (i + 1 == blocks ? 1U : 0U) | (1U << 1U) | ((128U * 1024U) << 3U);  // RLE
    frame.push_back(static_cast<char>(header & 0xFFU));
    frame.push_back(static_cast<char>((header >> 8U) & 0xFFU));
    frame.push_back(static_cast<char>((header >> 16U) & 0xFFU));
    frame.push_back('\0');
  }
  return frame;
}

struct Read {
  std::string text;
  DecodeError error = DecodeError::kNone;
  std::size_t most_memory = 0;
  friend bool operator==(const Read& a, const Read& b) { return a.text == b.text && a.error == b.error; }
};

/// Reads `pieces` one after another into `room` bytes at a time.
inline Read read(const CodingList& list, const std::vector<std::string_view>& pieces, std::size_t room = 16 * 1024,
                 const DecodeLimits& limits = {}) {
  BodyDecoder decoder(list, limits);
  Read result;
  std::string out(room, '\0');
  for (std::string_view piece : pieces) {
    while (!piece.empty() || decoder.has_more()) {
      const Decoder::Step step = decoder.decode(piece, out);
      piece.remove_prefix(step.consumed);
      result.text.append(out, 0, step.produced);
      result.error = step.error;
      result.most_memory = std::max(result.most_memory, decoder.memory_bytes());
      if (step.error != DecodeError::kNone) {
        return result;
      }
    }
  }
  result.error = decoder.finish();
  return result;
}

inline Read read(const CodingList& list, std::string_view coded, std::size_t room = 16 * 1024,
                 const DecodeLimits& limits = {}) {
  return read(list, std::vector<std::string_view>{coded}, room, limits);
}

}  // namespace gabion::inspect::coding
