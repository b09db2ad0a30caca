// The control thread: see server.h.
#include "proxy/server/server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <optional>
#include <utility>

#include "config/proxy_config_json.h"
#include "config/proxy_words.h"
#include "proxy/admin/admin_server.h"
#include "proxy/admin/prometheus_text.h"
#include "proxy/server/ask_workers.h"
#include "proxy/server/bound_listeners.h"
#include "proxy/server/drain.h"
#include "proxy/server/file_watch.h"
#include "proxy/server/machine.h"
#include "proxy/server/memory.h"
#include "proxy/server/reloader.h"
#include "proxy/server/status_json.h"
#include "proxy/worker.h"

namespace gabion::proxy {
namespace {

constexpr auto kPeriodicLook = std::chrono::seconds(60);  // mesh.md §2: should an inotify event be lost

constexpr std::size_t kListedConnections = 1'000;  // per worker, on /connections

std::uint32_t worker_count(const config::ProxyConfig& config) {
  return config.workers != 0 ? config.workers : usable_processors();
}

}  // namespace

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
  void finish(int code);
  [[nodiscard]] std::vector<Worker*> borrow_workers() const;
  void collect_metrics(std::function<void(std::string)> done);
  void list_connections(std::function<void(std::string)> done);
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
  std::unique_ptr<FileWatch> watch;
  std::chrono::system_clock::time_point start_time = std::chrono::system_clock::now();
  std::uint64_t rejected = 0;
  std::uint64_t bundle_generation = 1;
  bool serving = false;
  bool told_to_stop = false;  // by a signal
  int exit_code = 0;
};

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
  BoundListeners bound(worker_count(config));
  for (const auto& listener : snapshot->listeners) {
    if (const auto added = bound.add(listener.listen); added.has_error()) {
      return config::Errors{added.error()};
    }
  }
  for (std::size_t i = 0; i < bound.workers(); ++i) {
    auto worker = Worker::create(*logs, snapshot);
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
  auto watching = FileWatch::create(io, [this] { reloader.request(Reloader::When::kIfChanged); });
  if (watching.has_error()) {
    return watching.error();
  }
  watch = std::move(*watching);
  watch->watch(reloader.folders());
  return {};
}

AdminActions Server::Impl::admin_actions() {
  AdminActions actions;
  actions.readiness = [this] { return readiness(); };
  actions.metrics = [this](std::function<void(std::string)> done) { collect_metrics(std::move(done)); };
  actions.connections = [this](std::function<void(std::string)> done) { list_connections(std::move(done)); };
  actions.config_json = [this] { return config::to_json(snapshot->config); };
  actions.certs_json = [this] { return certificates_json(*snapshot); };
  actions.policy_json = [this] { return policy_json(*snapshot); };
  actions.drain = [this] { begin_drain(); };
  actions.quit = [this] { finish(0); };
  actions.log_level = [this] { return std::string(word_for(config::kLogLevelWords, logs->level())); };
  actions.set_log_level = [this](std::string_view name) {
    for (const auto& word : config::kLogLevelWords) {
      if (word.text == name) {
        logs->set_level(word.value);
        return true;
      }
    }
    return false;
  };
  return actions;
}

Readiness Server::Impl::readiness() const {
  Readiness answer;
  if (!serving) {
    answer.missing.emplace_back("workers");
  }
  if (drain.begun()) {
    answer.missing.emplace_back("draining");
  }
  answer.ready = answer.missing.empty();
  return answer;
}

ProcessFacts Server::Impl::facts() const {
  ProcessFacts facts;
  facts.version = GABION_VERSION;
  facts.workload_namespace = snapshot->config.workload.name_space;
  facts.pod = snapshot->config.workload.pod;
  facts.start_time = start_time;
  if (snapshot->tls) {
    facts.service_account = snapshot->tls->material().id.service_account;
    facts.principal = snapshot->tls->material().id.to_string();
    facts.certificates = certificate_facts(*snapshot, std::chrono::system_clock::now());
  }
  facts.bundle_generation = bundle_generation;
  facts.config_generation = snapshot->generation;
  facts.config_rejected_total = rejected;
  facts.audit_dropped = logs->dropped();
  facts.rss_bytes = resident_bytes();
  return facts;
}

std::vector<Worker*> Server::Impl::borrow_workers() const {
  std::vector<Worker*> borrowed;
  for (const auto& worker : workers) {
    borrowed.push_back(worker.get());
  }
  return borrowed;
}

void Server::Impl::collect_metrics(std::function<void(std::string)> done) {
  ask_workers<MetricsSample>(
      io, borrow_workers(), [](Worker& worker, auto take) { worker.sample(std::move(take)); },
      [this, done = std::move(done)](const std::vector<MetricsSample>& samples) {
        done(render_prometheus(samples, facts()));
      });
}

void Server::Impl::list_connections(std::function<void(std::string)> done) {
  ask_workers<std::vector<ConnectionSummary>>(
      io, borrow_workers(), [](Worker& worker, auto take) { worker.list(kListedConnections, std::move(take)); },
      [this, done = std::move(done)](const std::vector<std::vector<ConnectionSummary>>& lists) {
        std::vector<ConnectionSummary> all;
        for (const auto& list : lists) {
          all.insert(all.end(), list.begin(), list.end());
        }
        std::uint64_t open = 0;
        for (const auto& worker : workers) {
          open += worker->inbound_connections() + worker->outbound_connections();
        }
        done(connections_json(all, open));
      });
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
  BoundListeners bound(workers.size());
  for (const auto& listener : loaded->listeners) {
    if (drain.begun() || snapshot->listener_at(listener.listen) != nullptr) {
      continue;  // a stop opens nothing new
    }
    if (const auto added = bound.add(listener.listen); added.has_error()) {
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
  snapshot = std::move(loaded);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i]->install(snapshot, bound.take(i));
  }
  watch->watch(reloader.folders());
  logs->log(config::LogLevel::kInfo, "configuration loaded", {{"generation", std::to_string(snapshot->generation)}});
  log_policy_problems();
  return {};
}

void Server::Impl::log_policy_problems() {
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
    worker->start();
  }
  impl_->serving = true;
  impl_->logs->log(config::LogLevel::kInfo, "serving",
                   {{"admin", admin_endpoint().to_string()},
                    {"workers", std::to_string(impl_->workers.size())},
                    {"generation", std::to_string(impl_->snapshot->generation)}});
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
