// The admin port: a small HTTP server on the control thread, bounded in everything.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "config/ip_address.h"
#include "config/result.h"
#include "proxy/admin/admin_routes.h"

namespace boost::asio {
class io_context;
}

namespace gabion::proxy {

struct AdminLimits {
  std::size_t connections = 32;               ///< more are closed at once
  std::size_t connections_per_address = 32;   ///< likewise, of one client
  std::chrono::milliseconds timeout{10'000};  ///< for a whole request, for an answer, for the workers'
  std::uint64_t body_bytes = 8 * 1024;        ///< 413
  std::uint32_t header_bytes = 8 * 1024;      ///< 431
};

/// Used on the control thread only. Runs as long as the io_context does, or until stop().
class AdminServer {
 public:
  /// Listens at `listen` (port 0: the kernel picks). Borrows `io`, which must outlive the server. Errors: the address
  /// cannot be bound.
  [[nodiscard]] static config::Result<std::unique_ptr<AdminServer>> start(boost::asio::io_context& io,
                                                                          const config::Endpoint& listen,
                                                                          AdminActions actions,
                                                                          const AdminLimits& limits = {});
  /// Likewise for a port with other answers; `quit` is what kQuit calls.
  [[nodiscard]] static config::Result<std::unique_ptr<AdminServer>> start(boost::asio::io_context& io,
                                                                          const config::Endpoint& listen,
                                                                          AdminResponder responder,
                                                                          std::function<void()> quit,
                                                                          const AdminLimits& limits);
  /// As stop().
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Where it really listens.
  [[nodiscard]] config::Endpoint local_endpoint() const noexcept;

  /// Closes the listener and every connection; no action is called afterwards.
  void stop() noexcept;

 private:
  struct Impl;
  explicit AdminServer(std::shared_ptr<Impl> impl) noexcept;

  std::shared_ptr<Impl> impl_;
};

}  // namespace gabion::proxy
