// Any bytes as a header of the PROXY protocol: one answer at every cut, and what is read can be written.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/protocol/proxy2/header.h"

namespace {

using namespace gabion::proxy::proxy2;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// At most `piece` bytes at a time; returns how many were taken.
std::size_t read(HeaderReader& reader, std::string_view bytes, std::size_t piece) {
  std::size_t taken = 0;
  while (taken < bytes.size() && reader.state() == HeaderReader::State::kNeedMore) {
    const auto room = reader.room();
    require(!room.empty() && taken + room.size() <= kFixedBytes + kMaxRestBytes);
    const std::size_t size = std::min({room.size(), piece, bytes.size() - taken});
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(taken), size, room.begin());
    reader.commit(size);
    taken += size;
  }
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HeaderReader whole;
  const std::size_t taken = read(whole, bytes, size);
  HeaderReader bytewise;
  read(bytewise, bytes, 1);
  require(whole.state() == bytewise.state() && whole.error() == bytewise.error());
  if (whole.state() != HeaderReader::State::kWhole) {
    return 0;
  }
  const Header& header = whole.header();
  require(!header.identity.empty() && header.source.address.is_v4() == header.destination.address.is_v4());
  require(taken <= size && bytewise.header().identity == header.identity);
  if (header.identity.size() <= 2048) {
    HeaderReader again;
    const std::string written = write_header(header);
    require(read(again, written, written.size()) == written.size() && again.state() == HeaderReader::State::kWhole &&
            again.header().source == header.source && again.header().destination == header.destination &&
            again.header().identity == header.identity);
  }
  return 0;
}
