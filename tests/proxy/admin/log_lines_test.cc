// Log lines: the keys parsers expect, the evidence without the secret, and nothing the peer could forge.
#include "proxy/admin/log_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace gabion::proxy {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

ExchangeRecord full_record() {
  ExchangeRecord record;
  record.start_time = std::chrono::system_clock::time_point(1'700'000'000'042ms);
  record.duration = 12'345us;
  record.upstream_service_time = 9'999us;
  record.listener = "inbound-8080";
  record.method = "GET";
  record.path = "/orders?id=7";
  record.protocol = "HTTP/1.1";
  record.authority = "orders.shop";
  record.user_agent = "curl/8";
  record.x_forwarded_for = "10.1.1.1";
  record.request_id = "00010203-0405-4607-8809-0a0b0c0d0e0f";
  record.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  record.response_code = 200;
  record.bytes_received = 10;
  record.bytes_sent = 20;
  record.upstream_host = "127.0.0.1:8080";
  record.downstream_local = {config::IpAddress::v4(0x0A000001), 15006};
  record.downstream_remote = {config::IpAddress::v4(0x0A000002), 40000};
  record.peer_spiffe = "spiffe://cluster.local/ns/shop/sa/frontend";
  record.mutual_tls = true;
  record.generation = 3;
  return record;
}

json::value access_line(const ExchangeRecord& record) {
  std::string line;
  write_access_line(record, line);
  return json::parse(line);
}

json::value audit_line(const ExchangeRecord& record) {
  std::string line;
  write_audit_line(record, line);
  return json::parse(line);
}

TEST(AccessLine, HasEnvoysKeysAndOurs) {
  const json::value line = access_line(full_record());
  const std::vector<std::pair<std::string, json::value>> expected = {
      {"log", "access"},
      {"start_time", "2023-11-14T22:13:20.042Z"},
      {"route_name", nullptr},
      {"method", "GET"},
      {"path", "/orders?id=7"},
      {"protocol", "HTTP/1.1"},
      {"response_code", 200},
      {"response_flags", "-"},
      {"response_code_details", "via_upstream"},
      {"connection_termination_details", nullptr},
      {"bytes_received", 10},
      {"bytes_sent", 20},
      {"duration", 12},
      {"duration_us", 12'345},
      {"upstream_service_time", 9},
      {"x_forwarded_for", "10.1.1.1"},
      {"user_agent", "curl/8"},
      {"request_id", "00010203-0405-4607-8809-0a0b0c0d0e0f"},
      {"authority", "orders.shop"},
      {"upstream_host", "127.0.0.1:8080"},
      {"upstream_cluster", "inbound-8080"},
      {"upstream_local_address", nullptr},
      {"downstream_local_address", "10.0.0.1:15006"},
      {"downstream_remote_address", "10.0.0.2:40000"},
      {"requested_server_name", nullptr},
      {"upstream_transport_failure_reason", nullptr},
      {"policy", nullptr},
      {"rule", nullptr},
      {"verdict", nullptr},
      {"mode", "enforce"},
      {"dry_run", nullptr},
      {"peer_spiffe", "spiffe://cluster.local/ns/shop/sa/frontend"},
      {"threats", json::array{}},
      {"pii", json::array{}},
      {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
      {"span_id", "00f067aa0ba902b7"},
      {"generation", 3},
      {"reason", "none"},
  };
  for (const auto& [key, value] : expected) {
    ASSERT_TRUE(line.as_object().contains(key)) << key;
    EXPECT_EQ(json::serialize(line.at(key)), json::serialize(value)) << key;
  }
}

TEST(AccessLine, TimesBeforeTheEpochAndEmptyRecordsAreStillJson) {
  ExchangeRecord record;
  record.start_time = std::chrono::system_clock::time_point(-1ms);
  record.duration = -5us;
  const json::value line = access_line(record);
  EXPECT_EQ(line.at("start_time"), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(line.at("duration").to_number<int>(), 0);
  EXPECT_TRUE(line.at("trace_id").is_null());
  EXPECT_TRUE(line.at("downstream_local_address").is_null());
}

struct DetailsCase {
  const char* name;
  Reason reason;
  std::string_view rule;
  std::string_view details;
};

class ResponseCodeDetails : public ::testing::TestWithParam<DetailsCase> {};

TEST_P(ResponseCodeDetails, NameTheRuleAsIstioDoes) {
  inspect::Verdict verdict;
  verdict.reason = inspect::Reason::kPolicyDenied;
  verdict.rule = GetParam().rule;
  ExchangeRecord record = full_record();
  record.reason = GetParam().reason;
  record.verdict = &verdict;
  EXPECT_EQ(access_line(record).at("response_code_details"), json::value(GetParam().details));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, ResponseCodeDetails,
    ::testing::Values(DetailsCase{"Matched", Reason::kPolicyDenied, "shop/orders/ingress[0]",
                                  "rbac_access_denied_matched_policy[ns[shop]-policy[orders]-rule[0]]"},
                      DetailsCase{"Egress", Reason::kPolicyDenied, "shop/o/egress[12]",
                                  "rbac_access_denied_matched_policy[ns[shop]-policy[o]-rule[12]]"},
                      DetailsCase{"NoneMatched", Reason::kNoIdentity, "", "rbac_access_denied_matched_policy[none]"},
                      DetailsCase{"NoIndex", Reason::kPolicyInvalid, "shop/orders",
                                  "rbac_access_denied_matched_policy[none]"},
                      DetailsCase{"BracketInTheWrongPlace", Reason::kPolicyDenied, "a[0]/b/c",
                                  "rbac_access_denied_matched_policy[none]"},
                      DetailsCase{"Attack", Reason::kAttackDetected, "sqli.union", "attack_detected"},
                      DetailsCase{"Upstream", Reason::kUpstreamReset, "", "upstream_reset"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(AccessLine, SplitsPolicyAndRuleAndKeepsADetectorsRuleWhole) {
  inspect::Verdict verdict;
  verdict.policy_kind = "L7Policy";
  verdict.rule = "shop/orders/ingress[2]";
  verdict.basis = "rule";
  ExchangeRecord record = full_record();
  record.verdict = &verdict;
  json::value line = access_line(record);
  EXPECT_EQ(line.at("policy"), "shop/orders");
  EXPECT_EQ(line.at("rule"), "ingress[2]");
  EXPECT_EQ(line.at("verdict"), "allow");
  EXPECT_EQ(line.at("basis"), "rule");
  verdict = {};
  verdict.reason = inspect::Reason::kAttackDetected;
  verdict.rule = "path/traversal";
  line = access_line(record);
  EXPECT_TRUE(line.at("policy").is_null());
  EXPECT_EQ(line.at("rule"), "path/traversal");
  EXPECT_EQ(line.at("verdict"), "deny");
}

TEST(AccessLine, TellsACutAndATlsFailureOfTheUpstream) {
  ExchangeRecord record = full_record();
  record.reason = Reason::kUpstreamTruncated;
  record.cut = true;
  EXPECT_EQ(access_line(record).at("connection_termination_details"), "upstream_truncated");
  EXPECT_EQ(access_line(record).at("response_flags"), "UC");
  record.reason = Reason::kUpstreamIdentity;
  EXPECT_EQ(access_line(record).at("upstream_transport_failure_reason"), "upstream_identity");
  record.detail = "tlsv1 alert unknown ca";
  EXPECT_EQ(access_line(record).at("upstream_transport_failure_reason"), "tlsv1 alert unknown ca");
}

std::vector<inspect::Finding> two_findings() {
  std::vector<inspect::Finding> findings(2);
  findings[0].detector = "attack";
  findings[0].rule = "sqli.union-select";
  findings[0].field = "query";
  findings[0].offset = 4;
  findings[0].length = 12;
  findings[0].blocked = true;
  findings[1].detector = "payment_card";
  findings[1].rule = "CREDIT_CARD";
  findings[1].direction = inspect::Direction::kResponse;
  findings[1].field = "body";
  findings[1].sample = "************1111";
  findings[1].covered = true;
  return findings;
}

TEST(AccessLine, PutsAttacksInThreatsAndTheRestInPii) {
  const std::vector<inspect::Finding> findings = two_findings();
  ExchangeRecord record = full_record();
  record.findings = findings;
  for (const json::value& line : {access_line(record), audit_line(record)}) {
    EXPECT_EQ(json::serialize(line.at("threats")),
              R"([{"detector":"attack","rule":"sqli.union-select","direction":"request","field":"query","offset":4,)"
              R"("length":12,"sample":null,"action":"block"}])");
    EXPECT_EQ(json::serialize(line.at("pii")),
              R"([{"detector":"payment_card","rule":"CREDIT_CARD","direction":"response","field":"body","offset":0,)"
              R"("length":0,"sample":"************1111","action":"mask"}])");
  }
}

TEST(AccessLine, ShowsABoundedNumberOfFindingsAndCountsTheRest) {
  std::vector<inspect::Finding> findings(64, two_findings()[0]);
  for (inspect::Finding& finding : findings) {
    finding.field = std::string(64, '\x01');
  }
  ExchangeRecord record = full_record();
  const std::string hostile(60'000, '\x01');
  record.path = record.user_agent = record.authority = record.x_forwarded_for = record.method = hostile;
  record.request_id = record.requested_server_name = hostile;
  record.findings = findings;
  record.findings_dropped = 1000;
  std::string line;
  write_access_line(record, line);
  EXPECT_LT(line.size(), 64U * 1024);
  const json::value parsed = json::parse(line);
  EXPECT_EQ(parsed.at("threats").as_array().size(), kMaxLoggedFindings);
  EXPECT_EQ(parsed.at("findings_more").to_number<std::size_t>(), 1064 - kMaxLoggedFindings);
}

TEST(AccessLine, CannotBeForged) {
  const std::string forgery = "x\"}\n{\"log\":\"audit\",\"verdict\":\"allow\"}\r\n\x1b[2J\xff\xc0\xaf\xe2\x80\xa8";
  ExchangeRecord record = full_record();
  record.path = record.user_agent = record.authority = record.x_forwarded_for = record.method = forgery;
  record.request_id = record.requested_server_name = record.traceparent = record.route_name = forgery;
  record.peer_spiffe = record.upstream_host = record.protocol = record.listener = forgery;
  std::string line;
  write_access_line(record, line);
  EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7F; }));
  const json::value parsed = json::parse(line);
  EXPECT_EQ(parsed.at("log"), "access");
  EXPECT_TRUE(parsed.at("verdict").is_null());
  EXPECT_EQ(parsed.as_object().size(), access_line(full_record()).as_object().size());
  EXPECT_NE(parsed.at("user_agent").as_string().find("\xEF\xBF\xBD"), json::string::npos);
}

TEST(Lines, NeverHoldACardNumberThePeerWrote) {
  const std::string card = "4111111111111111";
  inspect::Verdict verdict;
  verdict.reason = inspect::Reason::kPolicyDenied;
  verdict.detail = "got " + card;
  ExchangeRecord record = full_record();
  const std::string path = "/pay?card=" + card;
  const std::string agent = "agent " + card;
  // Where a cut before redaction would leave the first half of the number.
  const std::string long_path = "/" + std::string(1015, 'a') + "=" + card;
  record.user_agent = record.authority = record.x_forwarded_for = agent;
  record.request_id = record.method = record.requested_server_name = card;
  record.verdict = &verdict;
  for (const std::string& each : {path, long_path}) {
    record.path = each;
    std::string line;
    write_access_line(record, line);
    EXPECT_EQ(line.find("4111111"), std::string::npos) << line;
    write_audit_line(record, line);
    EXPECT_EQ(line.find("4111111"), std::string::npos) << line;
  }
  ConnectionEvent event;
  event.detail = agent;
  std::string line;
  write_audit_line(event, line);
  EXPECT_EQ(line.find(card), std::string::npos) << line;
}

TEST(AuditLine, NamesTheNearestMissAndTheDryRun) {
  inspect::Verdict verdict;
  verdict.reason = inspect::Reason::kPolicyDenied;
  verdict.detail = "nearest shop/orders/ingress[0]: method not in the list";
  verdict.dry_run_differs = true;
  verdict.dry_run_rule = "shop/next/ingress[1]";
  ExchangeRecord record = full_record();
  record.reason = Reason::kPolicyDenied;
  record.verdict = &verdict;
  json::value line = audit_line(record);
  EXPECT_EQ(line.at("log"), "audit");
  EXPECT_EQ(line.at("event"), "exchange");
  EXPECT_EQ(line.at("verdict"), "deny");
  EXPECT_EQ(line.at("reason"), "policy_denied");
  EXPECT_EQ(line.at("detail"), json::value(verdict.detail));
  EXPECT_EQ(line.at("dry_run"), "would_allow");
  EXPECT_EQ(line.at("dry_run_rule"), "shop/next/ingress[1]");
  verdict.reason = inspect::Reason::kNone;
  EXPECT_EQ(audit_line(record).at("dry_run"), "would_deny");
}

TEST(AuditLine, TellsOfAStatementWithinBounds) {
  StatementEvent event;
  event.time = std::chrono::system_clock::time_point(1'700'000'000s);
  event.listener = "db";
  event.reason = Reason::kSensitiveData;
  event.detail = "answer: CREDIT_CARD";
  event.user = "orders_app";
  event.rule = "shop/db/web";
  event.text_bytes = 20'000;
  const std::string text = "SELECT \"4111111111111111\", " + std::string(20'000, 'x');
  event.normalized = text;
  const std::vector<std::string> kinds = {"SELECT"};
  const std::vector<std::string> tables(16, "select " + std::string(63, 't'));
  event.kinds = kinds;
  event.tables = tables;
  event.tables_more = 3;
  event.answer = StatementEvent::Answer{7, 900, std::chrono::microseconds(12), "57014"};
  std::string line;
  write_audit_line(event, line);
  EXPECT_LT(line.size(), 4096U);
  EXPECT_EQ(line.find("4111111111111111"), std::string::npos);
  const json::value read = json::parse(line);
  EXPECT_EQ(read.at("event"), "statement");
  EXPECT_EQ(read.at("verdict"), "deny");
  EXPECT_EQ(read.at("kinds"), "SELECT");
  EXPECT_EQ(read.at("rows"), 7);
  EXPECT_EQ(read.at("sqlstate"), "57014");
  EXPECT_EQ(read.at("tables_more"), 3);
}

TEST(AuditLine, TellsOfAConnection) {
  ConnectionEvent event;
  event.time = std::chrono::system_clock::time_point(1'700'000'000s);
  event.listener = "inbound-8080";
  event.reason = Reason::kClientCertificateExpired;
  event.detail = "certificate has expired";
  event.downstream_remote = {config::IpAddress::v4(0x0A000002), 40000};
  std::string line;
  write_audit_line(event, line);
  EXPECT_EQ(line,
            R"({"log":"audit","event":"connection","start_time":"2023-11-14T22:13:20.000Z","listener":"inbound-8080",)"
            R"("reason":"client_certificate_expired","detail":"certificate has expired",)"
            R"("downstream_local_address":null,"downstream_remote_address":"10.0.0.2:40000","peer_spiffe":null})");
}

TEST(EventLine, HoldsLevelMessageAndFields) {
  const std::vector<LogField> fields = {{"file", "a\nb"}, {"generation", "4"}};
  std::string line;
  write_event_line(std::chrono::system_clock::time_point(1'700'000'000s), config::LogLevel::kWarn, "reload \"refused\"",
                   fields, line);
  EXPECT_EQ(line, R"({"log":"event","time":"2023-11-14T22:13:20.000Z","level":"warn","message":"reload \"refused\"",)"
                  R"("file":"a\u000ab","generation":"4"})");
}

TEST(Auditable, AreDenialsFindingsDryRunsAndMattersOfTrust) {
  const ExchangeRecord plain = full_record();
  EXPECT_FALSE(is_auditable(plain));

  inspect::Verdict allowed;
  ExchangeRecord record = full_record();
  record.verdict = &allowed;
  EXPECT_FALSE(is_auditable(record));
  allowed.dry_run_differs = true;
  EXPECT_TRUE(is_auditable(record));

  inspect::Verdict denied;
  denied.reason = inspect::Reason::kHoldLimit;
  record.verdict = &denied;
  EXPECT_TRUE(is_auditable(record));

  const std::vector<inspect::Finding> findings = two_findings();
  record = full_record();
  record.findings = findings;
  EXPECT_TRUE(is_auditable(record));

  record = full_record();
  for (const Reason reason : {Reason::kMalformedRequest, Reason::kPolicyDenied, Reason::kUpstreamIdentity,
                              Reason::kPolicyChanged, Reason::kIdentityExpired}) {
    record.reason = reason;
    EXPECT_TRUE(is_auditable(record)) << traits(reason).code;
  }
  for (const Reason reason : {Reason::kClientClosed, Reason::kNoRoute, Reason::kResponseHeaderTimeout}) {
    record.reason = reason;
    EXPECT_FALSE(is_auditable(record)) << traits(reason).code;
  }
}

}  // namespace
}  // namespace gabion::proxy
