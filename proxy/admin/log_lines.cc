// Envoy's and Istio's keys, ours beside them; every value of the peer goes through redaction.
#include "proxy/admin/log_lines.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

#include "config/proxy_words.h"
#include "inspect/dlp/redact.h"
#include "proxy/admin/json_line.h"
#include "proxy/admin/trace_context.h"

namespace gabion::proxy {
namespace {

using std::chrono::system_clock;

constexpr std::size_t kMaxSpiffeBytes = 2048;  // SPIFFE-ID §2.3

/// RFC 3339 in UTC with milliseconds, as Envoy's %START_TIME% writes it.
void add_time(JsonLine& line, std::string_view key, system_clock::time_point time) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto milliseconds = static_cast<int>((since_epoch % 1'000 + 1'000) % 1'000);
  const std::time_t seconds = static_cast<std::time_t>((since_epoch - milliseconds) / 1'000);
  std::tm utc{};
  if (::gmtime_r(&seconds, &utc) == nullptr) {
    line.null(key);
    return;
  }
  std::array<char, 32> text{};
  const std::size_t date_size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + date_size, text.size() - date_size, ".%03dZ", milliseconds);
  line.text(key, text.data());
}

/// Redacted as a whole and cut afterwards: cut first, half a card number would pass.
void add_foreign_text(JsonLine& line, std::string_view key, std::string_view value) {
  if (value.empty()) {
    line.null(key);
    return;
  }
  line.text(key, inspect::dlp::redact_text(value));
}

bool is_common_method(std::string_view method) noexcept {
  constexpr std::size_t kLongest = 16;
  return method.size() <= kLongest &&
         std::all_of(method.begin(), method.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

/// The hexadecimal form our own ids have holds long runs of digits by chance, which redaction could mistake for a
/// number.
bool is_uuid(std::string_view id) noexcept {
  return id.size() == kRequestIdBytes && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; });
}

void add_method(JsonLine& line, std::string_view method) {
  if (is_common_method(method)) {
    line.optional_text("method", method);
    return;
  }
  add_foreign_text(line, "method", method);
}

void add_request_id(JsonLine& line, std::string_view id) {
  if (is_uuid(id)) {
    line.text("request_id", id);
    return;
  }
  add_foreign_text(line, "request_id", id);
}

void add_trace(JsonLine& line, std::string_view traceparent) {
  constexpr std::size_t kTraceIdAt = 3;
  constexpr std::size_t kSpanIdAt = 36;
  const bool valid = parse_traceparent(traceparent).has_value();
  line.optional_text("trace_id", valid ? traceparent.substr(kTraceIdAt, 32) : std::string_view());
  line.optional_text("span_id", valid ? traceparent.substr(kSpanIdAt, 16) : std::string_view());
}

void add_endpoint(JsonLine& line, std::string_view key, const config::Endpoint& endpoint) {
  if (endpoint == config::Endpoint{}) {
    line.null(key);
    return;
  }
  line.text(key, endpoint.to_string());
}

bool is_policy_refusal(Reason reason) noexcept {
  return reason == Reason::kPolicyDenied || reason == Reason::kNoIdentity || reason == Reason::kIdentityMismatch ||
         reason == Reason::kPolicyInvalid;
}

/// "shop/orders/ingress[0]" as Istio spells it: "ns[shop]-policy[orders]-rule[0]". Empty for anything else.
std::string istio_rule(std::string_view id) {
  const std::size_t first = id.find('/');
  const std::size_t last = id.rfind('/');
  const std::size_t bracket = id.rfind('[');
  if (first == std::string_view::npos || last == first || bracket == std::string_view::npos || bracket < last) {
    return {};
  }
  std::string text = "ns[";
  text += id.substr(0, first);
  text += "]-policy[";
  text += id.substr(first + 1, last - first - 1);
  text += "]-rule";
  text += id.substr(bracket);
  return text;
}

/// Envoy's %RESPONSE_CODE_DETAILS%: "via_upstream", its RBAC filter's text, or our reason code.
void add_response_code_details(JsonLine& line, const ExchangeRecord& record) {
  if (record.reason == Reason::kNone) {
    line.text("response_code_details", "via_upstream");
    return;
  }
  if (!is_policy_refusal(record.reason)) {
    line.text("response_code_details", traits(record.reason).code);
    return;
  }
  const std::string rule = record.verdict == nullptr ? std::string() : istio_rule(record.verdict->rule);
  line.text("response_code_details", "rbac_access_denied_matched_policy[" + (rule.empty() ? "none" : rule) + "]");
}

/// Envoy's %UPSTREAM_TRANSPORT_FAILURE_REASON%: what OpenSSL or we say of the handshake, none of the peer's bytes.
std::string_view upstream_tls_failure(const ExchangeRecord& record) noexcept {
  if (record.reason != Reason::kUpstreamTlsFailed && record.reason != Reason::kUpstreamIdentity) {
    return {};
  }
  return record.detail.empty() ? traits(record.reason).code : record.detail;
}

void add_milliseconds(JsonLine& line, std::string_view key, std::chrono::microseconds duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  line.number(key, static_cast<std::uint64_t>(std::max<std::int64_t>(milliseconds, 0)));
}

void add_envoy_request(JsonLine& line, const ExchangeRecord& record) {
  line.optional_text("route_name", record.route_name);
  add_method(line, record.method);
  add_foreign_text(line, "path", record.path);
  line.optional_text("protocol", record.protocol);
  add_foreign_text(line, "authority", record.authority);
  add_foreign_text(line, "user_agent", record.user_agent);
  add_foreign_text(line, "x_forwarded_for", record.x_forwarded_for);
  add_request_id(line, record.request_id);
}

void add_envoy_response(JsonLine& line, const ExchangeRecord& record) {
  const ReasonTraits& ending = traits(record.reason);
  line.number("response_code", record.response_code);
  if (record.grpc_status) {
    line.number("grpc_status", *record.grpc_status);
  }
  line.text("response_flags", ending.flag.empty() ? "-" : ending.flag);
  add_response_code_details(line, record);
  line.optional_text("connection_termination_details", record.cut ? ending.code : std::string_view());
  line.number("bytes_received", record.bytes_received);
  line.number("bytes_sent", record.bytes_sent);
  add_milliseconds(line, "duration", record.duration);
  line.number("duration_us", static_cast<std::uint64_t>(std::max<std::int64_t>(record.duration.count(), 0)));
  if (record.upstream_service_time.count() > 0) {
    add_milliseconds(line, "upstream_service_time", record.upstream_service_time);
  } else {
    line.null("upstream_service_time");
  }
}

void add_envoy_addresses(JsonLine& line, const ExchangeRecord& record) {
  line.optional_text("upstream_host", record.upstream_host);
  line.optional_text("upstream_cluster", record.route_name.empty() ? record.listener : record.route_name);
  line.null("upstream_local_address");
  add_endpoint(line, "downstream_local_address", record.downstream_local);
  add_endpoint(line, "downstream_remote_address", record.downstream_remote);
  add_foreign_text(line, "requested_server_name", record.requested_server_name);
  line.optional_text("upstream_transport_failure_reason", upstream_tls_failure(record));
}

/// "namespace/policy/ingress[0]" as policy and rule, like the labels of the metrics; a detector's rule has no policy.
void add_rule(JsonLine& line, const inspect::Verdict& verdict) {
  const std::size_t slash = verdict.policy_kind.empty() ? std::string_view::npos : verdict.rule.rfind('/');
  line.optional_text("policy_kind", verdict.policy_kind);
  if (slash == std::string_view::npos) {
    line.null("policy");
    line.optional_text("rule", verdict.rule);
    return;
  }
  line.text("policy", verdict.rule.substr(0, slash));
  line.text("rule", verdict.rule.substr(slash + 1));
}

void add_verdict(JsonLine& line, const ExchangeRecord& record) {
  const inspect::Verdict none;
  const inspect::Verdict& verdict = record.verdict == nullptr ? none : *record.verdict;
  add_rule(line, verdict);
  line.optional_text("basis", verdict.basis);
  if (record.verdict == nullptr) {
    line.null("verdict");
  } else {
    line.text("verdict", verdict.allowed() ? "allow" : "deny");
  }
  line.text("mode", "enforce");  // what dry-run policies would have done stands in dry_run
  const std::string_view would = verdict.allowed() ? "would_deny" : "would_allow";
  line.optional_text("dry_run", verdict.dry_run_differs ? would : std::string_view());
  line.optional_text("dry_run_rule", verdict.dry_run_rule);
}

/// What the detector says it did, else what the finding shows.
std::string_view action_of(const inspect::Finding& finding) noexcept {
  if (!finding.action.empty()) {
    return finding.action;
  }
  if (finding.blocked) {
    return "block";
  }
  return finding.covered ? "mask" : "log";
}

std::string_view direction_of(const inspect::Finding& finding) noexcept {
  return finding.direction == inspect::Direction::kRequest ? "request" : "response";
}

void add_finding(JsonLine& line, const inspect::Finding& finding) {
  constexpr std::size_t kMaxFieldBytes = 128;
  line.begin_item();
  line.text("detector", finding.detector, kMaxFieldBytes);
  line.text("rule", finding.rule, kMaxFieldBytes);
  line.text("direction", direction_of(finding));
  line.text("field", finding.field, kMaxFieldBytes);
  line.number("offset", finding.offset);
  line.number("length", finding.length);
  line.optional_text("sample", finding.sample, kMaxFieldBytes);
  if (!finding.hash.empty()) {
    line.text("hash", finding.hash, kMaxFieldBytes);
    line.number("confidence", finding.confidence);
    line.boolean("validated", finding.validated);
    line.optional_text("cue", finding.cue, kMaxFieldBytes);
    line.text("profile", finding.profile, kMaxFieldBytes);
  }
  if (finding.rule_id != 0) {
    line.number("id", finding.rule_id);
    line.text("message", finding.message, kMaxFieldBytes);
    line.optional_text("severity", finding.severity, kMaxFieldBytes);
    line.number("score", finding.score);
  }
  line.text("action", action_of(finding));
  line.end_item();
}

bool is_threat(const inspect::Finding& finding) noexcept {
  return finding.detector == "attack" ||
         (finding.detector == "waf" && finding.direction == inspect::Direction::kRequest);
}

/// What attacks us goes to threats[], what must not leave to pii[].
void add_findings(JsonLine& line, std::span<const inspect::Finding> findings, std::uint64_t dropped) {
  const std::span<const inspect::Finding> shown = findings.first(std::min(findings.size(), kMaxLoggedFindings));
  line.begin_list("threats");
  for (const inspect::Finding& finding : shown) {
    if (is_threat(finding)) {
      add_finding(line, finding);
    }
  }
  line.end_list();
  line.begin_list("pii");
  for (const inspect::Finding& finding : shown) {
    if (!is_threat(finding)) {
      add_finding(line, finding);
    }
  }
  line.end_list();
  if (const auto more = findings.size() - shown.size() + dropped; more != 0) {
    line.number("findings_more", more);
  }
}

/// Joined by commas.
void add_texts(JsonLine& line, std::string_view key, std::span<const std::string> texts) {
  constexpr std::size_t kMostBytes = 256;
  std::string all;
  for (const std::string& text : texts) {
    all.append(all.empty() ? "" : ", ").append(inspect::dlp::redact_text(text), 0, kMostBytes);
  }
  line.optional_text(key, all);
}

void add_websocket(JsonLine& line, const ExchangeRecord& record) {
  if (!record.websocket) {
    return;
  }
  line.number("websocket_messages_received", record.websocket->messages_received);
  line.number("websocket_messages_sent", record.websocket->messages_sent);
  line.number("websocket_close_code", record.websocket->close_code);
  line.optional_text("websocket_closed_by", record.websocket->closed_by);
}

void add_postgres(JsonLine& line, const ExchangeRecord& record) {
  if (!record.postgres) {
    return;
  }
  const PostgresTotals& totals = *record.postgres;
  add_foreign_text(line, "db_user", totals.user);
  add_foreign_text(line, "db_name", totals.database);
  add_foreign_text(line, "application_name", totals.application_name);
  line.boolean("logged_in", totals.logged_in);
  line.number("statements", totals.statements);
  line.number("statements_denied", totals.denied);
  line.number("rows", totals.rows);
  line.number("errors", totals.errors);
}

/// A gateway's lines say whose they are.
void add_pod(JsonLine& line, std::string_view pod) {
  if (!pod.empty()) {
    line.text("pod", pod);
  }
}

void add_ours(JsonLine& line, const ExchangeRecord& record) {
  add_pod(line, record.pod);
  line.text("listener", record.listener);
  line.text("side", record.side == inspect::Side::kIngress ? "ingress" : "egress");
  add_verdict(line, record);
  line.text("reason", traits(record.reason).code);
  line.optional_text("peer_spiffe", record.peer_spiffe, kMaxSpiffeBytes);
  line.boolean("mutual_tls", record.mutual_tls);
  add_websocket(line, record);
  add_postgres(line, record);
  add_findings(line, record.findings, record.findings_dropped);
  add_trace(line, record.traceparent);
  line.number("generation", record.generation);
}

}  // namespace

bool is_auditable(const ExchangeRecord& record) noexcept {
  if (record.verdict != nullptr && (!record.verdict->allowed() || record.verdict->dry_run_differs)) {
    return true;
  }
  constexpr std::array kAboutTrust = {Reason::kMalformedRequest, Reason::kUpstreamIdentity, Reason::kUpstreamMalformed,
                                      Reason::kIdentityExpired,  Reason::kRootRemoved,      Reason::kPolicyChanged,
                                      Reason::kPeerGone};
  return !record.findings.empty() || is_policy_refusal(record.reason) ||
         std::find(kAboutTrust.begin(), kAboutTrust.end(), record.reason) != kAboutTrust.end();
}

void write_access_line(const ExchangeRecord& record, std::string& line) {
  JsonLine json(line);
  json.text("log", "access");
  add_time(json, "start_time", record.start_time);
  add_envoy_request(json, record);
  add_envoy_response(json, record);
  add_envoy_addresses(json, record);
  add_ours(json, record);
  json.finish();
}

void write_audit_line(const ExchangeRecord& record, std::string& line) {
  JsonLine json(line);
  json.text("log", "audit");
  json.text("event", "exchange");
  add_time(json, "start_time", record.start_time);
  add_method(json, record.method);
  add_foreign_text(json, "path", record.path);
  add_foreign_text(json, "authority", record.authority);
  add_request_id(json, record.request_id);
  json.number("response_code", record.response_code);
  add_response_code_details(json, record);
  add_endpoint(json, "downstream_local_address", record.downstream_local);
  add_endpoint(json, "downstream_remote_address", record.downstream_remote);
  json.optional_text("upstream_host", record.upstream_host);
  add_ours(json, record);
  const bool judged = record.verdict != nullptr && !record.verdict->allowed();
  add_foreign_text(json, "detail", judged ? std::string_view(record.verdict->detail) : record.detail);
  json.finish();
}

void write_audit_line(const ConnectionEvent& event, std::string& line) {
  JsonLine json(line);
  json.text("log", "audit");
  json.text("event", "connection");
  add_time(json, "start_time", event.time);
  add_pod(json, event.pod);
  json.text("listener", event.listener);
  json.text("reason", traits(event.reason).code);
  add_foreign_text(json, "detail", event.detail);
  add_endpoint(json, "downstream_local_address", event.downstream_local);
  add_endpoint(json, "downstream_remote_address", event.downstream_remote);
  json.optional_text("peer_spiffe", event.peer_spiffe, kMaxSpiffeBytes);
  json.finish();
}

void write_audit_line(const StatementEvent& event, std::string& line) {
  JsonLine json(line);
  json.text("log", "audit");
  json.text("event", "statement");
  add_time(json, "start_time", event.time);
  add_pod(json, event.pod);
  json.text("listener", event.listener);
  json.text("verdict", event.reason == Reason::kNone ? "allow" : "deny");
  json.boolean("sampled", event.is_sample);
  json.text("reason", traits(event.reason).code);
  add_foreign_text(json, "detail", event.detail);
  add_foreign_text(json, "db_user", event.user);
  add_foreign_text(json, "db_name", event.database);
  json.optional_text("rule", event.rule);
  json.number("statement_bytes", event.text_bytes);
  add_foreign_text(json, "statement", event.normalized);
  json.optional_text("fingerprint", event.fingerprint);
  add_texts(json, "kinds", event.kinds);
  add_texts(json, "tables", event.tables);
  if (event.tables_more != 0) {
    json.number("tables_more", event.tables_more);
  }
  if (event.answer) {
    json.number("rows", event.answer->rows);
    json.number("bytes", event.answer->bytes);
    json.number("duration_us", static_cast<std::uint64_t>(std::max<std::int64_t>(event.answer->duration.count(), 0)));
    json.optional_text("sqlstate", event.answer->sqlstate);
  }
  if (!event.findings.empty()) {
    add_findings(json, event.findings, event.findings_dropped);
  }
  add_endpoint(json, "downstream_local_address", event.downstream_local);
  add_endpoint(json, "downstream_remote_address", event.downstream_remote);
  json.optional_text("peer_spiffe", event.peer_spiffe, kMaxSpiffeBytes);
  json.number("generation", event.generation);
  json.finish();
}

void write_event_line(system_clock::time_point time, config::LogLevel level, std::string_view message,
                      std::span<const LogField> fields, std::string& line) {
  JsonLine json(line);
  json.text("log", "event");
  add_time(json, "time", time);
  json.text("level", word_for(config::kLogLevelWords, level));
  json.text("message", message);
  for (const LogField& field : fields) {
    json.text(field.name, field.value);
  }
  json.finish();
}

}  // namespace gabion::proxy
