// The control thread: workers, admin port, signals, reload and drain of one running proxy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/inject/app_probes.h"
#include "config/ip_address.h"
#include "config/result.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

/// Used on one thread, which run() keeps until the end.
class Server {
 public:
  struct Options {
    std::filesystem::path config_file;
    bool handle_signals = true;  ///< SIGTERM and SIGINT drain, SIGHUP reloads, SIGUSR1 reopens logs
    /// Where the kubelet asks (docs/injection.md); none: no such port.
    std::optional<config::Endpoint> agent_listen;
    std::vector<config::inject::AppProbe> agent_probes;
  };
  /// Loads everything and binds all addresses; nothing is accepted yet. Errors as `gabion check` prints them.
  [[nodiscard]] static config::CheckedResult<std::unique_ptr<Server>> create(Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Serves until drained or told to quit. 0 when everything in flight was finished, 1 when something was cut.
  [[nodiscard]] int run();

  /// Thread-safe: as SIGTERM.
  void request_drain();
  /// Where the admin port really listens (port 0 in the configuration: the kernel's choice).
  [[nodiscard]] config::Endpoint admin_endpoint() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gabion::proxy
