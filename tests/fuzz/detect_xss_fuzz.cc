// Looking for script in any bytes.
#include "inspect/xss/detect.h"
#include "tests/fuzz/try_detector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gabion::fuzz::try_detector(data, size, [](std::string_view value) { return gabion::inspect::xss::detect(value); });
  return 0;
}
