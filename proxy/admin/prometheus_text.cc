// Counters as prometheus-cpp's metric families, and those as text.
#include "proxy/admin/prometheus_text.h"

#include <prometheus/text_serializer.h>

#include <initializer_list>
#include <iterator>
#include <limits>
#include <utility>

#include "proxy/admin/prometheus_endpoints.h"
#include "proxy/admin/prometheus_families.h"
#include "proxy/admin/prometheus_gateway.h"
#include "proxy/admin/prometheus_overload.h"
#include "proxy/admin/prometheus_tcp.h"

namespace gabion::proxy {

using namespace metric_families;

namespace {

LabelList request_labels(const RequestSeriesKey& key, const ProcessFacts& facts) {
  LabelList labels = end_labels(key, facts);
  const bool is_grpc = key.grpc_status != RequestSeriesView::kNotGrpc;
  const bool has_status = is_grpc && key.grpc_status != RequestSeriesView::kNoGrpcStatus;
  labels.push_back(label("request_protocol", is_grpc ? "grpc" : "http"));
  labels.push_back(label("response_code", std::to_string(key.response_code)));
  labels.push_back(label("grpc_response_status", has_status ? std::to_string(key.grpc_status) : std::string(kUnknown)));
  labels.push_back(label("response_flags", key.response_flags.empty() ? "-" : key.response_flags));
  labels.push_back(label("connection_security_policy", key.mutual_tls ? "mutual_tls" : "none"));
  labels.push_back(label("listener", key.listener));
  return labels;
}

/// Every label of a series that stands for what did not fit.
LabelList other_labels() {
  LabelList labels = request_labels(RequestSeriesKey{RequestSeriesView{}}, ProcessFacts{});
  for (ClientMetric::Label& each : labels) {
    each.value = kOther;
  }
  return labels;
}

void add_durations(MetricFamily& family, const RequestDistribution& distribution, LabelList labels) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.histogram.sample_count = distribution.count;
  metric.histogram.sample_sum = static_cast<double>(distribution.duration_us_sum) / 1'000.0;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < distribution.duration_buckets.size(); ++i) {
    cumulative += distribution.duration_buckets[i];
    const bool last = i == kDurationBucketsMs.size();
    metric.histogram.bucket.push_back(
        {cumulative, last ? std::numeric_limits<double>::infinity() : kDurationBucketsMs[i]});
  }
}

/// Sum and count only; one bucket, since the text format knows no histogram without.
void add_sizes(MetricFamily& family, std::uint64_t sum, std::uint64_t count, LabelList labels) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(sum);
  metric.histogram.bucket.push_back({count, std::numeric_limits<double>::infinity()});
}

void append_requests(Families& families, const RequestCounts& requests, const ProcessFacts& facts) {
  Families all;
  all.reserve(6);  // the references below stay valid
  MetricFamily& total = add_family(all, "istio_requests_total", "Exchanges finished.", MetricType::Counter);
  MetricFamily& durations =
      add_family(all, "istio_request_duration_milliseconds",
                 "From the first byte of a request to the last of its answer.", MetricType::Histogram);
  MetricFamily& received = add_family(all, "istio_request_bytes", "Request body bytes.", MetricType::Histogram);
  MetricFamily& sent = add_family(all, "istio_response_bytes", "Response body bytes.", MetricType::Histogram);
  MetricFamily& asked =
      add_family(all, "istio_request_messages_total", "gRPC messages to the service.", MetricType::Counter);
  MetricFamily& answered =
      add_family(all, "istio_response_messages_total", "gRPC messages to the client.", MetricType::Counter);
  const auto add_distribution = [&](const RequestDistribution& distribution, const LabelList& labels) {
    add_durations(durations, distribution, labels);
    add_sizes(received, distribution.request_bytes, distribution.count, labels);
    add_sizes(sent, distribution.response_bytes, distribution.count, labels);
  };
  for (const RequestCounts::Entry& entry : requests.entries()) {
    const LabelList labels = request_labels(*entry.key, facts);
    add_value(total, entry.count, labels);
    if (entry.distribution != nullptr) {
      add_distribution(*entry.distribution, labels);
      if (entry.key->grpc_status != RequestSeriesView::kNotGrpc) {
        add_value(asked, entry.distribution->request_messages, labels);
        add_value(answered, entry.distribution->response_messages, labels);
      }
    }
  }
  if (requests.other_count() > 0) {
    add_value(total, requests.other_count(), other_labels());
  }
  if (requests.other_distribution().count > 0) {
    add_distribution(requests.other_distribution(), other_labels());
  }
  std::move(all.begin(), all.end(), std::back_inserter(families));
}

// ---- gabion_* -------------------------------------------------------------------------------------------------------

/// `names`: one label name for each part of the series that is used; at most LabelledCounts::kMaxLabels.
void append_labelled(Families& families, std::string_view name, std::string_view help, const LabelledCounts& counts,
                     std::initializer_list<std::string_view> names) {
  MetricFamily& family = add_family(families, name, help, MetricType::Counter);
  for (const LabelledCounts::Entry& entry : counts.entries()) {
    LabelList labels;
    std::size_t i = 0;
    for (const std::string_view each : names) {
      labels.push_back(label(each, (*entry.labels)[i]));
      ++i;
    }
    add_value(family, entry.count, std::move(labels));
  }
  if (counts.other() > 0) {
    LabelList labels;
    for (const std::string_view each : names) {
      labels.push_back(label(each, kOther));
    }
    add_value(family, counts.other(), std::move(labels));
  }
}

void append_websocket(Families& families, const WorkerCounters& counters) {
  add_gauge(families, "gabion_websocket_connections", "WebSockets open now.",
            static_cast<double>(counters.websocket_opened - counters.websocket_closed));
  MetricFamily& messages = add_family(families, "gabion_websocket_messages_total",
                                      "Messages of WebSockets that came whole.", MetricType::Counter);
  add_value(messages, counters.websocket_request_messages, {label("direction", "request")});
  add_value(messages, counters.websocket_response_messages, {label("direction", "response")});
}

void append_postgres(Families& families, const WorkerCounters& counters) {
  add_gauge(families, "gabion_postgres_sessions", "Sessions of PostgreSQL open now.",
            static_cast<double>(counters.postgres_opened - counters.postgres_closed));
  add_counter(families, "gabion_postgres_statements_total", "Statements that clients sent (Query, Parse).",
              counters.postgres_statements);
  add_counter(families, "gabion_postgres_denied_total", "Statements, and uses of their names, that were denied.",
              counters.postgres_denied);
  add_counter(families, "gabion_postgres_cut_answers_total",
              "Answers that were cut, by a rule's limits or for what was found in them.", counters.postgres_cut);
  add_counter(families, "gabion_postgres_cancels_total", "Servers that were told to stop what was cut.",
              counters.postgres_cancels);
  add_counter(families, "gabion_postgres_withheld_values_total", "Values of columns that rules withhold.",
              counters.postgres_withheld);
  add_counter(families, "gabion_postgres_covered_values_total", "Values in which something sensitive was covered.",
              counters.postgres_covered);
  MetricFamily& pauses =
      add_family(families, "gabion_postgres_result_pauses_total",
                 "Times that the rest of a long result was waited for, by what ended it.", MetricType::Counter);
  add_value(pauses, counters.postgres_pauses.full, {label("ended", "full")});
  add_value(pauses, counters.postgres_pauses.time, {label("ended", "time")});
  add_value(pauses, counters.postgres_pauses.end, {label("ended", "end")});
  add_value(pauses, counters.postgres_pauses.empty, {label("ended", "empty")});
  add_counter(families, "gabion_sql_long_texts_total", "Statements beyond 64 KiB, read beside the worker's loop.",
              counters.sql_long_texts);
  add_counter(families, "gabion_sql_long_texts_refused_total", "Of these, denied since too many waited.",
              counters.sql_long_refused);
  add_counter(families, "gabion_sql_tainted_total",
              "Statements, denied or logged, of which more than one token came with an HTTP request.",
              counters.sql_tainted);
}

void append_verdicts(Families& families, const MetricsSample& sample) {
  append_labelled(families, "gabion_authz_allow_total", "Exchanges policy allowed.", sample.authz_allow,
                  {"kind", "policy", "rule", "basis"});
  append_labelled(families, "gabion_authz_deny_total", "Exchanges policy denied.", sample.authz_deny,
                  {"kind", "policy", "rule", "basis"});
  append_labelled(families, "gabion_dry_run_total",
                  "Exchanges and statements dry-run policies would have judged otherwise.", sample.dry_run,
                  {"policy", "rule", "outcome"});
  append_labelled(families, "gabion_findings_total", "What detectors found.", sample.findings,
                  {"detector", "rule", "action", "direction"});
  append_websocket(families, sample.counters);
  append_postgres(families, sample.counters);
  add_counter(families, "gabion_findings_dropped_total", "Findings of an exchange beyond the first 64.",
              sample.counters.findings_dropped);
  add_counter(families, "gabion_waf_remembered_evicted_total",
              "Values that scans of rules had remembered and that left for others.", sample.counters.evicted_scans);
}

/// Reasons for which identity or policy ends a whole connection.
constexpr std::array kTerminating = {Reason::kMtlsRequired,
                                     Reason::kNoClientCertificate,
                                     Reason::kClientCertificateUntrusted,
                                     Reason::kClientCertificateExpired,
                                     Reason::kClientCertificateIdentity,
                                     Reason::kTrustDomain,
                                     Reason::kPolicyDenied,
                                     Reason::kHopRefused,
                                     Reason::kIdentityExpired,
                                     Reason::kRootRemoved,
                                     Reason::kPolicyChanged,
                                     Reason::kPeerGone};

void append_reasons(Families& families, const MetricsSample& sample) {
  MetricFamily& reasons =
      add_family(families, "gabion_reason_total", "Exchanges and connections by how they ended other than well.",
                 MetricType::Counter);
  for (std::size_t i = 1; i < EnumCounts<Reason>::kSize; ++i) {
    const auto reason = static_cast<Reason>(i);
    const std::string_view code = traits(reason).code;
    add_value(reasons, sample.exchange_reasons[reason], {label("scope", "exchange"), label("reason", code)});
    add_value(reasons, sample.connection_reasons[reason], {label("scope", "connection"), label("reason", code)});
  }
  MetricFamily& terminated = add_family(families, "gabion_authz_terminate_total",
                                        "Connections ended by identity or policy.", MetricType::Counter);
  for (const Reason reason : kTerminating) {
    add_value(terminated, sample.connection_reasons[reason], {label("reason", traits(reason).code)});
  }
}

void append_limits(Families& families, const WorkerCounters& counters, const ProcessFacts& facts) {
  MetricFamily& limits =
      add_family(families, "gabion_limit_total", "How often a limit was reached.", MetricType::Counter);
  for (std::size_t i = 0; i < EnumCounts<Limit>::kSize; ++i) {
    const auto limit = static_cast<Limit>(i);
    add_value(limits, counters.limit_total[limit], {label("limit", to_string(limit))});
  }
  add_value(limits, facts.audit_dropped, {label("limit", "auditQueue")});
  add_counter(families, "gabion_protocol_mismatch_total", "Connections that did not speak the declared protocol.",
              counters.protocol_mismatch);
}

/// One family with a value for the downstream and one for the upstream side.
template <class Select>
void append_sides(Families& families, std::string_view name, std::string_view help, MetricType type,
                  const WorkerCounters& counters, Select select) {
  MetricFamily& family = add_family(families, name, help, type);
  add_value(family, select(counters.downstream), {label("side", "downstream")});
  add_value(family, select(counters.upstream), {label("side", "upstream")});
}

void append_connections(Families& families, const WorkerCounters& counters) {
  constexpr auto kCounter = MetricType::Counter;
  append_sides(families, "gabion_connections_opened_total", "Connections opened.", kCounter, counters,
               [](const ConnectionCounters& side) { return side.opened; });
  append_sides(families, "gabion_connections_closed_total", "Connections closed.", kCounter, counters,
               [](const ConnectionCounters& side) { return side.closed; });
  append_sides(families, "gabion_connections_open", "Connections open now.", MetricType::Gauge, counters,
               [](const ConnectionCounters& side) { return side.opened - side.closed; });
  append_sides(families, "gabion_received_bytes_total", "Bytes read, TLS removed.", kCounter, counters,
               [](const ConnectionCounters& side) { return side.bytes_received; });
  append_sides(families, "gabion_sent_bytes_total", "Bytes written, before TLS.", kCounter, counters,
               [](const ConnectionCounters& side) { return side.bytes_sent; });
  append_sides(families, "gabion_tls_handshakes_total", "TLS handshakes finished, resumed ones included.", kCounter,
               counters, [](const ConnectionCounters& side) { return side.tls.ok; });
  append_sides(families, "gabion_tls_resumed_total", "TLS handshakes that resumed a session.", kCounter, counters,
               [](const ConnectionCounters& side) { return side.tls.resumed; });
  append_sides(families, "gabion_tls_failed_total", "TLS handshakes that failed.", kCounter, counters,
               [](const ConnectionCounters& side) { return side.tls.failed; });
  add_counter(families, "gabion_pool_hits_total", "Upstream connections reused.", counters.pool_hits);
  add_counter(families, "gabion_pool_misses_total", "Upstream connections that had to be made.", counters.pool_misses);
}

void append_gauges(Families& families, const WorkerCounters& counters) {
  add_gauge(families, "gabion_buffered_bytes", "Bytes in read buffers and send queues, and kept by detectors.",
            static_cast<double>(counters.buffered_bytes));
  add_gauge(families, "gabion_hold_bytes", "Bytes held for a verdict.", static_cast<double>(counters.hold_bytes));
  add_gauge(families, "gabion_active_exchanges", "Exchanges under way.",
            static_cast<double>(counters.active_exchanges));
  add_gauge(families, "gabion_idle_upstream_connections", "Upstream connections waiting to be reused.",
            static_cast<double>(counters.idle_upstream));
}

void append_inspection(Families& families, const InspectTimes& times) {
  MetricFamily& calls =
      add_family(families, "gabion_inspect_calls_total", "Questions to inspection by stage.", MetricType::Counter);
  for (std::size_t i = 0; i < static_cast<std::size_t>(InspectStage::kCount); ++i) {
    const auto stage = static_cast<InspectStage>(i);
    add_value(calls, times.of(stage).calls, {label("stage", to_string(stage))});
  }
  MetricFamily& seconds = add_family(families, "gabion_inspect_seconds",
                                     "Time of a question to inspection, measured at one in 64.", MetricType::Histogram);
  for (std::size_t i = 0; i < static_cast<std::size_t>(InspectStage::kCount); ++i) {
    const auto stage = static_cast<InspectStage>(i);
    ClientMetric& metric = seconds.metric.emplace_back();
    metric.label = {label("stage", to_string(stage))};
    metric.histogram.sample_count = times.of(stage).measured;
    metric.histogram.sample_sum = times.of(stage).seconds;
    std::uint64_t cumulative = 0;
    for (std::size_t bucket = 0; bucket <= kInspectBuckets.size(); ++bucket) {
      cumulative += times.of(stage).buckets[bucket];
      metric.histogram.bucket.push_back({cumulative, bucket == kInspectBuckets.size()
                                                         ? std::numeric_limits<double>::infinity()
                                                         : kInspectBuckets[bucket]});
    }
  }
}

void append_workers(Families& families, std::span<const MetricsSample> workers) {
  MetricFamily& accepted =
      add_family(families, "gabion_accepted_total", "Sockets taken from listeners.", MetricType::Counter);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    add_value(accepted, workers[i].counters.accepted, {label("worker", std::to_string(i))});
  }
  MetricFamily& loops =
      add_family(families, "gabion_loop_iterations_total", "Rounds of a worker's event loop.", MetricType::Counter);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    add_value(loops, workers[i].counters.loop_iterations, {label("worker", std::to_string(i))});
  }
}

/// The last part of a path: no label shows where something lies.
std::string_view name_of(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1);
}

void append_facts(Families& families, const ProcessFacts& facts) {
  add_value(add_family(families, "gabion_build_info", "Always 1.", MetricType::Gauge), std::uint64_t{1},
            {label("version", facts.version), label("namespace", facts.workload_namespace), label("pod", facts.pod),
             label("service_account", facts.service_account)});
  MetricFamily& expiry = add_family(families, "gabion_cert_expiry_seconds",
                                    "Seconds until the file's first certificate expires.", MetricType::Gauge);
  for (const CertificateFacts& certificate : facts.certificates) {
    add_value(expiry, certificate.expires_in_seconds,
              {label("role", certificate.role), label("file", name_of(certificate.file))});
  }
  add_gauge(families, "gabion_bundle_generation", "Generation of key, certificate and roots in use.",
            static_cast<double>(facts.bundle_generation));
  add_gauge(families, "gabion_config_generation", "Generation of the configuration in use.",
            static_cast<double>(facts.config_generation));
  add_counter(families, "gabion_config_rejected_total", "Configurations that were refused; the last good one stayed.",
              facts.config_rejected_total);
  add_gauge(families, "gabion_provisional_rules", "1 while pattern databases of inspection.waf are being compiled.",
            static_cast<double>(facts.provisional_rules));
  add_counter(families, "gabion_audit_dropped_total", "Log lines dropped because the queue was full.",
              facts.audit_dropped);
  add_gauge(families, "gabion_rss_bytes", "Resident memory.", static_cast<double>(facts.rss_bytes));
  add_gauge(families, "process_start_time_seconds", "Start time, seconds since 1970.",
            std::chrono::duration<double>(facts.start_time.time_since_epoch()).count());
}

}  // namespace

std::string render_prometheus(std::span<const MetricsSample> workers, const ProcessFacts& facts) {
  MetricsSample all;
  for (const MetricsSample& worker : workers) {
    all.add_all(worker);
  }
  Families families;
  append_requests(families, all.requests, facts);
  append_tcp(families, all.tcp, facts);
  append_verdicts(families, all);
  append_reasons(families, all);
  append_limits(families, all.counters, facts);
  append_connections(families, all.counters);
  append_gauges(families, all.counters);
  append_inspection(families, all.inspect_times);
  append_workers(families, workers);
  append_overload(families, workers);
  append_endpoints(families, all.counters, facts.endpoints);
  append_gateway(families, all.pods, facts);
  append_facts(families, facts);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace gabion::proxy
