// The control thread: see server.h.
#include "proxy/server/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <fstream>
#include <optional>
#include <thread>

#include "config/proxy_config_json.h"
#include "proxy/admin/admin_server.h"
#include "proxy/admin/prometheus_text.h"
#include "proxy/server/drain.h"
#include "proxy/server/file_watch.h"
#include "proxy/server/memory.h"
#include "proxy/server/reloader.h"
#include "proxy/server/status_json.h"
#include "proxy/worker.h"

namespace gabion::proxy {
namespace {

constexpr auto kPeriodicLook = std::chrono::seconds(60);  // mesh.md §2: should an inotify event be lost

constexpr std::size_t kListedConnections = 1'000;  // per worker, on /connections

std::uint32_t worker_count(const config::ProxyConfig& config) {
  if (config.workers != 0) {
    return config.workers;
  }
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&allowed)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// Descriptors by worker; closes what nobody took.
class Bound {
 public:
  explicit Bound(std::size_t workers) : by_worker_(workers) {}
  ~Bound() {
    for (const auto& fds : by_worker_) {
      for (const auto& [endpoint, fd] : fds) {
        ::close(fd);
      }
    }
  }
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

  [[nodiscard]] config::Result<void> add(const config::Endpoint& endpoint) {
    for (auto& fds : by_worker_) {
      const auto fd = open_listener(endpoint);
      if (fd.has_error()) {
        return fd.error();
      }
      fds.emplace_back(endpoint, *fd);
    }
    return {};
  }
  [[nodiscard]] Worker::ListenerFds take(std::size_t worker) { return std::exchange(by_worker_[worker], {}); }

 private:
  std::vector<Worker::ListenerFds> by_worker_;
};

}  // namespace

struct Server::Impl {
  explicit Impl(Options its_options)
      : options(std::move(its_options)),
        signals(io),
        look_timer(io),
        reloader(io, options.config_file,
                 {[this](std::shared_ptr<const Snapshot> loaded) { on_loaded(std::move(loaded)); },
                  [this](const config::Errors& errors) { on_refused(errors); }}),
        drain(io) {}

  [[nodiscard]] config::CheckedResult<void> start();
  [[nodiscard]] config::Result<void> start_admin();
  [[nodiscard]] AdminActions admin_actions();
  void wait_for_signal();
  void look_periodically();
  void on_loaded(std::shared_ptr<const Snapshot> loaded);
  void install(std::shared_ptr<const Snapshot> loaded);
  void on_refused(const config::Errors& errors);
  void begin_drain();
  void finish(int code);
  template <class Answer, class Ask>
  void gather(Ask ask, std::function<void(std::vector<Answer>)> done);
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
  int exit_code = 0;
};

config::CheckedResult<void> Server::Impl::start() {
  raise_descriptor_limit();
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
  Bound bound(worker_count(config));
  for (const auto& listener : snapshot->listeners) {
    if (const auto added = bound.add(listener.listen); added.has_error()) {
      return config::Errors{added.error()};
    }
  }
  for (std::uint32_t i = 0; i < worker_count(config); ++i) {
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
  watch->watch(Reloader::folders_of(snapshot->config));
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
  actions.log_level = [this]() -> std::string {
    switch (logs->level()) {
      case config::LogLevel::kDebug:
        return "debug";
      case config::LogLevel::kInfo:
        return "info";
      case config::LogLevel::kWarn:
        return "warn";
      case config::LogLevel::kError:
        return "error";
    }
    return "info";
  };
  actions.set_log_level = [this](std::string_view name) {
    using Level = config::LogLevel;
    for (const auto& [text, level] : {std::pair{"debug", Level::kDebug}, std::pair{"info", Level::kInfo},
                                      std::pair{"warn", Level::kWarn}, std::pair{"error", Level::kError}}) {
      if (name == text) {
        logs->set_level(level);
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
    using Seconds = std::chrono::duration<double>;
    const auto& material = snapshot->tls->material();
    const auto now = std::chrono::system_clock::now();
    facts.service_account = material.id.service_account;
    facts.principal = material.id.to_string();
    auto bundle_expires = std::chrono::system_clock::time_point::max();
    for (const auto& root : material.roots) {
      bundle_expires = std::min(bundle_expires, tls::not_after(*root));
    }
    facts.certificates = {
        {"certificate", snapshot->config.identity->certificate.string(), Seconds(material.not_after - now).count()},
        {"trust_bundle", snapshot->config.identity->trust_bundle.string(), Seconds(bundle_expires - now).count()}};
  }
  facts.bundle_generation = bundle_generation;
  facts.config_generation = snapshot->generation;
  facts.config_rejected_total = rejected;
  facts.audit_dropped = logs->dropped();
  facts.rss_bytes = resident_bytes();
  return facts;
}

/// Asks every worker with `ask`; `done` gets all answers, on the control thread.
template <class Answer, class Ask>
void Server::Impl::gather(Ask ask, std::function<void(std::vector<Answer>)> done) {
  struct Collection {
    std::vector<Answer> answers;
    std::function<void(std::vector<Answer>)> done;
  };
  auto collection = std::make_shared<Collection>(Collection{{}, std::move(done)});
  for (const auto& worker : workers) {
    ask(*worker, [this, collection](Answer answer) {
      boost::asio::post(io, [this, collection, answer = std::move(answer)]() mutable {
        collection->answers.push_back(std::move(answer));
        if (collection->answers.size() == workers.size()) {
          collection->done(std::move(collection->answers));
        }
      });
    });
  }
}

void Server::Impl::collect_metrics(std::function<void(std::string)> done) {
  gather<MetricsSample>([](Worker& worker, auto take) { worker.sample(std::move(take)); },
                        [this, done = std::move(done)](const std::vector<MetricsSample>& samples) {
                          done(render_prometheus(samples, facts()));
                        });
}

void Server::Impl::list_connections(std::function<void(std::string)> done) {
  gather<std::vector<ConnectionSummary>>(
      [](Worker& worker, auto take) { worker.list(kListedConnections, std::move(take)); },
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

/// A snapshot is taken by all workers or by none: each makes room for it first. Answers to two loads that overlap come
/// in the loads' order, because each worker answers in it.
void Server::Impl::on_loaded(std::shared_ptr<const Snapshot> loaded) {
  using Failure = std::optional<config::Error>;
  gather<Failure>([loaded](Worker& worker, auto done) { worker.reserve(loaded, std::move(done)); },
                  [this, loaded](const std::vector<Failure>& failures) {
                    const auto failed = std::find_if(failures.begin(), failures.end(),
                                                     [](const Failure& failure) { return failure.has_value(); });
                    if (failed != failures.end()) {
                      on_refused({**failed});
                    } else {
                      install(loaded);
                    }
                  });
}

void Server::Impl::install(std::shared_ptr<const Snapshot> loaded) {
  const auto& old = snapshot->config;
  const auto& fresh = loaded->config;
  if (fresh.admin.listen != old.admin.listen || fresh.workers != old.workers || fresh.log.access != old.log.access ||
      fresh.log.audit != old.log.audit) {
    logs->log(config::LogLevel::kWarn, "admin.listen, workers, log.access and log.audit change at a restart only");
  }
  Bound bound(workers.size());
  for (const auto& listener : loaded->listeners) {
    if (snapshot->listener_at(listener.listen) != nullptr) {
      continue;
    }
    if (const auto added = bound.add(listener.listen); added.has_error()) {
      on_refused({added.error()});
      return;
    }
  }
  const bool had_bundle = snapshot->tls != nullptr;
  const bool has_bundle = loaded->tls != nullptr;
  if (had_bundle != has_bundle ||
      (has_bundle && snapshot->tls->material().bundle_fingerprint != loaded->tls->material().bundle_fingerprint)) {
    ++bundle_generation;
  }
  if (fresh.log.level != old.log.level) {
    logs->set_level(fresh.log.level);
  }
  snapshot = std::move(loaded);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i]->install(snapshot, bound.take(i));
  }
  watch->watch(Reloader::folders_of(snapshot->config));
  logs->log(config::LogLevel::kInfo, "configuration loaded", {{"generation", std::to_string(snapshot->generation)}});
}

void Server::Impl::on_refused(const config::Errors& errors) {
  ++rejected;
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
    } else if (drain.begun()) {
      finish(1);  // asked twice: at once
    } else {
      begin_drain();
    }
    wait_for_signal();
  });
}

void Server::Impl::look_periodically() {
  look_timer.expires_after(kPeriodicLook);
  look_timer.async_wait([this](boost::system::error_code error) {
    if (!error) {
      reloader.request(Reloader::When::kIfChanged);
      look_periodically();
    }
  });
}

void Server::Impl::begin_drain() {
  if (drain.begun()) {
    return;
  }
  logs->log(config::LogLevel::kInfo, "draining");
  std::vector<Worker*> borrowed;
  for (const auto& worker : workers) {
    borrowed.push_back(worker.get());
  }
  drain.begin(std::move(borrowed), snapshot->config.drain, [this](std::uint32_t cut) {
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
    impl_->signals.add(SIGTERM);
    impl_->signals.add(SIGINT);
    impl_->signals.add(SIGHUP);
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
  for (const auto& warning : impl_->snapshot->inspection->policy_warnings()) {
    impl_->logs->log(config::LogLevel::kWarn, "policy", {{"warning", warning.to_string()}});
  }
  trim_heap();
  forget_startup_code();
  impl_->io.run();
  return impl_->exit_code;
}

void Server::request_drain() {
  boost::asio::post(impl_->io, [this] { impl_->begin_drain(); });
}

config::Endpoint Server::admin_endpoint() const {
  return impl_->admin->local_endpoint();
}

}  // namespace gabion::proxy
