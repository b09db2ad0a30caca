// Any bytes as header blocks: read as nghttp2 reads them, and the same at any cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/proxy/protocol/http2/hpack_peer.h"

namespace {

using namespace gabion::proxy::http2;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

/// Blocks behind their lengths, two bytes each; the first byte says how large the table may be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  if (input.empty()) {
    return 0;
  }
  const std::size_t table = static_cast<std::size_t>(bytes[0]) * 32;
  input.remove_prefix(1);
  HpackReader ours;
  HpackReader cut;
  HpackPeer theirs;
  ours.limit_table(table);
  cut.limit_table(table);
  theirs.limit_reading(table);
  while (input.size() > 2) {
    const std::size_t length =
        static_cast<std::size_t>(static_cast<unsigned char>(input[0])) << 8U | static_cast<unsigned char>(input[1]);
    const std::string_view block = input.substr(2, length);
    input.remove_prefix(2 + block.size());
    const auto found = read_by_ours(ours, block);
    require(found == theirs.read(block));

    HpackFields fields;
    std::string held;
    gabion::inspect::HeaderField field;
    auto step = HpackReader::Step::kEmpty;
    cut.begin_block();
    for (std::size_t at = 0; at < block.size() && step != HpackReader::Step::kBroken; ++at) {
      held += block[at];
      std::string_view rest = held;
      for (step = cut.next(rest, field); step == HpackReader::Step::kField; step = cut.next(rest, field)) {
        fields.emplace_back(field.name, field.value);
      }
      held.erase(0, held.size() - rest.size());
    }
    require(found.has_value() == (held.empty() && step != HpackReader::Step::kBroken && cut.end_block()));
    if (!found) {
      return 0;
    }
    require(*found == fields);
  }
  return 0;
}
