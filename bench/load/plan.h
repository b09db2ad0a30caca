// A whole run as it was asked for, checked and loaded: what the workers share and nobody changes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "bench/load/request_mix.h"
#include "bench/load/target.h"
#include "bench/load/tls_client.h"

namespace gabion::bench {

/// Counts are of the whole run; a worker takes its share of each.
struct Plan {
  Target target;
  std::optional<config::IpAddress> source;  ///< of our sockets; nothing: the kernel chooses
  std::shared_ptr<const TlsSetting> tls;    ///< set for https
  RequestMix mix;
  HttpVersion version = HttpVersion::kHttp1;  ///< of the measured connections
  Exchange exchange = Exchange::kHttp;        ///< on them
  Reuse reuse = Reuse::kKeepAlive;
  std::uint32_t threads = 1;
  std::uint32_t connections = 32;
  std::uint32_t idle = 0;
  std::uint32_t slow = 0;
  std::uint64_t slow_bytes_per_second = 1024;
  std::optional<std::uint64_t> requests;  ///< counted ones after which the run ends
  std::optional<double> rate;             ///< requests a second; nothing: closed loop
  std::chrono::milliseconds duration{10'000};
  std::chrono::milliseconds warmup{0};
  std::chrono::milliseconds timeout{10'000};
};

/// The share of one of `workers` in a whole; all shares together are the whole.
[[nodiscard]] constexpr std::uint64_t share_of(std::uint64_t whole, std::uint32_t worker,
                                               std::uint32_t workers) noexcept {
  return whole / workers + (worker < whole % workers ? 1 : 0);
}

}  // namespace gabion::bench
