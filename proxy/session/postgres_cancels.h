// Which of our cancel keys stands for which of the servers', in one table for all workers.
// It is asked at a session's start and end, and when somebody cancels.
#pragma once

#include <cstddef>
#include <cstdint>
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

  PostgresCancels() = default;
  PostgresCancels(const PostgresCancels&) = delete;
  PostgresCancels& operator=(const PostgresCancels&) = delete;

  /// `random` is the number our key is made of. False: it is taken, or the table is full.
  [[nodiscard]] bool add(std::uint64_t random, const PostgresCancel& session);
  void remove(std::uint64_t random) noexcept;
  [[nodiscard]] std::optional<PostgresCancel> find(std::uint32_t process, std::string_view key) const;
  [[nodiscard]] std::size_t size() const noexcept;

  /// What the client of a session is told.
  [[nodiscard]] static PostgresKey key_of(std::uint64_t random);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, PostgresCancel> sessions_;  // guarded by mutex_
};

}  // namespace gabion::proxy
