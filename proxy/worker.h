// One thread with its own loop, listeners, connections, pool and counters; it shares nothing that changes.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxy/gateway/hop_reception.h"
#include "proxy/listener.h"
#include "proxy/session/connection.h"
#include "proxy/worker_state.h"

namespace gabion::proxy {

/// Made and destroyed on the control thread; everything else happens on the worker's own thread through post().
class Worker final : private Acceptor,
                     private ConnectionOwner,
                     private HopReceptionOwner,
                     private HolderSource,
                     private Timer {
 public:
  using ListenerFds = std::vector<std::pair<config::Endpoint, int>>;  ///< owned until handed over

  /// `index` is its number in logs and metrics.
  [[nodiscard]] static config::Result<std::unique_ptr<Worker>> create(LogSinks& logs, std::size_t index,
                                                                      SharedByWorkers shared,
                                                                      std::shared_ptr<const Snapshot> snapshot);
  /// Stops and joins; connections are cut.
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Begins its thread, which first makes what its sessions will need. An error: it has ended again.
  [[nodiscard]] config::Result<void> start();

  // Thread-safe, return at once.
  /// Makes room for `snapshot` without using it; `done` is told on the worker's thread, with why not if it failed.
  void reserve(std::shared_ptr<const Snapshot> snapshot, std::function<void(std::optional<config::Error>)> done);
  /// Swaps the snapshot, for which there is room; opens `added` (descriptors are taken over), closes listeners the
  /// snapshot does not have.
  void install(std::shared_ptr<const Snapshot> snapshot, ListenerFds added);
  void drain(DrainStep step);
  /// Cuts what is left. `done` is told on the worker's thread how many connections were in the middle of a request.
  void cut(Reason reason, std::function<void(std::uint32_t)> done);
  /// Calls `take` on the worker's thread with a copy of the counters.
  void sample(std::function<void(MetricsSample)> take);

  /// The same with at most `limit` of its connections.
  void list(std::size_t limit, std::function<void(std::vector<ConnectionSummary>)> take);

  /// The same with the endpoints that it leaves alone.
  void list_ejected(std::function<void(std::vector<config::Endpoint>)> take);

  [[nodiscard]] std::uint32_t inbound_connections() const noexcept { return inbound_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t outbound_connections() const noexcept {
    return outbound_.load(std::memory_order_relaxed);
  }

 private:
  Worker(std::unique_ptr<EventLoop> loop, LogSinks& logs, std::size_t index, SharedByWorkers shared,
         std::shared_ptr<const Snapshot> snapshot);
  void on_accepted(const config::Endpoint& listen, int fd) noexcept override;
  void on_accept_failed(int error) noexcept override;
  void on_finished(Connection& connection) noexcept override;
  void on_received(HopReception& reception, std::unique_ptr<Arrived> arrived) noexcept override;
  void on_expired() noexcept override;  // once a second
  void list_holders(std::vector<HeldMemory>& held) override;
  [[nodiscard]] Reason refusal_of_connection() noexcept;
  void refuse(std::string_view listener, int fd, Reason reason, std::string_view detail = {},
              std::string_view pod = {}) noexcept;
  [[nodiscard]] std::optional<Arrived> arrive(const ListeningSocket& socket, int fd);
  [[nodiscard]] std::optional<Arrived> arrive_captured(const ListeningSocket& socket, int fd);
  [[nodiscard]] std::optional<Arrived> arrive_at_pod(const ListeningSocket& socket, int fd);
  void receive_hop(int fd);
  [[nodiscard]] std::string_view refusal_of_hop(const config::IpAddress& from) noexcept;
  void keep(Arrived arrived);
  [[nodiscard]] bool is_own_call(const ListeningSocket& socket, int fd, const config::Endpoint& original) const;
  [[nodiscard]] config::Result<void> prepare(const Snapshot& snapshot);
  void swap_snapshot(std::shared_ptr<const Snapshot> snapshot, const ListenerFds& added);
  void open_listener_at(const config::Endpoint& endpoint, int fd);
  void step_drain(DrainStep step);
  void close_listeners(inspect::Side side);
  void revalidate_all(bool new_snapshot);
  [[nodiscard]] std::atomic<std::uint32_t>& count_of(inspect::Side side) noexcept {
    return side == inspect::Side::kIngress ? inbound_ : outbound_;
  }

  std::unique_ptr<EventLoop> loop_;
  WorkerState state_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<HopReception>> receptions_;
  std::unordered_map<config::IpAddress, std::uint32_t> pending_hops_;  ///< of receptions_, by who calls
  std::atomic<std::uint32_t> inbound_{0};
  std::atomic<std::uint32_t> outbound_{0};
  std::thread thread_;
};

}  // namespace gabion::proxy
