// How a stop proceeds: announce, close inbound, then outbound, and cut what is left at the end (mesh.md §7).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "config/proxy_config.h"
#include "proxy/worker_state.h"

namespace gabion::proxy {

class Worker;

/// Belongs to the control thread.
class Drain {
 public:
  explicit Drain(boost::asio::io_context& io) : io_(io), timer_(io) {}

  /// REQUIRES: not begun. `done` gets the number of connections that had to be cut; workers outlive it.
  void begin(std::vector<Worker*> workers, const config::DrainConfig& config, std::function<void(std::uint32_t)> done);
  [[nodiscard]] bool begun() const noexcept { return done_ != nullptr; }

 private:
  void enter(DrainStep step);
  void look();
  void note_inbound();
  /// Nobody is there, and nobody was a moment ago.
  [[nodiscard]] bool inbound_is_over() const;
  [[nodiscard]] std::uint32_t inbound() const;
  [[nodiscard]] std::uint32_t outbound() const;

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  std::vector<Worker*> workers_;
  config::DrainConfig config_;
  std::function<void(std::uint32_t)> done_;
  std::chrono::steady_clock::time_point deadline_;
  std::optional<std::chrono::steady_clock::time_point> last_inbound_;  ///< when one was seen last, since the stop
  DrainStep step_ = DrainStep::kNone;
  /// The step every worker has taken: who waited in a backlog is among its connections from then on, not before.
  DrainStep taken_ = DrainStep::kNone;
};

}  // namespace gabion::proxy
