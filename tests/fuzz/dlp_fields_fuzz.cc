// Any bytes in any format: the same text, map and places at every cut, and spans that lie in the message.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "inspect/dlp/fields/make_reader.h"
#include "tests/inspect/dlp/fields/reader_probe.h"

namespace {

using namespace gabion::inspect::dlp;

constexpr std::size_t kMaxBytes = 2048;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::unique_ptr<FieldReader> reader_of(unsigned choice) {
  if (choice < kFormatCount) {
    return make_body_reader(static_cast<Format>(choice));
  }
  return choice == kFormatCount ? make_query_reader() : make_header_reader("Cookie");
}

/// Spans follow each other, lie in the message, and a byte that stands for itself is there.
void require_map(const std::vector<ProbedByte>& bytes, std::string_view raw) {
  RawSpan last;
  for (const ProbedByte& it : bytes) {
    require(it.raw.begin < it.raw.end && it.raw.end <= raw.size());
    require(it.raw == last || it.raw.begin >= last.end);
    const char source = raw[it.raw.begin];
    require(it.raw.end - it.raw.begin > 1 || source == it.byte || source == '+');
    last = it.raw;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) {
    return 0;
  }
  const std::string_view raw(reinterpret_cast<const char*>(data) + 3, std::min(size - 3, kMaxBytes));
  ContentType type;
  type.boundary = "b";
  type.charset = (data[1] & 0x80U) != 0 ? "utf-16" : "";
  const auto reader = reader_of(data[0] % (kFormatCount + 2));
  const std::vector<ProbedByte> expected = probe(*reader, type, raw, whole());
  require_map(expected, raw);
  const std::size_t piece = 1 + data[1] % 16U;
  const auto window = (data[2] & 1U) != 0 ? Feeding::Window::kKept : Feeding::Window::kGone;
  const Feeding cut{[piece] { return piece; }, std::size_t{data[2]} / 2, window};
  require(difference(expected, probe(*reader, type, raw, cut)).empty());
  std::uint32_t state = data[1];
  const auto random = [&state] {
    state = state * 1664525U + 1013904223U;
    return std::size_t{state >> 24U} / 16;
  };
  require(difference(expected, probe(*reader, type, raw, {random, std::size_t{data[2]} / 8, window})).empty());
  return 0;
}
