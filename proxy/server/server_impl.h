// What a running proxy consists of: server.cc starts, reloads and stops it, server_admin.cc answers for it.
// asks).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/admin/admin_server.h"
#include "proxy/admin/prometheus_text.h"
#include "proxy/server/drain.h"
#include "proxy/server/file_watch.h"
#include "proxy/server/reloader.h"
#include "proxy/server/server.h"
#include "proxy/worker.h"

namespace gabion::proxy {

/// Belongs to the control thread.
struct Server::Impl {
  explicit Impl(Options its_options)
      : options(std::move(its_options)),
        signals(io),
        look_timer(io),
        reloader(io, options.config_file,
                 {[this](std::shared_ptr<const Snapshot> loaded, Reloader::Installed done) {
                    on_loaded(std::move(loaded), std::move(done));
                  },
                  [this](const config::Errors& errors) { on_refused(errors); }}),
        drain(io) {}

  [[nodiscard]] config::CheckedResult<void> start();
  [[nodiscard]] config::Result<void> start_admin();
  [[nodiscard]] config::Result<void> start_agent();
  [[nodiscard]] AdminActions admin_actions();
  void wait_for_signal();
  void look_periodically();
  void on_loaded(std::shared_ptr<const Snapshot> loaded, Reloader::Installed done);
  [[nodiscard]] config::CheckedResult<void> install(std::shared_ptr<const Snapshot> loaded);
  void warn_of_restart(const config::ProxyConfig& fresh);
  void log_policy_problems();
  void reopen_logs();
  void on_refused(const config::Errors& errors);
  void begin_drain();
  void quit();
  void finish(int code);
  [[nodiscard]] std::vector<Worker*> borrow_workers() const;
  void collect_metrics(std::function<void(std::string)> done);
  void list_connections(std::function<void(std::string)> done);
  void list_services(std::function<void(std::string)> done);
  [[nodiscard]] ProcessFacts facts() const;
  [[nodiscard]] Readiness readiness() const;

  Options options;
  boost::asio::io_context io{1};
  boost::asio::signal_set signals;
  boost::asio::steady_timer look_timer;
  Reloader reloader;
  Drain drain;
  std::shared_ptr<const Snapshot> snapshot;
  std::unique_ptr<LogSinks> logs;
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<AdminServer> admin;
  std::unique_ptr<AdminServer> agent;
  std::unique_ptr<FileWatch> watch;
  std::chrono::system_clock::time_point start_time = std::chrono::system_clock::now();
  std::uint64_t rejected = 0;
  std::uint64_t bundle_generation = 1;
  bool serving = false;
  bool told_to_stop = false;  // by a signal
  int exit_code = 0;
};

}  // namespace gabion::proxy
