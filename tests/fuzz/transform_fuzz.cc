// Any bytes through every transformation: equal to its naive form, and unchanged where the classes say so.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/inspect/waf/transform/all_transformations.h"
#include "tests/inspect/waf/transform/properties.h"

using gabion::inspect::waf::transform::broken_property;
using gabion::inspect::waf::transform::kAllTransformations;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  std::string buffer;
  for (const auto& one : kAllTransformations) {
    if (!broken_property(one.transformation, value, buffer).empty()) {
      std::abort();
    }
  }
  return 0;
}
