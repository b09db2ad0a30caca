// What holds of every transformation and every value; says in words what does not.
#pragma once

#include <string>
#include <string_view>

#include "inspect/waf/transform/transform.h"
#include "tests/inspect/waf/transform/naive.h"

namespace gabion::inspect::waf::transform {

/// Empty when all is well. `buffer` keeps what an earlier call left in it, as in use.
inline std::string broken_property(seclang::Transformation transformation, std::string_view value,
                                   std::string& buffer) {
  const bool changed = apply(transformation, value, buffer);
  if (changed != (buffer != value)) {
    return "the answer whether it changed is wrong";
  }
  if (changed && !may_change(transformation, classes_of(value))) {
    return "changed although its classes say that it cannot";
  }
  if (buffer.size() > 8 * value.size() + 64) {
    return "longer than promised";
  }
  const auto expected = naive::apply(transformation, value);
  if (expected.has_value() && *expected != buffer) {
    return "not what the naive form gives";
  }
  return "";
}

}  // namespace gabion::inspect::waf::transform
