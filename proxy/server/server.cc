// The control thread: see server.h.
#include "proxy/server/server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <numeric>
#include <optional>
#include <utility>

#include "config/exposure.h"
#include "config/key_place.h"
#include "inspect/dlp/redact.h"
#include "proxy/gateway/route_checks.h"
#include "proxy/interception/noted_marks.h"
#include "proxy/server/ask_workers.h"
#include "proxy/server/bound_listeners.h"
#include "proxy/server/machine.h"
#include "proxy/server/memory.h"
#include "proxy/server/server_impl.h"

namespace gabion::proxy {
namespace {

constexpr auto kPeriodicLook = std::chrono::seconds(60);  // mesh.md §2: should an inotify event be lost

std::uint32_t worker_count(const config::ProxyConfig& config) {
  return config.workers != 0 ? config.workers : usable_processors();
}

}  // namespace

config::CheckedResult<void> Server::Impl::start() {
  raise_descriptor_limit();
  if (options.handle_signals) {  // from the first moment: what comes while we compile waits for run()
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
      signals.add(number);
    }
  }
  auto loaded = reloader.load_first();
  if (loaded.has_error()) {
    return loaded.error();
  }
  snapshot = std::move(*loaded);
  const auto& config = snapshot->config;
  auto opened = LogSinks::open(config.log, config.limits.audit_queue);
  if (opened.has_error()) {
    return config::Errors{opened.error()};
  }
  logs = std::move(*opened);
  const auto rules = interception::look_at_marks(config);
  if (rules.refusal) {
    return config::Errors{*rules.refusal};
  }
  if (rules.warning) {
    logs->log(config::LogLevel::kWarn, "interception", {{"warning", *rules.warning}});
  }
  if (!inspect::dlp::prepare_redaction()) {  // before a worker needs it
    return config::Errors{{"what logs are searched for does not compile", ""}};
  }
  BoundListeners bound(worker_count(config));
  for (const auto& listener : snapshot->sockets) {
    if (const auto added = bound.add(listener); added.has_error()) {
      return config::Errors{added.error()};
    }
  }
  const SharedByWorkers shared{std::make_shared<PostgresCancels>(), std::make_shared<OwnDials>(bound.workers()),
                               std::make_shared<LongTextReaders>()};
  for (std::size_t i = 0; i < bound.workers(); ++i) {
    auto worker = Worker::create(*logs, i, shared, snapshot);
    if (worker.has_error()) {
      return config::Errors{worker.error()};
    }
    (*worker)->install(snapshot, bound.take(i));
    workers.push_back(std::move(*worker));
  }
  if (const auto started = start_admin(); started.has_error()) {
    return config::Errors{started.error()};
  }
  return {};
}

config::Result<void> Server::Impl::start_admin() {
  auto started = AdminServer::start(io, snapshot->config.admin.listen, admin_actions());
  if (started.has_error()) {
    return started.error();
  }
  admin = std::move(*started);
  if (const auto asked = start_agent(); asked.has_error()) {
    return asked.error();
  }
  auto watching = FileWatch::create(io, [this] { reloader.request(Reloader::When::kIfChanged); });
  if (watching.has_error()) {
    return watching.error();
  }
  watch = std::move(*watching);
  watch->watch(reloader.folders());
  reloader.request(Reloader::When::kIfChanged);  // since the first reading
  return {};
}

std::vector<Worker*> Server::Impl::borrow_workers() const {
  std::vector<Worker*> borrowed;
  for (const auto& worker : workers) {
    borrowed.push_back(worker.get());
  }
  return borrowed;
}

/// A snapshot is taken by all workers or by none: each makes room for it first.
void Server::Impl::on_loaded(std::shared_ptr<const Snapshot> loaded, Reloader::Installed done) {
  using Failure = std::optional<config::Error>;
  ask_workers<Failure>(
      io, borrow_workers(), [loaded](Worker& worker, auto take) { worker.reserve(loaded, std::move(take)); },
      [this, loaded, done = std::move(done)](const std::vector<Failure>& failures) {
        const auto failed =
            std::find_if(failures.begin(), failures.end(), [](const Failure& failure) { return failure.has_value(); });
        done(failed != failures.end() ? config::Errors{**failed} : install(loaded));
      });
}

void Server::Impl::warn_of_restart(const config::ProxyConfig& fresh) {
  const auto& old = snapshot->config;
  if (fresh.admin.listen != old.admin.listen || fresh.workers != old.workers || fresh.log.access != old.log.access ||
      fresh.log.audit != old.log.audit || fresh.limits.audit_queue != old.limits.audit_queue) {
    logs->log(config::LogLevel::kWarn,
              "admin.listen, workers, log.access, log.audit and limits.auditQueue change at a restart only");
  }
}

config::CheckedResult<void> Server::Impl::install(std::shared_ptr<const Snapshot> loaded) {
  if (loaded->config.capture.mark != snapshot->config.capture.mark) {  // the rules were asked about the first one
    return config::Errors{{"changes at a restart only", config::place_of_key(options.config_file, "capture.mark")}};
  }
  BoundListeners bound(workers.size());
  for (const auto& listener : loaded->sockets) {
    const auto* open = snapshot->socket_at(listener.listen);
    if (open != nullptr && open->mode != listener.mode) {
      return config::Errors{{"the mode of a capture changes at a restart only", listener.listen.to_string()}};
    }
    if (drain.begun() || open != nullptr) {
      continue;  // a stop opens nothing new
    }
    if (const auto added = bound.add(listener); added.has_error()) {
      return config::Errors{added.error()};
    }
  }
  warn_of_restart(loaded->config);
  const bool had_bundle = snapshot->tls != nullptr;
  const bool has_bundle = loaded->tls != nullptr;
  if (had_bundle != has_bundle ||
      (has_bundle && snapshot->tls->material().bundle_fingerprint != loaded->tls->material().bundle_fingerprint)) {
    ++bundle_generation;
  }
  if (loaded->config.log.level != snapshot->config.log.level) {
    logs->set_level(loaded->config.log.level);
  }
  const bool completes = snapshot->inspection->is_provisional() && !loaded->inspection->is_provisional();
  snapshot = std::move(loaded);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i]->install(snapshot, bound.take(i));
  }
  watch->watch(reloader.folders());
  logs->log(config::LogLevel::kInfo, "configuration loaded", {{"generation", std::to_string(snapshot->generation)}});
  if (completes) {
    logs->log(config::LogLevel::kInfo, "pattern databases complete");
  }
  log_policy_problems();
  return {};
}

void Server::Impl::log_policy_problems() {
  if (snapshot->config.gateway) {
    for (const auto& impossible : routes_that_cannot_hold(*snapshot)) {
      logs->log(config::LogLevel::kError, "a route cannot be followed: calls by it to such a pod are closed",
                {{"error", impossible.to_string()}});
    }
  }
  for (const auto& refusal : snapshot->inspection->policy_refusals()) {
    logs->log(config::LogLevel::kError, "a policy cannot be read: what it selects is closed",
              {{"error", refusal.to_string()}});
  }
  for (const auto& warning : snapshot->inspection->policy_warnings()) {
    logs->log(config::LogLevel::kWarn, "policy", {{"warning", warning.to_string()}});
  }
}

void Server::Impl::on_refused(const config::Errors& errors) {
  ++rejected;
  watch->watch(reloader.folders());  // those of what was refused: it may be mended there
  for (const auto& error : errors) {
    logs->log(config::LogLevel::kError, "configuration refused, the last good one stays in force",
              {{"error", error.to_string()}});
  }
}

void Server::Impl::wait_for_signal() {
  signals.async_wait([this](boost::system::error_code error, int number) {
    if (error) {
      return;
    }
    if (number == SIGHUP) {
      reloader.request(Reloader::When::kAlways);
    } else if (number == SIGUSR1) {
      reopen_logs();
    } else if (std::exchange(told_to_stop, true)) {
      finish(1);  // asked twice: at once
    } else {
      begin_drain();  // or goes on: a preStop hook's POST /drain is followed by the kubelet's SIGTERM
    }
    wait_for_signal();
  });
}

void Server::Impl::reopen_logs() {
  for (const auto& error : logs->reopen()) {
    logs->log(config::LogLevel::kError, "a log cannot be opened again, the file before is written on",
              {{"error", error.to_string()}});
  }
  logs->log(config::LogLevel::kInfo, "logs opened again");
}

void Server::Impl::look_periodically() {
  look_timer.expires_after(kPeriodicLook);
  look_timer.async_wait([this](boost::system::error_code error) {
    if (!error) {
      watch->renew();
      reloader.request(Reloader::When::kIfChangedOrRefused);
      look_periodically();
    }
  });
}

void Server::Impl::begin_drain() {
  if (drain.begun()) {
    return;
  }
  logs->log(config::LogLevel::kInfo, "draining");
  drain.begin(borrow_workers(), snapshot->config.drain, [this](std::uint32_t cut) {
    logs->log(config::LogLevel::kInfo, "drained", {{"cut_connections", std::to_string(cut)}});
    finish(cut == 0 ? 0 : 1);
  });
}

/// At once, but not in silence: what is cut is logged, and the exit status tells of it.
void Server::Impl::quit() {
  ask_workers<std::uint32_t>(
      io, borrow_workers(), [](Worker& worker, auto take) { worker.cut(Reason::kDrained, std::move(take)); },
      [this](const std::vector<std::uint32_t>& busy) {
        finish(std::accumulate(busy.begin(), busy.end(), 0U) == 0 ? 0 : 1);
      });
}

void Server::Impl::finish(int code) {
  exit_code = code;
  io.stop();
}

Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

Server::~Server() {
  if (impl_->watch) {
    impl_->watch->stop();
  }
  impl_->reloader.stop();
  impl_->agent.reset();
  impl_->admin.reset();
  impl_->workers.clear();
}

config::CheckedResult<std::unique_ptr<Server>> Server::create(Options options) {
  std::unique_ptr<Server> server(new Server(std::make_unique<Impl>(std::move(options))));
  if (const auto started = server->impl_->start(); started.has_error()) {
    return started.error();
  }
  return server;
}

int Server::run() {
  std::signal(SIGPIPE, SIG_IGN);
  if (impl_->options.handle_signals) {
    impl_->wait_for_signal();
  }
  impl_->look_periodically();
  for (const auto& worker : impl_->workers) {
    if (const auto started = worker->start(); started.has_error()) {  // one after the other, as libpg_query asks
      impl_->logs->log(config::LogLevel::kError, "a worker cannot start", {{"error", started.error().what}});
      return 1;
    }
  }
  impl_->serving = true;
  impl_->logs->log(config::LogLevel::kInfo, "serving",
                   {{"admin", admin_endpoint().to_string()},
                    {"workers", std::to_string(impl_->workers.size())},
                    {"generation", std::to_string(impl_->snapshot->generation)}});
  if (impl_->snapshot->inspection->is_provisional()) {
    impl_->logs->log(config::LogLevel::kInfo, "pattern databases are being compiled: rules take longer until then");
  }
  for (const auto& warning : config::exposure_warnings(impl_->snapshot->config)) {
    impl_->logs->log(config::LogLevel::kWarn, "configuration", {{"warning", warning.to_string()}});
  }
  impl_->log_policy_problems();
  trim_heap();
  forget_startup_code();
  impl_->io.run();
  impl_->signals.clear();  // from here on a signal ends the process, whatever the rest is waiting for
  return impl_->exit_code;
}

void Server::request_drain() {
  boost::asio::post(impl_->io, [this] { impl_->begin_drain(); });
}

config::Endpoint Server::admin_endpoint() const {
  return impl_->admin->local_endpoint();
}

}  // namespace gabion::proxy
