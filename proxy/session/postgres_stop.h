// Tells a server to stop what one of its sessions runs: a cancel request of our own, on a connection of its own.
#pragma once

#include <memory>

#include "proxy/net/send_queue.h"
#include "proxy/session/postgres_login.h"
#include "proxy/worker_state.h"

namespace gabion::proxy {

/// The server has the signal when it closes the connection: until then nothing else may be sent in the session, or that
/// would be stopped instead.
class PostgresStop {
 public:
  static constexpr std::chrono::seconds kPatience{5};

  struct Server {
    const UpstreamPlan& plan;
    const std::shared_ptr<const Snapshot>& snapshot;
    std::uint64_t identity = 0;
    const PostgresKey& key;
  };
  /// `sleeper` is woken when step() can go on. No connection may be had at once: then it is over at once.
  PostgresStop(WorkerState& worker, const Server& server, Wakeable& sleeper);
  ~PostgresStop();
  PostgresStop(const PostgresStop&) = delete;
  PostgresStop& operator=(const PostgresStop&) = delete;

  enum class Step : std::uint8_t { kGoing, kOver };
  [[nodiscard]] Step step();
  [[nodiscard]] EventLoop::Clock::time_point begun() const noexcept { return begun_; }

 private:
  [[nodiscard]] Step send();

  WorkerState& worker_;
  SendQueue out_;
  std::unique_ptr<UpstreamConnection> connection_;
  EventLoop::Clock::time_point begun_;
  bool is_asked_ = false;
};

}  // namespace gabion::proxy
