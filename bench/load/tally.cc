// What a worker counted: see tally.h.
#include "bench/load/tally.h"

#include <numeric>

namespace gabion::bench {

std::uint64_t Tally::total_errors() const noexcept {
  return std::accumulate(errors.begin(), errors.end(), std::uint64_t{0});
}

std::uint64_t Tally::attempts() const noexcept {
  return requests + total_errors() - of(Failure::kStatus);  // an unexpected status is an answer and an error
}

void Tally::merge(const Tally& other) noexcept {
  requests += other.requests;
  unfinished += other.unfinished;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    errors[i] += other.errors[i];
  }
  for (std::size_t i = 0; i < status.size(); ++i) {
    status[i] += other.status[i];
  }
  for (std::size_t i = 0; i < grpc_status.size(); ++i) {
    grpc_status[i] += other.grpc_status[i];
  }
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  connections_opened += other.connections_opened;
  handshakes += other.handshakes;
  idle_open += other.idle_open;
  slow_requests += other.slow_requests;
  slow_bytes += other.slow_bytes;
  slow_errors += other.slow_errors;
  latency.merge(other.latency);
  late.merge(other.late);
}

}  // namespace gabion::bench
