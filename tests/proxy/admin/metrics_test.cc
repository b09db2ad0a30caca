// What one worker counts, and how several become one page.
#include "proxy/admin/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "proxy/admin/prometheus_text.h"

namespace gabion::proxy {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kFrontend = "spiffe://cluster.local/ns/shop/sa/frontend";

ExchangeRecord inbound_record() {
  ExchangeRecord record;
  record.listener = "inbound-8080";
  record.response_code = 200;
  record.duration = 7ms;
  record.bytes_received = 100;
  record.bytes_sent = 2'000;
  record.peer_spiffe = kFrontend;
  record.mutual_tls = true;
  return record;
}

RequestSeriesView series_of(const ExchangeRecord& record) {
  return {record.side,          record.peer_spiffe,         record.listener,  record.route_name,
          record.response_code, traits(record.reason).flag, record.mutual_tls};
}

ProcessFacts shop_facts() {
  ProcessFacts facts;
  facts.version = "0.1.0";
  facts.workload_namespace = "shop";
  facts.pod = "orders-0";
  facts.service_account = "orders";
  facts.principal = "spiffe://cluster.local/ns/shop/sa/orders";
  return facts;
}

/// The value after the one line that begins with `start` and holds every one of `parts`; "" when there is not just one.
std::string value_of(const std::string& page, const std::string& start, const std::vector<std::string>& parts) {
  std::string found;
  std::size_t matches = 0;
  for (std::size_t begin = 0; begin < page.size();) {
    const std::size_t end = page.find('\n', begin);
    const std::string line = page.substr(begin, end - begin);
    begin = end + 1;
    bool matching = line.compare(0, start.size(), start) == 0;
    for (const std::string& part : parts) {
      matching = matching && line.find(part) != std::string::npos;
    }
    if (matching) {
      ++matches;
      found = line.substr(line.rfind(' ') + 1);
    }
  }
  return matches == 1 ? found : std::string();
}

std::string page_of(const WorkerMetrics& metrics) {
  const std::vector<MetricsSample> samples = {metrics.sample()};
  return render_prometheus(samples, shop_facts());
}

TEST(WorkerMetrics, CountsExchangesBySeries) {
  WorkerMetrics metrics;
  ExchangeRecord record = inbound_record();
  metrics.count(record);
  metrics.count(record);
  const RequestSeriesView ok = series_of(record);
  record.response_code = 503;
  record.reason = Reason::kUpstreamReset;
  metrics.count(record);
  const MetricsSample sample = metrics.sample();
  EXPECT_EQ(sample.requests.value(ok), 2U);
  EXPECT_EQ(sample.requests.value(series_of(record)), 1U);
  EXPECT_EQ(sample.exchange_reasons[Reason::kUpstreamReset], 1U);
  EXPECT_EQ(sample.exchange_reasons[Reason::kNone], 2U);
}

TEST(WorkerMetrics, TellsSeriesApartByEachPartOfTheirKey) {
  const ExchangeRecord base = inbound_record();
  std::vector<ExchangeRecord> records(8, base);
  records[1].side = inspect::Side::kEgress;
  records[2].listener = "inbound-9090";
  records[3].route_name = "backend";
  records[4].peer_spiffe = "";
  records[5].response_code = 404;
  records[6].reason = Reason::kClientClosed;
  records[7].mutual_tls = false;
  WorkerMetrics metrics;
  for (const ExchangeRecord& record : records) {
    metrics.count(record);
  }
  EXPECT_EQ(metrics.sample().requests.size(), records.size());
}

TEST(WorkerMetrics, KeepsASampleThatLaterCountsDoNotChange) {
  WorkerMetrics metrics;
  metrics.count(inbound_record());
  const MetricsSample before = metrics.sample();
  metrics.count(inbound_record());
  metrics.reached(Limit::kHeaderBytes);
  EXPECT_EQ(before.requests.value(series_of(inbound_record())), 1U);
  EXPECT_EQ(before.counters.limit_total[Limit::kHeaderBytes], 0U);
}

TEST(WorkerMetrics, PutsExchangesInTheBucketWhoseBoundTheyDoNotExceed) {
  struct Case {
    std::chrono::microseconds duration;
    std::size_t bucket;
  };
  const std::size_t infinite = kDurationBucketsMs.size();
  for (const Case& tested : {Case{-5us, 0}, Case{0us, 0}, Case{500us, 0}, Case{501us, 1}, Case{1ms, 1}, Case{7ms, 3},
                             Case{1h, infinite - 1}, Case{1h + 1us, infinite}, Case{100h, infinite}}) {
    WorkerMetrics metrics;
    ExchangeRecord record = inbound_record();
    record.duration = tested.duration;
    metrics.count(record);
    const MetricsSample sample = metrics.sample();
    const auto entries = sample.requests.entries();
    ASSERT_EQ(entries.size(), 1U);
    ASSERT_NE(entries[0].distribution, nullptr);
    EXPECT_EQ(entries[0].distribution->duration_buckets[tested.bucket], 1U) << tested.duration.count() << " us";
  }
}

TEST(WorkerMetrics, StopsAtTheBoundAndCountsTheRestAsOther) {
  WorkerMetrics metrics;
  constexpr std::size_t kExchanges = RequestCounts::kMaxSeries + 500;
  for (std::size_t i = 0; i < kExchanges; ++i) {
    const std::string peer = "spiffe://cluster.local/ns/n/sa/a" + std::to_string(i);
    ExchangeRecord record = inbound_record();
    record.peer_spiffe = peer;
    metrics.count(record);
  }
  const MetricsSample sample = metrics.sample();
  EXPECT_EQ(sample.requests.size(), RequestCounts::kMaxSeries);
  EXPECT_EQ(sample.requests.other_count(), 500U);
  EXPECT_EQ(sample.requests.other_distribution().count, kExchanges - RequestCounts::kMaxDistributions);
}

TEST(WorkerMetrics, CountsWhatPolicySaid) {
  struct Case {
    inspect::Reason reason;
    std::uint64_t allowed;
    std::uint64_t denied;
  };
  for (const Case& tested : {Case{inspect::Reason::kNone, 1, 0}, Case{inspect::Reason::kPolicyDenied, 0, 1},
                             Case{inspect::Reason::kNoIdentity, 0, 1}, Case{inspect::Reason::kIdentityMismatch, 0, 1},
                             Case{inspect::Reason::kPolicyInvalid, 0, 1}, Case{inspect::Reason::kAmbiguousPath, 0, 1},
                             Case{inspect::Reason::kBadPath, 0, 0}, Case{inspect::Reason::kAttackDetected, 0, 0}}) {
    inspect::Verdict verdict;
    verdict.reason = tested.reason;
    verdict.policy_kind = "L7Policy";
    verdict.rule = "shop/orders/ingress[0]";
    verdict.basis = "rule";
    ExchangeRecord record = inbound_record();
    record.verdict = &verdict;
    WorkerMetrics metrics;
    metrics.count(record);
    const LabelledCounts::LabelViews labels = {"L7Policy", "shop/orders", "ingress[0]", "rule"};
    EXPECT_EQ(metrics.sample().authz_allow.value(labels), tested.allowed) << inspect::to_string(tested.reason);
    EXPECT_EQ(metrics.sample().authz_deny.value(labels), tested.denied) << inspect::to_string(tested.reason);
  }
}

TEST(WorkerMetrics, CountsARequestThatADetectorRefusedAsAllowedByPolicy) {
  inspect::Verdict verdict;
  verdict.reason = inspect::Reason::kAttackDetected;
  verdict.rule = "sqli.union-select";
  ExchangeRecord record = inbound_record();
  record.verdict = &verdict;
  WorkerMetrics metrics;
  metrics.count(record);
  EXPECT_EQ(metrics.sample().authz_allow.value({"", "", "", "detected"}), 1U);
  EXPECT_EQ(metrics.sample().authz_deny.size(), 0U);
}

TEST(WorkerMetrics, CountsDryRunsByWhatTheyWouldHaveDone) {
  inspect::Verdict verdict;
  verdict.dry_run_differs = true;
  verdict.dry_run_rule = "shop/strict/ingress[1]";
  ExchangeRecord record = inbound_record();
  record.verdict = &verdict;
  WorkerMetrics metrics;
  metrics.count(record);
  verdict.reason = inspect::Reason::kPolicyDenied;
  metrics.count(record);
  metrics.count(record);
  EXPECT_EQ(metrics.sample().dry_run.value({"shop/strict", "ingress[1]", "would_deny"}), 1U);
  EXPECT_EQ(metrics.sample().dry_run.value({"shop/strict", "ingress[1]", "would_allow"}), 2U);
}

TEST(WorkerMetrics, CountsFindingsByAction) {
  std::vector<inspect::Finding> findings(3);
  for (inspect::Finding& finding : findings) {
    finding.detector = "payment_card";
    finding.rule = "CREDIT_CARD";
  }
  findings[1].covered = true;
  findings[2].covered = true;
  findings[2].blocked = true;
  ExchangeRecord record = inbound_record();
  record.findings = findings;
  record.findings_dropped = 5;
  WorkerMetrics metrics;
  metrics.count(record);
  for (const std::string_view action : {"log", "mask", "block"}) {
    EXPECT_EQ(metrics.sample().findings.value({"payment_card", "CREDIT_CARD", action, "request"}), 1U) << action;
  }
  metrics.count(record);
  MetricsSample all;
  all.add_all(metrics.sample());
  all.add_all(metrics.sample());
  EXPECT_EQ(all.counters.findings_dropped, 20U);
}

TEST(Limits, HaveTheirNameOfTheConfiguration) {
  EXPECT_EQ(to_string(Limit::kConnectionsPerPod), "connectionsPerPod");
  EXPECT_EQ(to_string(Limit::kPlannedEndpoints), "plannedEndpoints");
  EXPECT_EQ(to_string(Limit::kPendingHops), "pendingHops");
  EXPECT_EQ(to_string(Limit::kRequestLineBytes), "requestLineBytes");
  EXPECT_EQ(to_string(Limit::kConnectionsPerIdentity), "connectionsPerIdentity");
  EXPECT_EQ(to_string(Limit::kRequestsPerConnection), "requestsPerConnection");
  EXPECT_EQ(to_string(Limit::kScanBytes), "scanBytes");
  EXPECT_EQ(to_string(Limit::kBodyBytesPerSecond), "bodyBytesPerSecond");
  EXPECT_EQ(to_string(Limit::kDecodedBytes), "decodedBytes");
  EXPECT_EQ(to_string(Limit::kDecodedRatio), "decodedRatio");
  EXPECT_EQ(to_string(Limit::kWebSocketMessageBytes), "websocketMessageBytes");
  EXPECT_EQ(to_string(static_cast<Limit>(99)), "unknown");
}

TEST(PrometheusText, HasIstiosNamesAndLabelsForInbound) {
  WorkerMetrics metrics;
  metrics.count(inbound_record());
  const std::string page = page_of(metrics);
  const std::vector<std::string> labels = {"reporter=\"destination\"",
                                           "source_principal=\"" + std::string(kFrontend) + "\"",
                                           "source_workload_namespace=\"shop\"",
                                           "source_workload=\"unknown\"",
                                           "destination_principal=\"spiffe://cluster.local/ns/shop/sa/orders\"",
                                           "destination_workload=\"orders-0\"",
                                           "destination_service_name=\"unknown\"",
                                           "request_protocol=\"http\"",
                                           "response_code=\"200\"",
                                           "response_flags=\"-\"",
                                           "grpc_response_status=\"unknown\"",
                                           "connection_security_policy=\"mutual_tls\"",
                                           "listener=\"inbound-8080\""};
  EXPECT_EQ(value_of(page, "istio_requests_total{", labels), "1");
  EXPECT_EQ(value_of(page, "istio_request_bytes_sum{", labels), "100");
  EXPECT_EQ(value_of(page, "istio_response_bytes_sum{", labels), "2000");
  EXPECT_EQ(value_of(page, "istio_request_duration_milliseconds_sum{", labels), "7");
  EXPECT_EQ(value_of(page, "istio_request_duration_milliseconds_bucket{", {"le=\"5\""}), "0");
  EXPECT_EQ(value_of(page, "istio_request_duration_milliseconds_bucket{", {"le=\"10\""}), "1");
  EXPECT_EQ(value_of(page, "istio_request_duration_milliseconds_bucket{", {"le=\"+Inf\""}), "1");
}

TEST(PrometheusText, TurnsEndsAroundForOutbound) {
  WorkerMetrics metrics;
  ExchangeRecord record = inbound_record();
  record.side = inspect::Side::kEgress;
  record.peer_spiffe = "spiffe://cluster.local/ns/store/sa/db";
  record.route_name = "database";
  metrics.count(record);
  EXPECT_EQ(value_of(page_of(metrics), "istio_requests_total{",
                     {"reporter=\"source\"", "source_workload=\"orders-0\"",
                      "destination_principal=\"spiffe://cluster.local/ns/store/sa/db\"",
                      "destination_workload_namespace=\"store\"", "destination_service_name=\"database\"",
                      "destination_service_namespace=\"store\""}),
            "1");
}

TEST(PrometheusText, HasIstiosNamesForConnectionsWithoutExchanges) {
  EXPECT_EQ(page_of(WorkerMetrics()).find("istio_tcp_"), std::string::npos);
  WorkerMetrics metrics;
  RequestSeriesView series;
  series.peer_principal = kFrontend;
  series.listener = "cache";
  series.mutual_tls = true;
  metrics.count(series, TcpTotals{1, 0, 10, 0});
  metrics.count(series, TcpTotals{0, 1, 5, 7});
  ExchangeRecord record = inbound_record();
  record.is_tcp = true;
  metrics.count(record);
  const std::string page = page_of(metrics);
  const std::vector<std::string> labels = {
      "reporter=\"destination\"", "source_principal=\"" + std::string(kFrontend) + "\"", "request_protocol=\"tcp\"",
      "connection_security_policy=\"mutual_tls\"", "listener=\"cache\""};
  EXPECT_EQ(value_of(page, "istio_tcp_connections_opened_total{", labels), "1");
  EXPECT_EQ(value_of(page, "istio_tcp_connections_closed_total{", labels), "1");
  EXPECT_EQ(value_of(page, "istio_tcp_received_bytes_total{", labels), "15");
  EXPECT_EQ(value_of(page, "istio_tcp_sent_bytes_total{", labels), "7");
  EXPECT_EQ(page.find("istio_requests_total{"), std::string::npos);
}

TEST(PrometheusText, ConnectionsBeyondTheBoundShareASeries) {
  WorkerMetrics metrics;
  for (std::size_t i = 0; i < TcpCounts::kMaxSeries + 5; ++i) {
    const std::string listener = std::to_string(i);
    RequestSeriesView series;
    series.listener = listener;
    metrics.count(series, TcpTotals{1, 0, 0, 0});
  }
  EXPECT_EQ(metrics.sample().tcp.series().size(), TcpCounts::kMaxSeries);
  EXPECT_EQ(value_of(page_of(metrics), "istio_tcp_connections_opened_total{", {"listener=\"other\""}), "5");
}

TEST(PrometheusText, AddsWorkersUpAndTellsTheirAcceptsApart) {
  WorkerMetrics first;
  WorkerMetrics second;
  first.count(inbound_record());
  second.count(inbound_record());
  second.counters().accepted = 5;
  first.counters().downstream.opened = 3;
  second.counters().downstream.opened = 4;
  second.counters().downstream.closed = 2;
  second.counters().upstream.tls.failed = 6;
  first.reached(Limit::kHeaderBytes);
  const std::vector<MetricsSample> samples = {first.sample(), second.sample()};
  const std::string page = render_prometheus(samples, shop_facts());
  EXPECT_EQ(value_of(page, "istio_requests_total{", {}), "2");
  EXPECT_EQ(value_of(page, "gabion_accepted_total{worker=\"0\"}", {}), "0");
  EXPECT_EQ(value_of(page, "gabion_accepted_total{worker=\"1\"}", {}), "5");
  EXPECT_EQ(value_of(page, "gabion_connections_open{side=\"downstream\"}", {}), "5");
  EXPECT_EQ(value_of(page, "gabion_tls_failed_total{side=\"upstream\"}", {}), "6");
  EXPECT_EQ(value_of(page, "gabion_limit_total{limit=\"headerBytes\"}", {}), "1");
}

TEST(PrometheusText, ShowsOverloadByWorkerAndWhatItCost) {
  WorkerMetrics first;
  WorkerMetrics second;
  second.counters().overload_step = OverloadStep::kRefuseRequests;
  second.counters().buffered_bytes = 95;
  second.counters().memory_limit_bytes = 100;
  second.counters().overload_entered[OverloadStep::kRefuseConnections] = 2;
  first.counters().overload_entered[OverloadStep::kRefuseConnections] = 1;
  first.counters().overload_refused_connections = 3;
  first.counters().overload_refused_requests = 4;
  second.counters().overload_refused_requests = 5;
  second.counters().overload_ended = 6;
  second.counters().overload_ended_bytes = 7'000;
  const std::string page = render_prometheus(std::vector{first.sample(), second.sample()}, shop_facts());
  EXPECT_EQ(value_of(page, "gabion_overload_step{worker=\"0\"}", {}), "0");
  EXPECT_EQ(value_of(page, "gabion_overload_step{worker=\"1\"}", {}), "2");
  EXPECT_EQ(value_of(page, "gabion_memory_in_use_bytes{worker=\"1\"}", {}), "95");
  EXPECT_EQ(value_of(page, "gabion_memory_limit_bytes{worker=\"1\"}", {}), "100");
  EXPECT_EQ(value_of(page, "gabion_overload_entered_total{step=\"refuse_connections\"}", {}), "3");
  EXPECT_EQ(value_of(page, "gabion_overload_shed_total{action=\"refuse_connection\"}", {}), "3");
  EXPECT_EQ(value_of(page, "gabion_overload_shed_total{action=\"refuse_request\"}", {}), "9");
  EXPECT_EQ(value_of(page, "gabion_overload_shed_total{action=\"end_largest\"}", {}), "6");
  EXPECT_EQ(value_of(page, "gabion_overload_ended_bytes_total", {}), "7000");
}

TEST(PrometheusText, ShowsHowLongInspectionTakes) {
  WorkerMetrics metrics;
  for (int i = 0; i < 65; ++i) {
    EXPECT_EQ(metrics.timed(InspectStage::kRequestBody, [i] { return i; }), i);
  }
  const std::string page = page_of(metrics);
  EXPECT_EQ(value_of(page, "gabion_inspect_calls_total{stage=\"request_body\"}", {}), "65");
  EXPECT_EQ(value_of(page, "gabion_inspect_seconds_count{stage=\"request_body\"}", {}), "2");
  EXPECT_EQ(value_of(page, "gabion_inspect_seconds_bucket{", {"stage=\"request_body\"", "le=\"+Inf\""}), "2");
  EXPECT_EQ(value_of(page, "gabion_inspect_seconds_count{stage=\"request_head\"}", {}), "0");
}

TEST(PrometheusText, CountsDryRunsOfStatementsAndWhatBecameOfAnswers) {
  WorkerMetrics metrics;
  metrics.count_dry_run("shop/db/web", WorkerMetrics::WouldBe::kDenied);
  metrics.counters().postgres_cut = 1;
  metrics.counters().postgres_cancels = 2;
  metrics.counters().postgres_withheld = 3;
  metrics.counters().postgres_covered = 4;
  const std::string page = page_of(metrics);
  EXPECT_EQ(value_of(page, "gabion_dry_run_total{", {"policy=\"shop/db\"", "rule=\"web\"", "outcome=\"would_deny\""}),
            "1");
  EXPECT_EQ(value_of(page, "gabion_postgres_cut_answers_total", {}), "1");
  EXPECT_EQ(value_of(page, "gabion_postgres_cancels_total", {}), "2");
  EXPECT_EQ(value_of(page, "gabion_postgres_withheld_values_total", {}), "3");
  EXPECT_EQ(value_of(page, "gabion_postgres_covered_values_total", {}), "4");
}

TEST(PrometheusText, CountsPausesWithinResultsOfAllWorkersByWhatEndedThem) {
  WorkerMetrics metrics;
  metrics.counters().postgres_pauses = {.full = 1, .time = 2, .end = 3, .empty = 4};
  WorkerCounters more;
  more.postgres_pauses = {.full = 10, .time = 20, .end = 30, .empty = 40};
  metrics.counters() += more;
  const std::string page = page_of(metrics);
  const std::pair<const char*, const char*> expected[] = {
      {"full", "11"}, {"time", "22"}, {"end", "33"}, {"empty", "44"}};
  for (const auto& [ended, count] : expected) {
    const std::string label = std::string("ended=\"") + ended + "\"";
    EXPECT_EQ(value_of(page, "gabion_postgres_result_pauses_total{", {label}), count) << ended;
  }
}

TEST(PrometheusText, CountsConnectionsEndedByIdentityOrPolicy) {
  WorkerMetrics metrics;
  ConnectionEvent event;
  event.reason = Reason::kMtlsRequired;
  metrics.count(event);
  event.reason = Reason::kIdleTimeout;
  metrics.count(event);
  const std::string page = page_of(metrics);
  EXPECT_EQ(value_of(page, "gabion_authz_terminate_total{reason=\"mtls_required\"}", {}), "1");
  EXPECT_EQ(value_of(page, "gabion_authz_terminate_total{reason=\"idle_timeout\"}", {}), "");
  EXPECT_EQ(value_of(page, "gabion_reason_total{", {"scope=\"connection\"", "reason=\"idle_timeout\""}), "1");
  EXPECT_EQ(value_of(page, "gabion_reason_total{", {"scope=\"exchange\"", "reason=\"idle_timeout\""}), "0");
}

TEST(PrometheusText, ShowsWhatIsKnownOfTheProgram) {
  ProcessFacts facts = shop_facts();
  facts.certificates = {{"certificate", "/etc/gabion/tls.crt", 3600.0}, {"trust_bundle", "/etc/gabion/ca.crt", -5.0}};
  facts.config_generation = 4;
  facts.bundle_generation = 7;
  facts.config_rejected_total = 2;
  facts.audit_dropped = 9;
  facts.rss_bytes = 1 << 20;
  facts.start_time = std::chrono::system_clock::time_point(1'700'000'000s);
  const std::string page = render_prometheus({}, facts);
  EXPECT_EQ(value_of(page, "gabion_cert_expiry_seconds{", {"role=\"certificate\"", "file=\"tls.crt\""}), "3600");
  EXPECT_EQ(value_of(page, "gabion_cert_expiry_seconds{", {"role=\"trust_bundle\""}), "-5");
  EXPECT_EQ(value_of(page, "gabion_config_generation ", {}), "4");
  EXPECT_EQ(value_of(page, "gabion_bundle_generation ", {}), "7");
  EXPECT_EQ(value_of(page, "gabion_config_rejected_total ", {}), "2");
  EXPECT_EQ(value_of(page, "gabion_audit_dropped_total ", {}), "9");
  EXPECT_EQ(value_of(page, "gabion_limit_total{limit=\"auditQueue\"}", {}), "9");
  EXPECT_EQ(value_of(page, "gabion_rss_bytes ", {}), "1048576");
  EXPECT_EQ(value_of(page, "process_start_time_seconds ", {}), "1700000000");
  EXPECT_EQ(value_of(page, "gabion_build_info{", {"version=\"0.1.0\"", "pod=\"orders-0\""}), "1");
}

TEST(PrometheusText, CallsWhatDidNotFitOtherAndStaysBelowTenThousandLines) {
  std::vector<WorkerMetrics> workers(2);
  for (std::size_t i = 0; i < 2 * RequestCounts::kMaxSeries; ++i) {
    const std::string peer = "spiffe://cluster.local/ns/n/sa/a" + std::to_string(i);
    const std::string rule = "n/p" + std::to_string(i) + "/ingress[0]";
    inspect::Verdict verdict;
    verdict.rule = rule;
    ExchangeRecord record = inbound_record();
    record.peer_spiffe = peer;
    record.verdict = &verdict;
    workers[i % 2].count(record);
  }
  const std::vector<MetricsSample> samples = {workers[0].sample(), workers[1].sample()};
  const std::string page = render_prometheus(samples, shop_facts());
  EXPECT_EQ(value_of(page, "istio_requests_total{", {"source_principal=\"other\"", "response_code=\"other\""}),
            std::to_string(RequestCounts::kMaxSeries));
  EXPECT_EQ(value_of(page, "gabion_authz_allow_total{", {"policy=\"other\"", "rule=\"other\""}),
            std::to_string(2 * RequestCounts::kMaxSeries - MetricsSample::kMaxPolicySeries));
  EXPECT_LT(std::count(page.begin(), page.end(), '\n'), 10'000);
}

TEST(PrometheusText, EscapesLabelValues) {
  ProcessFacts facts = shop_facts();
  facts.pod = "a\"b\\c\nd";
  EXPECT_EQ(value_of(render_prometheus({}, facts), "gabion_build_info{", {R"(pod="a\"b\\c\nd")"}), "1");
}

}  // namespace
}  // namespace gabion::proxy
