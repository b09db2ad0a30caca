// A connection whose bytes nobody reads: admission, the connection to its target, both directions, the end.
#pragma once

#include <string>
#include <string_view>

#include "proxy/session/downstream.h"
#include "proxy/session/session_endpoint.h"

namespace gabion::proxy {

/// Where a connection goes and what it is judged by: a value, known when it is opened.
struct TcpTarget {
  UpstreamPlan upstream;
  inspect::ConnectionFacts facts;              ///< borrows the client's identity
  std::shared_ptr<const ServicePlan> service;  ///< not null: one of its endpoints takes the place of both
};

/// Belongs to a Connection, whose fiber steps it. The target is dialled at once: nothing is waited for from the client,
/// since in many protocols the server speaks first. FIN is handed on as FIN, a reset as a reset. See tcp_session.cc for
/// how it goes, tcp_session_end.cc for how it ends.
class TcpSession final {
 public:
  enum class Progress : std::uint8_t {
    kWait,   ///< step again after a wake
    kClose,  ///< over; both ends have said so
    kReset,  ///< over; what the client got is not all there was
  };
  struct Deadline {
    EventLoop::Clock::time_point at;
    Reason reason = Reason::kNone;
  };

  /// `down` is the connection's: its snapshot and plan are the newest when step() is called. `sleeper` is woken.
  /// `first`: what was read of the client already; it is copied.
  TcpSession(WorkerState& worker, Client& client, const Downstream& down, Wakeable& sleeper, TcpTarget target,
             std::string_view first);
  ~TcpSession();
  TcpSession(const TcpSession&) = delete;
  TcpSession& operator=(const TcpSession&) = delete;

  [[nodiscard]] Progress step();
  [[nodiscard]] Deadline deadline() const noexcept;
  /// Ends it now, with resets to both sides; an idle one in order.
  void end(Reason reason);
  /// One that deadline() told has come.
  void on_deadline(Reason reason);
  /// Once a second, and after a new snapshot. `target` (null: no new snapshot) is what the newest would open it with.
  void revalidate(std::chrono::system_clock::time_point now, const TcpTarget* target);
  /// Memory of the worker's, for whoever has to end the largest.
  [[nodiscard]] std::uint64_t held_bytes() const noexcept;
  [[nodiscard]] EventLoop::Clock::time_point moved_at() const noexcept { return last_move_; }
  [[nodiscard]] bool busy() const noexcept { return phase_ != Phase::kOver; }

 private:
  enum class Phase : std::uint8_t {
    kAdmitting,
    kWaiting,     ///< for a place below limits.upstreamConnections
    kConnecting,  ///< to the target
    kTalking,
    kOver,
  };
  /// One direction.
  struct Lane {
    Lane(BufferPool& pool, std::size_t limit_bytes) : queue(pool, limit_bytes) {}
    SendQueue queue;
    std::uint64_t bytes = 0;   // read from its source
    bool has_ended = false;    // its source has said FIN
    bool is_finished = false;  // and so have we
  };
  /// Whose connection broke.
  enum class End : std::uint8_t { kClient, kServer };

  // How it goes: tcp_session.cc.
  [[nodiscard]] bool advance();
  [[nodiscard]] bool admit();
  void go_to_endpoint();
  [[nodiscard]] bool dial();
  [[nodiscard]] bool connect();
  [[nodiscard]] bool connect_elsewhere();
  void on_connected();
  [[nodiscard]] bool talk();
  [[nodiscard]] bool fill(Lane& lane, Transport& from, End source);
  [[nodiscard]] bool drain(Lane& lane, Transport& to, End sink);
  void rest() noexcept;
  [[nodiscard]] bool is_reset(Transport& end, const Lane& towards_it) const noexcept;

  // How it ends: tcp_session_end.cc.
  void on_broken(End whose);
  void deny(inspect::Verdict verdict);
  void finish(Reason reason, std::string_view detail, Progress outcome);
  void release_server(Progress outcome) noexcept;
  [[nodiscard]] bool is_server_trusted(std::chrono::system_clock::time_point now) const noexcept;
  [[nodiscard]] const EndpointPlan* endpoint_of(const TcpTarget& target) const noexcept;
  [[nodiscard]] bool fits(const TcpTarget& target) const noexcept;
  void tell_progress(std::string_view flags);
  void record();

  WorkerState& worker_;
  Client& client_;
  const Downstream& down_;
  Wakeable& sleeper_;
  TcpTarget target_;
  Phase phase_ = Phase::kAdmitting;
  Lane to_server_;
  Lane to_client_;
  std::unique_ptr<UpstreamConnection> server_;
  std::string server_spiffe_;
  SessionEndpoint endpoint_;  // of target_.service

  std::shared_ptr<const Snapshot> judged_under_;  // verdict_ views it
  inspect::Verdict verdict_;
  Reason reason_ = Reason::kNone;
  std::string detail_;
  Progress outcome_ = Progress::kWait;
  EventLoop::Clock::time_point start_;
  std::chrono::system_clock::time_point start_wall_;
  EventLoop::Clock::time_point since_;  // of the phase
  EventLoop::Clock::time_point last_move_;
  TcpTotals told_;  // to the metrics
};

}  // namespace gabion::proxy
