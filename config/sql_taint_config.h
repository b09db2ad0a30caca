// `inspection.sqlTaint`: how request values are kept to be looked for in SQL statements.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gabion::config {

/// Counts only where some listener of this process speaks SQL; nothing is collected elsewhere.
struct SqlTaintConfig {
  std::uint32_t min_length = 5;                   ///< bytes of a value, trimmed; shorter ones are not looked for
  std::uint32_t values = 64;                      ///< of a request
  std::uint32_t request_bytes = 64U * 1024;       ///< of a request's values, and of its body that is read
  std::uint32_t memory_bytes = 8U * 1024 * 1024;  ///< of the values of all requests
  std::chrono::milliseconds grace{2'000};         ///< values are looked for so long after their request has ended
  /// Fields whose values count, in lower case; cookies always do.
  std::vector<std::string> headers{"user-agent", "referer", "x-forwarded-for"};

  friend bool operator==(const SqlTaintConfig&, const SqlTaintConfig&) = default;
};

}  // namespace gabion::config
