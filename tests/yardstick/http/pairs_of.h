// Our named values in the form of the oracle's, to be compared.
#pragma once

#include <algorithm>
#include <span>

#include "inspect/http/named_values.h"
#include "oracle.h"

namespace gabion::yardstick {

[[nodiscard]] inline Pairs pairs_of(std::span<const inspect::http::NamedValue> values) {
  Pairs pairs;
  for (const auto& value : values) {
    pairs.emplace_back(value.name, value.value);
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace gabion::yardstick
