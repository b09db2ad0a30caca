// Any bytes as compressed messages and as offers of compression: one reading at any cut, what we write read back.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "inspect/coding/zlib_message.h"
#include "proxy/protocol/websocket/deflate_terms.h"

namespace {

using namespace gabion::inspect::coding;
namespace websocket = gabion::proxy::websocket;

constexpr std::size_t kMostText = 1 << 20;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Read {
  std::string text;
  DecodeError error = DecodeError::kNone;
  bool cut = false;  ///< more text than we care for
};

Read inflate(MessageInflater& inflater, std::string_view payload, std::size_t piece, std::size_t room) {
  std::vector<char> out(room);
  Read read;
  bool more = true;
  while (more && read.error == DecodeError::kNone && !read.cut) {
    const bool ending = payload.empty();
    std::string_view fresh = payload.substr(0, piece);
    const auto step = ending ? inflater.finish(out) : inflater.decode(fresh, out);
    require(step.produced <= room && step.consumed <= fresh.size());
    require(ending || step.produced == room || step.consumed == fresh.size() || step.error != DecodeError::kNone);
    payload.remove_prefix(step.consumed);
    read.text.append(out.data(), step.produced);
    read.error = step.error;
    read.cut = read.text.size() > kMostText;
    more = !ending || step.produced == room;
  }
  require(inflater.memory_bytes() <= 64 * 1024);
  return read;
}

void require_one_reading(std::string_view first, std::string_view second, Takeover takeover, std::size_t piece) {
  MessageInflater whole(takeover);
  MessageInflater cut(takeover);
  for (const std::string_view payload : {first, second}) {
    const Read one = inflate(whole, payload, payload.size() + 1, 4096);
    const Read other = inflate(cut, payload, piece, 1 + piece * 16);
    if (one.cut || other.cut) {
      return;
    }
    require((one.error == DecodeError::kNone) == (other.error == DecodeError::kNone));
    require(one.error != DecodeError::kNone || one.text == other.text);
    if (one.error != DecodeError::kNone) {
      return;
    }
  }
}

void require_round_trip(std::string_view text, Takeover takeover, std::uint8_t window, std::size_t cut) {
  const auto deflater = MessageDeflater::make(window, takeover);
  require((deflater == nullptr) == (window < 9));
  MessageInflater inflater(takeover);
  for (int i = 0; i < 3 && deflater != nullptr; ++i) {
    std::string coded;
    require(deflater->encode(text.substr(0, cut), MessageDeflater::Part::kMiddle, coded));
    require(deflater->encode(text.substr(std::min(cut, text.size())), MessageDeflater::Part::kLast, coded));
    const Read back = inflate(inflater, coded, 1 + cut, 1000);
    require(back.error == DecodeError::kNone && back.text == text);
  }
}

}  // namespace

/// First byte: where to cut. Second: whether context is kept, and the window.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t cut = std::min<std::size_t>(data[0], bytes.size());
  const auto takeover = (data[1] & 1U) != 0 ? Takeover::kKept : Takeover::kNone;
  require_one_reading(bytes.substr(0, cut), bytes.substr(cut), takeover, 1 + data[0] % 16);
  require_round_trip(bytes, takeover, static_cast<std::uint8_t>(8 + (data[1] >> 1U) % 8), cut);
  if (const auto offers = websocket::read_offers({bytes})) {
    require(offers->size() <= websocket::kMostOffers);
    require(websocket::read_offers({websocket::to_field(*offers)}) == offers);
    [[maybe_unused]] const auto answer = websocket::read_answer({bytes}, *offers);
  }
  return 0;
}
