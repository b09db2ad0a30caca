// Which of our cancel keys stands for which of the servers', in one table for all workers.
// It is asked at a session's start and end, and when somebody cancels.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "config/ip_address.h"
#include "proxy/session/postgres_login.h"

namespace gabion::proxy {

/// A running session, as far as a cancel is concerned.
struct PostgresCancel {
  config::Endpoint server;
  PostgresKey key;            ///< the server's
  config::Endpoint listen;    ///< where its client came in: a cancel must, too
  std::string peer_spiffe;    ///< whose session it is
  config::IpAddress address;  ///< of its client
};

/// Thread-safe. Our keys are random and not told to anybody but the session's client.
class PostgresCancels {
 public:
  static constexpr std::size_t kMost = 200'000;
  static constexpr std::size_t kShortKeyBytes = 4;  ///< all that protocol 3.0 has
  static constexpr std::size_t kLongKeyBytes = 32;  ///< 3.2 takes up to 256

  PostgresCancels() = default;
  PostgresCancels(const PostgresCancels&) = delete;
  PostgresCancels& operator=(const PostgresCancels&) = delete;

  /// False: `ours` is taken, or the table is full.
  [[nodiscard]] bool add(const PostgresKey& ours, const PostgresCancel& session);
  void remove(const PostgresKey& ours) noexcept;
  [[nodiscard]] std::optional<PostgresCancel> find(const PostgresKey& ours) const;
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, PostgresCancel> sessions_;  // by process and key; guarded by mutex_
};

}  // namespace gabion::proxy
