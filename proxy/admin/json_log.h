// The logs: lines are made on the thread that calls and written by one of two threads of their own, never by a worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "config/proxy_config.h"
#include "config/result.h"
#include "proxy/admin/log_lines.h"

namespace gabion::proxy {

/// Thread-safe. Two bounded queues: one for the access log, one for audit and events, so that a flood of requests
/// cannot push out the audit lines about it. A full queue drops its oldest line and counts it; nobody waits for a
/// disk. A failure to write is reported on stderr by the writing thread, at most once a second.
class LogSinks {
 public:
  /// Opens the files, appending. Events go to `events`, with the spelling of LogConfig's sinks. `queue_lines` (of
  /// each queue) is limits.audit_queue. Errors: a file that cannot be opened.
  [[nodiscard]] static config::Result<std::unique_ptr<LogSinks>> open(const config::LogConfig& config,
                                                                      std::uint32_t queue_lines,
                                                                      const std::string& events = "stderr");
  /// Writes what is queued, then closes.
  ~LogSinks();
  LogSinks(const LogSinks&) = delete;
  LogSinks& operator=(const LogSinks&) = delete;

  void access(const ExchangeRecord& record) noexcept {
    if (access_on_) {
      write_access(record);
    }
  }

  /// Takes every exchange and keeps what is_auditable().
  void audit(const ExchangeRecord& record) noexcept {
    if (audit_on_ && is_auditable(record)) {
      write_audit(record);
    }
  }

  void audit(const ConnectionEvent& event) noexcept {
    if (audit_on_) {
      write_audit(event);
    }
  }

  void audit(const StatementEvent& event) noexcept {
    if (audit_on_) {
      write_audit(event);
    }
  }
  /// Somebody reads what audit() writes.
  [[nodiscard]] bool audits() const noexcept { return audit_on_; }

  /// An event of the program itself: `logs.log(LogLevel::kInfo, "listening", {{"address", text}})`.
  void log(config::LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) noexcept {
    if (events_on_ && level >= this->level()) {
      write_event(level, message, fields);
    }
  }

  /// Of log() only; access and audit logs have no levels.
  void set_level(config::LogLevel level) noexcept { level_.store(level, std::memory_order_relaxed); }
  [[nodiscard]] config::LogLevel level() const noexcept { return level_.load(std::memory_order_relaxed); }

  /// Opens the files under their names again, for who moved them away. Errors: those that cannot be opened; their lines
  /// go where they went before. Waits for a line that is just being written: not for workers.
  [[nodiscard]] config::Errors reopen();

  /// Lines lost so far because a queue was full or memory ran out. Takes a lock: not for workers.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Impl;
  LogSinks(std::unique_ptr<Impl> impl, config::LogLevel level);

  void write_access(const ExchangeRecord& record) noexcept;
  void write_audit(const ExchangeRecord& record) noexcept;
  void write_audit(const ConnectionEvent& event) noexcept;
  void write_audit(const StatementEvent& event) noexcept;
  void write_event(config::LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept;

  std::unique_ptr<Impl> impl_;
  std::atomic<config::LogLevel> level_;
  std::atomic<std::uint64_t> failed_{0};
  bool access_on_;
  bool audit_on_;
  bool events_on_;
};

}  // namespace gabion::proxy
