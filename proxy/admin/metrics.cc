// How one exchange becomes counts: series look-up, buckets, policy and findings.
#include "proxy/admin/metrics.h"

#include <algorithm>
#include <utility>

namespace gabion::proxy {
namespace {

std::size_t bucket_of(std::chrono::microseconds duration) noexcept {
  const double milliseconds = static_cast<double>(duration.count()) / 1'000.0;
  const auto* const bucket = std::lower_bound(kDurationBucketsMs.begin(), kDurationBucketsMs.end(), milliseconds);
  return static_cast<std::size_t>(bucket - kDurationBucketsMs.begin());
}

/// Of one exchange.
RequestDistribution distribution_of(const ExchangeRecord& record) noexcept {
  const std::chrono::microseconds duration = std::max(record.duration, std::chrono::microseconds{0});
  RequestDistribution one;
  one.count = 1;
  one.request_bytes = record.bytes_received;
  one.response_bytes = record.bytes_sent;
  one.request_messages = record.request_messages;
  one.response_messages = record.response_messages;
  one.duration_us_sum = static_cast<std::uint64_t>(duration.count());
  one.duration_buckets[bucket_of(duration)] = 1;
  return one;
}

/// The other side chooses it: what is no status of gRPC has no series of its own.
std::uint8_t grpc_label(const ExchangeRecord& record) noexcept {
  constexpr std::uint8_t kLast = 16;
  if (!record.is_grpc) {
    return RequestSeriesView::kNotGrpc;
  }
  return record.grpc_status && *record.grpc_status <= kLast ? *record.grpc_status : RequestSeriesView::kNoGrpcStatus;
}

/// What policy said of an exchange; a detector's refusal comes after policy allowed it.
enum class PolicyOutcome : std::uint8_t { kAllowed, kDenied, kAllowedThenDetected, kNotAsked };

PolicyOutcome outcome_of(inspect::Reason reason) noexcept {
  switch (reason) {
    case inspect::Reason::kNone:
      return PolicyOutcome::kAllowed;
    case inspect::Reason::kPolicyDenied:
    case inspect::Reason::kNoIdentity:
    case inspect::Reason::kIdentityMismatch:
    case inspect::Reason::kPolicyInvalid:
    case inspect::Reason::kAmbiguousPath:
      return PolicyOutcome::kDenied;
    case inspect::Reason::kBadPath:
      return PolicyOutcome::kNotAsked;
    case inspect::Reason::kAttackDetected:
    case inspect::Reason::kSensitiveData:
    case inspect::Reason::kHoldLimit:
    case inspect::Reason::kScanLimit:
    case inspect::Reason::kNotInspectable:
    case inspect::Reason::kBadCoding:
    case inspect::Reason::kDecodedBytes:
    case inspect::Reason::kDecodedRatio:
    case inspect::Reason::kBadMessage:
    case inspect::Reason::kMessageLimit:
      return PolicyOutcome::kAllowedThenDetected;
  }
  return PolicyOutcome::kNotAsked;
}

/// "namespace/policy/ingress[0]" in its two halves.
std::pair<std::string_view, std::string_view> split_rule(std::string_view id) noexcept {
  const std::size_t slash = id.rfind('/');
  if (slash == std::string_view::npos) {
    return {{}, id};
  }
  return {id.substr(0, slash), id.substr(slash + 1)};
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

}  // namespace

std::string_view to_string(Limit limit) noexcept {
  switch (limit) {
    case Limit::kRequestLineBytes:
      return "requestLineBytes";
    case Limit::kHeaderBytes:
      return "headerBytes";
    case Limit::kHeaderCount:
      return "headerCount";
    case Limit::kTrailerBytes:
      return "trailerBytes";
    case Limit::kRequestBodyBytes:
      return "requestBodyBytes";
    case Limit::kBufferBytes:
      return "bufferBytes";
    case Limit::kHoldBytes:
      return "holdBytes";
    case Limit::kScanBytes:
      return "scanBytes";
    case Limit::kInFlightBytes:
      return "inFlightBytes";
    case Limit::kConnections:
      return "connections";
    case Limit::kConnectionsPerIdentity:
      return "connectionsPerIdentity";
    case Limit::kConnectionsPerPod:
      return "connectionsPerPod";
    case Limit::kPendingHops:
      return "pendingHops";
    case Limit::kHeldConnections:
      return "heldConnections";
    case Limit::kUpstreamConnections:
      return "upstreamConnections";
    case Limit::kIdleUpstreamConnections:
      return "idleUpstreamConnections";
    case Limit::kRequestsPerConnection:
      return "requestsPerConnection";
    case Limit::kConcurrentStreams:
      return "concurrentStreams";
    case Limit::kHttp2Flood:
      return "http2Flood";
    case Limit::kBodyBytesPerSecond:
      return "bodyBytesPerSecond";
    case Limit::kDecodedBytes:
      return "decodedBytes";
    case Limit::kDecodedRatio:
      return "decodedRatio";
    case Limit::kWebSocketMessageBytes:
      return "websocketMessageBytes";
    case Limit::kGrpcMessageBytes:
      return "grpcMessageBytes";
    case Limit::kPlannedEndpoints:
      return "plannedEndpoints";
    case Limit::kCount:
      break;
  }
  return "unknown";
}

HandshakeCounters& HandshakeCounters::operator+=(const HandshakeCounters& more) noexcept {
  ok += more.ok;
  resumed += more.resumed;
  failed += more.failed;
  return *this;
}

ConnectionCounters& ConnectionCounters::operator+=(const ConnectionCounters& more) noexcept {
  opened += more.opened;
  closed += more.closed;
  bytes_received += more.bytes_received;
  bytes_sent += more.bytes_sent;
  tls += more.tls;
  return *this;
}

ResultPauses& ResultPauses::operator+=(const ResultPauses& more) noexcept {
  full += more.full;
  time += more.time;
  end += more.end;
  empty += more.empty;
  return *this;
}

WorkerCounters& WorkerCounters::operator+=(const WorkerCounters& more) noexcept {
  downstream += more.downstream;
  upstream += more.upstream;
  accepted += more.accepted;
  loop_iterations += more.loop_iterations;
  protocol_mismatch += more.protocol_mismatch;
  pool_hits += more.pool_hits;
  pool_misses += more.pool_misses;
  websocket_opened += more.websocket_opened;
  postgres_opened += more.postgres_opened;
  postgres_closed += more.postgres_closed;
  postgres_statements += more.postgres_statements;
  postgres_denied += more.postgres_denied;
  postgres_cut += more.postgres_cut;
  postgres_cancels += more.postgres_cancels;
  postgres_withheld += more.postgres_withheld;
  postgres_covered += more.postgres_covered;
  postgres_pauses += more.postgres_pauses;
  sql_long_texts += more.sql_long_texts;
  sql_long_refused += more.sql_long_refused;
  sql_tainted += more.sql_tainted;
  websocket_closed += more.websocket_closed;
  websocket_request_messages += more.websocket_request_messages;
  websocket_response_messages += more.websocket_response_messages;
  findings_dropped += more.findings_dropped;
  evicted_scans += more.evicted_scans;
  limit_total += more.limit_total;
  overload_entered += more.overload_entered;
  overload_refused_connections += more.overload_refused_connections;
  overload_refused_requests += more.overload_refused_requests;
  overload_ended += more.overload_ended;
  overload_ended_bytes += more.overload_ended_bytes;
  endpoints += more.endpoints;
  buffered_bytes += more.buffered_bytes;
  hold_bytes += more.hold_bytes;
  active_exchanges += more.active_exchanges;
  idle_upstream += more.idle_upstream;
  ejected_endpoints += more.ejected_endpoints;
  memory_limit_bytes += more.memory_limit_bytes;
  overload_step = std::max(overload_step, more.overload_step);
  return *this;
}

RequestDistribution& RequestDistribution::operator+=(const RequestDistribution& more) noexcept {
  count += more.count;
  request_bytes += more.request_bytes;
  response_bytes += more.response_bytes;
  request_messages += more.request_messages;
  response_messages += more.response_messages;
  duration_us_sum += more.duration_us_sum;
  for (std::size_t i = 0; i < duration_buckets.size(); ++i) {
    duration_buckets[i] += more.duration_buckets[i];
  }
  return *this;
}

RequestSeriesKey::RequestSeriesKey(const RequestSeriesView& series)
    : side(series.side),
      peer_principal(series.peer_principal),
      listener(series.listener),
      route(series.route),
      response_code(series.response_code),
      response_flags(series.response_flags),
      mutual_tls(series.mutual_tls),
      grpc_status(series.grpc_status) {}

RequestSeriesView RequestSeriesKey::view() const noexcept {
  return {side, peer_principal, listener, route, response_code, response_flags, mutual_tls, grpc_status};
}

std::size_t RequestSeriesHash::operator()(const RequestSeriesView& series) const noexcept {
  constexpr std::size_t kFactor = 1'000'003;
  std::size_t hash = series.response_code * std::size_t{256} + series.grpc_status;
  for (const std::string_view text : {series.peer_principal, series.listener, series.route, series.response_flags}) {
    hash = hash * kFactor + std::hash<std::string_view>{}(text);
  }
  return hash * kFactor + static_cast<std::size_t>(series.side) * 2 + (series.mutual_tls ? 1 : 0);
}

RequestCounts::Series* RequestCounts::find_or_create(const RequestSeriesView& series) {
  if (last_.entry != nullptr && series == last_.entry->first.view()) {  // one request is mostly like the one before
    return &last_.entry->second;
  }
  if (const auto found = series_.find(series); found != series_.end()) {
    last_.entry = &*found;
    return &found->second;
  }
  if (series_.size() >= kMaxSeries) {
    return nullptr;
  }
  const Series created{0, series_.size()};
  if (created.ordinal < kMaxDistributions) {
    distributions_.emplace_back();
  }
  return &series_.emplace(RequestSeriesKey(series), created).first->second;
}

void RequestCounts::add(const RequestSeriesView& series, std::uint64_t count, const RequestDistribution& distribution) {
  Series* const own = find_or_create(series);
  if (own == nullptr) {
    other_count_ += count;
    other_distribution_ += distribution;
    return;
  }
  own->count += count;
  (own->ordinal < kMaxDistributions ? distributions_[own->ordinal] : other_distribution_) += distribution;
}

std::vector<RequestCounts::Entry> RequestCounts::entries() const {
  std::vector<Entry> ordered(series_.size());
  for (const auto& [key, series] : series_) {
    const bool own_distribution = series.ordinal < kMaxDistributions;
    ordered[series.ordinal] = {&key, series.count, own_distribution ? &distributions_[series.ordinal] : nullptr};
  }
  return ordered;
}

void RequestCounts::add_all(const RequestCounts& more) {
  const RequestDistribution nothing;  // what shares the other distribution is added with it, below
  for (const Entry& entry : more.entries()) {
    add(entry.key->view(), entry.count, entry.distribution == nullptr ? nothing : *entry.distribution);
  }
  other_count_ += more.other_count_;
  other_distribution_ += more.other_distribution_;
}

std::uint64_t RequestCounts::value(const RequestSeriesView& series) const {
  const auto found = series_.find(series);
  return found == series_.end() ? 0 : found->second.count;
}

void MetricsSample::add_all(const MetricsSample& more) {
  counters += more.counters;
  inspect_times += more.inspect_times;
  requests.add_all(more.requests);
  tcp.add_all(more.tcp);
  exchange_reasons += more.exchange_reasons;
  connection_reasons += more.connection_reasons;
  authz_allow.add_all(more.authz_allow);
  authz_deny.add_all(more.authz_deny);
  pods.add_all(more.pods);
  dry_run.add_all(more.dry_run);
  findings.add_all(more.findings);
}

void WorkerMetrics::count(const ExchangeRecord& record) {
  if (!record.is_tcp) {
    sample_.requests.add({record.side, record.peer_spiffe, record.listener, record.route_name, record.response_code,
                          traits(record.reason).flag, record.mutual_tls, grpc_label(record)},
                         1, distribution_of(record));
  }
  sample_.exchange_reasons[record.reason] += 1;
  if (!record.pod.empty()) {
    sample_.pods.add({record.pod, record.side == inspect::Side::kIngress ? "ingress" : "egress",
                      record.reason == Reason::kNone ? "well" : "otherwise"});
  }
  if (record.verdict != nullptr) {
    count_verdict(*record.verdict);
  }
  count_findings(record);
}

void WorkerMetrics::count_findings(const ExchangeRecord& record) {
  count_findings(record.findings, record.findings_dropped);
}

void WorkerMetrics::count_dry_run(std::string_view rule, WouldBe would_be) {
  const auto [policy, name] = split_rule(rule);
  sample_.dry_run.add({policy, name, would_be == WouldBe::kDenied ? "would_deny" : "would_allow"});
}

void WorkerMetrics::count_findings(std::span<const inspect::Finding> findings, std::uint64_t dropped) {
  for (const inspect::Finding& finding : findings) {
    sample_.findings.add({finding.detector, finding.rule, action_of(finding), direction_of(finding)});
  }
  sample_.counters.findings_dropped += dropped;
}

void WorkerMetrics::count(const ConnectionEvent& event) noexcept {
  sample_.connection_reasons[event.reason] += 1;
}

void WorkerMetrics::count_verdict(const inspect::Verdict& verdict) {
  const auto [policy, rule] = split_rule(verdict.rule);
  switch (outcome_of(verdict.reason)) {
    case PolicyOutcome::kAllowed:
      sample_.authz_allow.add({verdict.policy_kind, policy, rule, verdict.basis});
      break;
    case PolicyOutcome::kDenied:
      sample_.authz_deny.add({verdict.policy_kind, policy, rule, verdict.basis});
      break;
    case PolicyOutcome::kAllowedThenDetected:
      // The verdict names the detector's rule; which policy rule had allowed it is no longer known.
      sample_.authz_allow.add({"", "", "", "detected"});
      break;
    case PolicyOutcome::kNotAsked:
      break;
  }
  if (verdict.dry_run_differs) {
    const auto [dry_policy, dry_rule] = split_rule(verdict.dry_run_rule);
    sample_.dry_run.add({dry_policy, dry_rule, verdict.allowed() ? "would_deny" : "would_allow"});
  }
}

}  // namespace gabion::proxy
