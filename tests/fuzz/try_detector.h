// What every detector of attacks holds to, for any bytes: the same answer twice, work that grows with the length only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>

namespace gabion::fuzz {

inline void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// 64 KiB of the value over and over, in CPU time that a quadratic pass would not keep.
template <class Detect>
void require_linear(std::string_view value, const Detect& detect) {
  constexpr std::size_t kLong = 64 * 1024;
  constexpr double kLimitSeconds = 1.0;  // sanitizers included, 50 times what it takes
  std::string repeated;
  while (repeated.size() < kLong) {
    repeated += value;
  }
  const std::clock_t begin = std::clock();
  const auto finding = detect(repeated);
  require(finding.found == !finding.reason.empty());
  require(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < kLimitSeconds);
}

template <class Detect>
void try_detector(const std::uint8_t* data, std::size_t size, const Detect& detect) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const auto finding = detect(value);
  require(finding.found == !finding.reason.empty());
  require(detect(std::string(value)).reason == finding.reason);
  constexpr unsigned kEvery = 256;  // repeating is slow, and most values teach nothing by it
  if (size > 0 && std::hash<std::string_view>{}(value) % kEvery == 0) {
    require_linear(value, detect);
  }
}

}  // namespace gabion::fuzz
