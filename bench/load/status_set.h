// Which statuses are a good answer: "200,403", "2xx", for gRPC "0,7", as the command line and mix files say it.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

#include "config/result.h"

namespace gabion::bench {

inline constexpr std::uint32_t kGrpcStatuses = 17;  ///< OK (0) to UNAUTHENTICATED (16)

/// Of HTTP's 100 to 599 and gRPC's 0 to 16: the numbers do not meet.
class StatusSet {
 public:
  [[nodiscard]] static StatusSet successes();  ///< 2xx
  [[nodiscard]] static StatusSet only(std::uint16_t status);
  /// A comma-separated list of codes and classes ("4xx"), not empty. Errors have no place.
  [[nodiscard]] static config::Result<StatusSet> parse(std::string_view list);

  /// One code or class.
  [[nodiscard]] config::Result<void> add(std::string_view word);
  [[nodiscard]] bool contains(std::uint32_t status) const noexcept { return status < kEnd && bits_[status]; }
  [[nodiscard]] bool names_grpc() const noexcept;
  [[nodiscard]] bool names_http() const noexcept;

 private:
  static constexpr std::uint16_t kEnd = 600;
  std::bitset<kEnd> bits_;
};

}  // namespace gabion::bench
