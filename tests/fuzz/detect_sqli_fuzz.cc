// Looking for SQL in any bytes.
#include "inspect/sqli/detect.h"
#include "tests/fuzz/try_detector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gabion::fuzz::try_detector(data, size, [](std::string_view value) { return gabion::inspect::sqli::detect(value); });
  return 0;
}
