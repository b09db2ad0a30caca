// spdlog's asynchronous loggers behind bounded queues; lines come finished, so their only format is "as it is".
#include "proxy/admin/json_log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "proxy/admin/log_file_sink.h"

namespace gabion::proxy {
namespace {

using Logger = std::shared_ptr<spdlog::async_logger>;
using Queue = std::shared_ptr<spdlog::details::thread_pool>;

constexpr std::string_view kOff = "off";

/// Sinks by name: logs that share a stream share its lock, so that lines never mix.
class SinkTable {
 public:
  /// Throws spdlog::spdlog_ex when a file cannot be opened.
  spdlog::sink_ptr open(const std::string& target) {
    spdlog::sink_ptr& sink = sinks_[target];
    if (sink == nullptr) {
      sink = make(target);
      sink->set_pattern("%v");
    }
    return sink;
  }

  [[nodiscard]] std::vector<std::shared_ptr<LogFileSink>> take_files() { return std::move(files_); }

 private:
  spdlog::sink_ptr make(const std::string& target) {
    if (target == "stdout") {
      return std::make_shared<spdlog::sinks::stdout_sink_mt>();
    }
    if (target == "stderr") {
      return std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    files_.push_back(std::make_shared<LogFileSink>(target));
    return files_.back();
  }

  std::map<std::string, spdlog::sink_ptr> sinks_;
  std::vector<std::shared_ptr<LogFileSink>> files_;
};

Logger make_logger(const std::string& name, const std::string& target, SinkTable& sinks, const Queue& queue) {
  if (target == kOff) {
    return nullptr;
  }
  auto logger = std::make_shared<spdlog::async_logger>(name, sinks.open(target), queue,
                                                       spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);  // a line that is written is readable
  return logger;
}

Queue make_queue(std::uint32_t lines) {
  return std::make_shared<spdlog::details::thread_pool>(std::max<std::size_t>(lines, 1), 1);
}

/// Keeps its capacity from one line to the next.
std::string& line_buffer() {
  thread_local std::string buffer;
  return buffer;
}

void send(const Logger& logger, const std::string& line) {
  logger->log(spdlog::level::info, line);
}

}  // namespace

/// The queues come last: they end first, when their threads have written what is left.
struct LogSinks::Impl {
  std::vector<std::shared_ptr<LogFileSink>> files;
  Logger access;
  Logger audit;
  Logger events;
  Queue access_queue;
  Queue audit_queue;
};

config::Result<std::unique_ptr<LogSinks>> LogSinks::open(const config::LogConfig& config, std::uint32_t queue_lines,
                                                         const std::string& events) {
  auto impl = std::make_unique<Impl>();
  SinkTable sinks;
  try {
    if (config.access != kOff) {
      impl->access_queue = make_queue(queue_lines);
    }
    if (config.audit != kOff || events != kOff) {
      impl->audit_queue = make_queue(queue_lines);
    }
    impl->access = make_logger("access", config.access, sinks, impl->access_queue);
    impl->audit = make_logger("audit", config.audit, sinks, impl->audit_queue);
    impl->events = make_logger("events", events, sinks, impl->audit_queue);
    impl->files = sinks.take_files();
  } catch (const spdlog::spdlog_ex& failure) {
    return config::Error{failure.what(), "log"};
  }
  return std::unique_ptr<LogSinks>(new LogSinks(std::move(impl), config.level));
}

LogSinks::LogSinks(std::unique_ptr<Impl> impl, config::LogLevel level)
    : impl_(std::move(impl)),
      level_(level),
      access_on_(impl_->access != nullptr),
      audit_on_(impl_->audit != nullptr),
      events_on_(impl_->events != nullptr) {}

LogSinks::~LogSinks() = default;

std::uint64_t LogSinks::dropped() const {
  std::uint64_t lines = failed_.load(std::memory_order_relaxed);
  for (const Queue* const queue : {&impl_->access_queue, &impl_->audit_queue}) {
    lines += *queue == nullptr ? 0 : (*queue)->overrun_counter();
  }
  return lines;
}

config::Errors LogSinks::reopen() {
  config::Errors errors;
  for (const auto& file : impl_->files) {
    if (const auto reopened = file->reopen(); reopened.has_error()) {
      errors.push_back(reopened.error());
    }
  }
  return errors;
}

// A line that cannot be made is lost and counted: the service goes on.

void LogSinks::write_access(const ExchangeRecord& record) noexcept {
  try {
    std::string& line = line_buffer();
    write_access_line(record, line);
    send(impl_->access, line);
  } catch (const std::exception&) {
    failed_.fetch_add(1, std::memory_order_relaxed);
  }
}

void LogSinks::write_audit(const ExchangeRecord& record) noexcept {
  try {
    std::string& line = line_buffer();
    write_audit_line(record, line);
    send(impl_->audit, line);
  } catch (const std::exception&) {
    failed_.fetch_add(1, std::memory_order_relaxed);
  }
}

void LogSinks::write_audit(const ConnectionEvent& event) noexcept {
  try {
    std::string& line = line_buffer();
    write_audit_line(event, line);
    send(impl_->audit, line);
  } catch (const std::exception&) {
    failed_.fetch_add(1, std::memory_order_relaxed);
  }
}

void LogSinks::write_audit(const StatementEvent& event) noexcept {
  try {
    std::string& line = line_buffer();
    write_audit_line(event, line);
    send(impl_->audit, line);
  } catch (const std::exception&) {
    failed_.fetch_add(1, std::memory_order_relaxed);
  }
}

void LogSinks::write_event(config::LogLevel level, std::string_view message,
                           std::initializer_list<LogField> fields) noexcept {
  try {
    std::string& line = line_buffer();
    write_event_line(std::chrono::system_clock::now(), level, message, {fields.begin(), fields.size()}, line);
    send(impl_->events, line);
  } catch (const std::exception&) {
    failed_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace gabion::proxy
