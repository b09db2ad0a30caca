// Any bytes as HTTP/1 requests: one reading at any cut, never CL with TE, and heads that survive re-encoding.
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/proxy/protocol/http1/round_trip.h"

/// First byte: where to cut. Second: its lowest bit chooses small limits. The rest is the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gabion::proxy::http1;
  if (size < 2) {
    return 0;
  }
  Stream stream{.role = Role::kRequest, .bytes = std::string(data + 2, data + size)};
  if ((data[1] & 1U) != 0) {
    stream.limits = small_limits();
  }
  require_one_reading(stream, data[0]);
  return 0;
}
