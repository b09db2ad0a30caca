// What an exchange, a connection or an event of the program looks like as one line of a log (mesh.md §9).
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "config/proxy_config.h"
#include "proxy/admin/records.h"

namespace gabion::proxy {

/// One named value of an event of the program.
struct LogField {
  std::string_view name;  ///< a literal of ours
  std::string_view value;
};

/// Findings beyond this many are only counted in "findings_more": a line stays below 64 KiB.
inline constexpr std::size_t kMaxLoggedFindings = 64;

/// Each function replaces `line` (its capacity is reused) with one JSON object, without a newline. What the peer wrote
/// (path, user agent, authority, X-Forwarded-For, …) is redacted first, then cut to 1 KiB. `log` tells the kinds
/// apart when they share a stream: "access", "audit", "event".
void write_access_line(const ExchangeRecord& record, std::string& line);
void write_audit_line(const ExchangeRecord& record, std::string& line);
void write_audit_line(const ConnectionEvent& event, std::string& line);
void write_audit_line(const StatementEvent& event, std::string& line);
void write_event_line(std::chrono::system_clock::time_point time, config::LogLevel level, std::string_view message,
                      std::span<const LogField> fields, std::string& line);

/// Whether an exchange belongs in the audit log: denied, something found, a dry run that differs, or ended for a reason
/// that concerns trust.
[[nodiscard]] bool is_auditable(const ExchangeRecord& record) noexcept;

}  // namespace gabion::proxy
