// Any bytes as the beginning of a connection: one answer at every cut, and a ClientHello never read beyond its end.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/protocol/sniff/client_hello.h"
#include "proxy/protocol/sniff/first_bytes.h"

namespace {

using namespace gabion::proxy::sniff;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t kEnough = 64;
  Spoken decided = Spoken::kNeedMore;
  for (std::size_t i = 0; i <= std::min(size, 2 * kEnough); ++i) {
    const Spoken now = spoken(all.substr(0, i));
    require(decided == Spoken::kNeedMore || now == decided);
    decided = now;
    require(i < kEnough || now != Spoken::kNeedMore);
  }
  require(spoken(all) == decided);
  ClientHello hello;
  const HelloReading reading = read_client_hello(all, hello);
  require(lies_in(hello.server_name, all) && lies_in(hello.protocols, all));
  require(reading != HelloReading::kWhole || decided == Spoken::kTls);
  return 0;
}
