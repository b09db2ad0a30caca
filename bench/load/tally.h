// What a worker counted; the sum of all workers is the result.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "bench/load/histogram.h"
#include "bench/load/status_set.h"

namespace gabion::bench {

/// Why a request failed.
enum class Failure : std::uint8_t {
  kConnect,    ///< refused, unreachable, no local port
  kTls,        ///< the handshake failed, or the server is not who it should be
  kTimeout,    ///< not over after --timeout, connecting included
  kReset,      ///< the connection broke, or was closed before any byte of the answer
  kMalformed,  ///< not the protocol, or cut before its announced end; a WebSocket's echo that is another message
  kStatus,     ///< a whole answer whose status, or grpc-status, was not expected
};
inline constexpr std::array<std::string_view, 6> kFailureNames = {"connect", "tls",       "timeout",
                                                                  "reset",   "malformed", "status"};

/// Belongs to one worker until it ends.
struct Tally {
  std::uint64_t requests = 0;    ///< whole answers, whatever their status
  std::uint64_t unfinished = 0;  ///< begun or due, not over when time was up; in `latency` with their age
  std::array<std::uint64_t, kFailureNames.size()> errors{};
  std::array<std::uint64_t, 1000> status{};                    ///< of answers, by their three digits
  std::array<std::uint64_t, kGrpcStatuses + 1> grpc_status{};  ///< the last: numbers gRPC does not know
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t connections_opened = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t idle_open = 0;
  std::uint64_t slow_requests = 0;
  std::uint64_t slow_bytes = 0;
  std::uint64_t slow_errors = 0;
  Histogram latency;  ///< microseconds from the moment a request was due
  Histogram late;     ///< microseconds from that moment to the first byte sent; open loop

  void add(Failure failure) noexcept { ++errors[static_cast<std::size_t>(failure)]; }
  [[nodiscard]] std::uint64_t of(Failure failure) const noexcept { return errors[static_cast<std::size_t>(failure)]; }
  [[nodiscard]] std::uint64_t total_errors() const noexcept;
  /// Requests that were answered or failed.
  [[nodiscard]] std::uint64_t attempts() const noexcept;
  void add_grpc(std::uint32_t code) noexcept { ++grpc_status[code < kGrpcStatuses ? code : kGrpcStatuses]; }
  void merge(const Tally& other) noexcept;
};

}  // namespace gabion::bench
