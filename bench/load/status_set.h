// Which statuses are a good answer: "200,403", "2xx", as the command line and mix files say it.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

#include "config/result.h"

namespace gabion::bench {

/// Of 100 to 599.
class StatusSet {
 public:
  [[nodiscard]] static StatusSet successes();  ///< 2xx
  /// A comma-separated list of codes and classes ("4xx"), not empty. Errors have no place.
  [[nodiscard]] static config::Result<StatusSet> parse(std::string_view list);

  /// One code or class.
  [[nodiscard]] config::Result<void> add(std::string_view word);
  [[nodiscard]] bool contains(std::uint16_t status) const noexcept { return status < kEnd && bits_[status]; }

 private:
  static constexpr std::uint16_t kEnd = 600;
  std::bitset<kEnd> bits_;
};

}  // namespace gabion::bench
