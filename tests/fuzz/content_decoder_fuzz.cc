// Coded bodies of any bytes: the same text at every cut, within every bound; and what we encode is read back.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/coding/body_decoder.h"
#include "inspect/coding/encoder.h"

namespace {

using namespace gabion::inspect::coding;

constexpr DecodeLimits kLimits{.bytes = 2 << 20, .ratio = 100};
constexpr std::size_t kMostRoom = 16 * 1024;
constexpr std::size_t kMostMemory = 64 << 20;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Read {
  std::string text;
  DecodeError error = DecodeError::kNone;
};

Read read(const CodingList& codings, std::string_view coded, std::size_t piece, std::size_t room) {
  BodyDecoder decoder(codings, kLimits);
  require(decoder.is_ready());
  std::array<char, kMostRoom> out;
  Read result;
  while (!coded.empty() && result.error == DecodeError::kNone) {
    std::string_view fresh = coded.substr(0, piece);
    coded.remove_prefix(fresh.size());
    while ((!fresh.empty() || decoder.has_more()) && result.error == DecodeError::kNone) {
      const auto step = decoder.decode(fresh, std::span(out).first(room));
      require(step.produced <= room && step.consumed <= fresh.size());
      require(step.produced != 0 || step.consumed == fresh.size() || step.error != DecodeError::kNone);
      fresh.remove_prefix(step.consumed);
      result.text.append(out.data(), step.produced);
      result.error = step.error;
    }
    require(decoder.memory_bytes() <= kMostMemory);
  }
  result.error = result.error == DecodeError::kNone ? decoder.finish() : result.error;
  require(result.text.size() <= kLimits.bytes + room);
  require(result.text.size() <= BodyDecoder::kFreeBytes + kLimits.ratio * (decoder.bytes_in() + 1) + room);
  return result;
}

CodingList codings_of(std::uint8_t choice) {
  CodingList list;
  list.kind = CodingList::Kind::kKnown;
  list.count = (choice & 0x80U) != 0 ? 2 : 1;
  list.codings = {static_cast<Coding>(choice & 3U), static_cast<Coding>((choice >> 2U) & 3U)};
  return list;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) {
    return 0;
  }
  const CodingList codings = codings_of(data[0]);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::size_t piece = 1 + data[1] % 64;
  const std::size_t room = 1 + data[2] * 16;
  const Read whole = read(codings, bytes, bytes.size() + 1, kMostRoom);
  const Read cut = read(codings, bytes, piece, room);
  require((whole.error == DecodeError::kNone) == (cut.error == DecodeError::kNone));
  const std::size_t common = std::min(whole.text.size(), cut.text.size());
  require(whole.text.compare(0, common, cut.text, 0, common) == 0);
  require(whole.error != DecodeError::kNone || whole.text.size() == cut.text.size());

  BodyEncoder encoder(codings);
  std::string coded;
  const CodedSink sink = [&](std::string_view made) { coded.append(made); };
  require(encoder.encode(bytes.substr(0, piece), Flush::kSync, sink));
  require(encoder.encode(bytes.substr(std::min(piece, bytes.size())), Flush::kEnd, sink));
  const Read back = read(codings, coded, piece, room);
  const bool is_bound = back.error == DecodeError::kBytes || back.error == DecodeError::kRatio;
  require(is_bound || (back.error == DecodeError::kNone && back.text == bytes));
  return 0;
}
