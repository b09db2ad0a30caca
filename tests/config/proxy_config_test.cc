// gabion.yaml as values: the full example, the defaults of the shortest one, and how paths are resolved.
#include "config/proxy_config.h"

#include <gtest/gtest.h>

#include "config/proxy_config_json.h"

namespace gabion::config {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kFull = R"(apiVersion: gabion.dev/v1alpha1
kind: Proxy
workload: {namespace: shop, pod: orders-0}
identity: {certificate: certs/tls.crt, key: certs/tls.key, trustBundle: /etc/ca.crt, trustDomain: cluster.local}
inbound:
- {name: http, listen: "127.0.0.2:15006", port: 8080, protocol: http, target: "127.0.0.1:8080", tls: PERMISSIVE, inspect: loud, websocket: allow}
- {listen: "[::1]:15007", port: 9090, protocol: http, target: "127.0.0.1:9090"}
outbound:
- name: calls
  listen: "127.0.0.1:15001"
  protocol: http
  sourceAddress: 127.0.0.3
  inspect: default
  websocket: allow
  routes:
  - hosts: [orders.shop, "*.shop.svc"]
    destination: "127.0.0.2:15006"
    port: 8080
    pod: 127.0.0.9
    tls: {mode: MUTUAL, serverIds: ["spiffe://cluster.local/ns/shop/sa/orders"]}
  - name: rest
    hosts: ["*"]
    destination: "10.0.0.1:80"
    tls: {mode: DISABLE}
- listen: "127.0.0.1:15002"
  protocol: http
  routes:
  - {hosts: ["*"], destination: "10.0.0.1:80", tls: {serverIds: ["spiffe://cluster.local/ns/a/sa/b"]}}
policy: {directory: ../policy}
deny: {explainToClient: true}
inspection:
  profiles:
    loud: {attacks: off, paymentCards: log, onLimit: allow, pathLevel: DECODE_AND_MERGE_SLASHES,
      contentCoding: decode,
      paths: {encodedSlash: keep, doubleEncoding: refuse, emptySegments: keep, semicolon: keep, case: fold}}
limits: {requestLineBytes: 8KiB, headerBytes: 16384, headerCount: 50, trailerBytes: 1KiB, requestBodyBytes: 1GiB,
  bufferBytes: 64KiB, holdBytes: 1MiB, scanBytes: 2MiB, inFlightBytes: 5GiB, connections: 5, connectionsPerIdentity: 4,
  connectionsPerPod: 3, plannedEndpoints: 100,
  upstreamConnections: 3, idleUpstreamConnections: 2, requestsPerConnection: 7, auditQueue: 8,
  bodyBytesPerSecond: 1KiB, decodedBytes: 1MiB, decodedRatio: 50, grpcMessageBytes: 2MiB, websocketMessageBytes: 2MiB}
timeouts: {tlsHandshake: 1s, requestHeader: 2s, requestBody: 3s, responseHeader: 4s, responseBody: 5s, idle: 6m,
  upstreamIdle: 7s, connect: 800ms, connectionWait: 9s, websocketIdle: 10s, total: 1h}
overload: {refuseConnections: 60, refuseRequests: 70, endLargest: 80, recover: 7, retryAfter: 90s}
postgres: {resultPause: 1ms}
drain: {notice: 0s, grace: 1s}
admin: {listen: "127.0.0.1:0"}
log: {level: warn, access: off, audit: logs/audit.json, statementSample: 0}
workers: 2
)";

constexpr std::string_view kShort = R"(apiVersion: gabion.dev/v1alpha1
kind: Proxy
workload: {namespace: shop, pod: orders-0}
inbound:
- {listen: "127.0.0.2:15006", port: 8080, protocol: http, target: "127.0.0.1:8080", tls: DISABLE}
policy: {directory: policy}
)";

ProxyConfig parse(std::string_view text) {
  auto config = parse_proxy_config(text, "/etc/gabion/gabion.yaml", false);
  for (const Error& error : config ? Errors{} : config.error()) {
    ADD_FAILURE() << error.to_string();
  }
  return config ? *std::move(config) : ProxyConfig{};
}

TEST(ProxyConfig, ReadsListeners) {
  const ProxyConfig config = parse(kFull);
  EXPECT_EQ(config.workload.name_space, "shop");
  EXPECT_EQ(config.workload.pod, "orders-0");
  ASSERT_EQ(config.inbound.size(), 2U);
  EXPECT_EQ(config.inbound[0].name, "http");
  EXPECT_EQ(config.inbound[0].listen.to_string(), "127.0.0.2:15006");
  EXPECT_EQ(config.inbound[0].port, 8080);
  EXPECT_EQ(config.inbound[0].target.to_string(), "127.0.0.1:8080");
  EXPECT_EQ(config.inbound[0].tls, TlsMode::kPermissive);
  EXPECT_EQ(config.inbound[0].inspect, "loud");
  EXPECT_EQ(config.inbound[0].websocket, WebSocketMode::kAllow);
  EXPECT_EQ(config.inbound[1].websocket, WebSocketMode::kRefuse);
  EXPECT_EQ(config.inbound[1].name, "inbound-9090");
  EXPECT_EQ(config.inbound[1].tls, TlsMode::kStrict);
  EXPECT_EQ(config.inbound[1].inspect, "");
}

TEST(ProxyConfig, ReadsRoutes) {
  const ProxyConfig config = parse(kFull);
  ASSERT_EQ(config.outbound.size(), 2U);
  const OutboundConfig& calls = config.outbound[0];
  EXPECT_EQ(calls.name, "calls");
  EXPECT_EQ(calls.websocket, WebSocketMode::kAllow);
  EXPECT_EQ(config.outbound[1].websocket, WebSocketMode::kRefuse);
  EXPECT_EQ(calls.source_address.value().to_string(), "127.0.0.3");
  ASSERT_EQ(calls.routes.size(), 2U);
  EXPECT_EQ(calls.routes[0].name, "calls/route-0");
  EXPECT_EQ(calls.routes[0].hosts, (std::vector<std::string>{"orders.shop", "*.shop.svc"}));
  EXPECT_EQ(calls.routes[0].destination.to_string(), "127.0.0.2:15006");
  EXPECT_EQ(calls.routes[0].port, 8080);
  EXPECT_EQ(calls.routes[0].pod.value().to_string(), "127.0.0.9");
  ASSERT_EQ(calls.routes[0].server_ids.size(), 1U);
  EXPECT_EQ(calls.routes[0].server_ids[0].service_account, "orders");
  EXPECT_EQ(calls.routes[1].name, "rest");
  EXPECT_EQ(calls.routes[1].tls, UpstreamTls::kDisable);
  EXPECT_EQ(calls.routes[1].port, 80);  // the destination's
  EXPECT_FALSE(calls.routes[1].pod.has_value());
  EXPECT_EQ(config.outbound[1].name, "outbound-1");
  EXPECT_EQ(config.outbound[1].routes.at(0).tls, UpstreamTls::kMutual);
}

TEST(ProxyConfig, ReadsEveryLimit) {
  const Limits limits = parse(kFull).limits;
  EXPECT_EQ(limits.request_line_bytes, 8192U);
  EXPECT_EQ(limits.header_bytes, 16384U);
  EXPECT_EQ(limits.header_count, 50U);
  EXPECT_EQ(limits.trailer_bytes, 1024U);
  EXPECT_EQ(limits.request_body_bytes, 1ULL << 30U);
  EXPECT_EQ(limits.buffer_bytes, 65536U);
  EXPECT_EQ(limits.hold_bytes, 1U << 20U);
  EXPECT_EQ(limits.scan_bytes, 2ULL << 20U);
  EXPECT_EQ(limits.in_flight_bytes, 5ULL << 30U);
  EXPECT_EQ(limits.connections, 5U);
  EXPECT_EQ(limits.connections_per_identity, 4U);
  EXPECT_EQ(limits.connections_per_pod, 3U);
  EXPECT_EQ(limits.planned_endpoints, 100U);
  EXPECT_EQ(limits.upstream_connections, 3U);
  EXPECT_EQ(limits.idle_upstream_connections, 2U);
  EXPECT_EQ(limits.requests_per_connection, 7U);
  EXPECT_EQ(limits.body_bytes_per_second, 1024U);
  EXPECT_EQ(limits.audit_queue, 8U);
  EXPECT_EQ(limits.decoded_bytes, 1U << 20U);
  EXPECT_EQ(limits.decoded_ratio, 50U);
  EXPECT_EQ(limits.websocket_message_bytes, 2U << 20U);
  EXPECT_EQ(limits.grpc_message_bytes, 2U << 20U);
}

TEST(ProxyConfig, ReadsWhenLoadIsShed) {
  const OverloadConfig overload = parse(kFull).overload;
  EXPECT_EQ(overload.refuse_connections, 60U);
  EXPECT_EQ(overload.refuse_requests, 70U);
  EXPECT_EQ(overload.end_largest, 80U);
  EXPECT_EQ(overload.recover, 7U);
  EXPECT_EQ(overload.retry_after, milliseconds(90'000));
  const OverloadConfig usual = parse(kShort).overload;
  EXPECT_LT(usual.refuse_connections, usual.refuse_requests);
  EXPECT_LT(usual.refuse_requests, usual.end_largest);
  EXPECT_LT(usual.end_largest, 100U);
}

TEST(ProxyConfig, ReadsEveryTimeout) {
  const ProxyConfig config = parse(kFull);
  EXPECT_EQ(config.timeouts.tls_handshake, milliseconds(1'000));
  EXPECT_EQ(config.timeouts.request_header, milliseconds(2'000));
  EXPECT_EQ(config.timeouts.request_body, milliseconds(3'000));
  EXPECT_EQ(config.timeouts.response_header, milliseconds(4'000));
  EXPECT_EQ(config.timeouts.response_body, milliseconds(5'000));
  EXPECT_EQ(config.timeouts.idle, milliseconds(360'000));
  EXPECT_EQ(config.timeouts.upstream_idle, milliseconds(7'000));
  EXPECT_EQ(config.timeouts.connect, milliseconds(800));
  EXPECT_EQ(config.timeouts.connection_wait, milliseconds(9'000));
  EXPECT_EQ(config.timeouts.websocket_idle, milliseconds(10'000));
  EXPECT_EQ(config.timeouts.total, milliseconds(3'600'000));
  EXPECT_EQ(config.drain.notice, milliseconds(0));
  EXPECT_EQ(config.drain.grace, milliseconds(1'000));
}

TEST(ProxyConfig, ReadsTheRest) {
  const ProxyConfig config = parse(kFull);
  ASSERT_EQ(config.profiles.size(), 2U);
  EXPECT_EQ(config.profiles[0].name, "default");
  EXPECT_EQ(config.profiles[1].name, "loud");
  EXPECT_EQ(config.profiles[1].attacks, FindingAction::kOff);
  EXPECT_EQ(config.profiles[1].payment_cards, FindingAction::kLog);
  EXPECT_EQ(config.profiles[1].on_limit, OnLimit::kAllow);
  EXPECT_EQ(config.profiles[0].content_coding, ContentCoding::kIdentity);
  EXPECT_EQ(config.profiles[1].content_coding, ContentCoding::kDecode);
  EXPECT_EQ(config.profiles[1].path_level, PathLevel::kDecodeAndMergeSlashes);
  EXPECT_EQ(config.profiles[1].paths, (PathReading{DoubtfulPath::kKeep, DoubtfulPath::kRefuse, DoubtfulPath::kKeep,
                                                   DoubtfulPath::kKeep, PathCase::kFold}));
  EXPECT_TRUE(config.explain_to_client);
  EXPECT_EQ(config.admin.listen.to_string(), "127.0.0.1:0");
  EXPECT_EQ(config.log.level, LogLevel::kWarn);
  EXPECT_EQ(config.log.access, "off");
  EXPECT_EQ(config.workers, 2U);
}

TEST(ProxyConfig, PathsBeginAtTheFilesFolder) {
  const ProxyConfig config = parse(kFull);
  EXPECT_EQ(config.file, "/etc/gabion/gabion.yaml");
  EXPECT_EQ(config.identity.value().certificate, "/etc/gabion/certs/tls.crt");
  EXPECT_EQ(config.identity.value().key, "/etc/gabion/certs/tls.key");
  EXPECT_EQ(config.identity.value().trust_bundle, "/etc/ca.crt");
  EXPECT_EQ(config.identity.value().trust_domain, "cluster.local");
  EXPECT_EQ(config.policy_directory, "/etc/policy");
  EXPECT_EQ(config.log.audit, "/etc/gabion/logs/audit.json");
  EXPECT_EQ(config.log.statement_sample, 0U);
  EXPECT_EQ(parse(kShort).log.statement_sample, 100U);
  EXPECT_EQ(config.postgres.result_pause, std::chrono::microseconds(1'000));
  EXPECT_EQ(parse(kShort).postgres.result_pause, std::chrono::microseconds(250));
}

TEST(ProxyConfig, WhatIsLeftOutHasItsDefault) {
  const ProxyConfig config = parse(kShort);
  EXPECT_FALSE(config.identity.has_value());
  EXPECT_TRUE(config.outbound.empty());
  ASSERT_EQ(config.profiles.size(), 1U);
  EXPECT_EQ(config.profiles[0].name, "default");
  EXPECT_EQ(config.profiles[0].attacks, FindingAction::kBlock);
  EXPECT_EQ(config.profiles[0].payment_cards, FindingAction::kMask);
  EXPECT_EQ(config.profiles[0].on_limit, OnLimit::kDeny);
  EXPECT_EQ(config.profiles[0].path_level, PathLevel::kBase);
  EXPECT_EQ(config.profiles[0].paths, PathReading{}) << "refused, and letters count";
  EXPECT_FALSE(config.explain_to_client);
  EXPECT_EQ(config.limits.header_bytes, 65536U);
  EXPECT_EQ(config.timeouts.connect, milliseconds(1'000));
  EXPECT_EQ(config.drain.grace, milliseconds(45'000));
  EXPECT_EQ(config.admin.listen.to_string(), "127.0.0.1:15000");
  EXPECT_EQ(config.log.access, "stdout");
  EXPECT_EQ(config.workers, 0U);
}

TEST(ProxyConfig, EmptyDocumentsAroundAreIgnored) {
  EXPECT_EQ(parse("---\n---\n" + std::string(kShort) + "---\n").inbound.size(), 1U);
}

TEST(ProxyConfig, WrittenDefaultProfileReplacesTheBuiltIn) {
  const ProxyConfig config = parse(std::string(kShort) + "inspection: {profiles: {default: {attacks: log}}}\n");
  ASSERT_EQ(config.profiles.size(), 1U);
  EXPECT_EQ(config.profiles[0].attacks, FindingAction::kLog);
}

TEST(ProxyConfig, ServicesSpeakWhatIsSaidOrWhatIsFound) {
  const std::pair<const char*, UpstreamProtocol> kCases[] = {{"auto", UpstreamProtocol::kAuto},
                                                             {"http1", UpstreamProtocol::kHttp1},
                                                             {"http2", UpstreamProtocol::kHttp2},
                                                             {"kubernetes.io/h2c", UpstreamProtocol::kHttp2},
                                                             {"grpc", UpstreamProtocol::kHttp2}};
  EXPECT_EQ(parse(kFull).outbound[0].routes[0].protocol, UpstreamProtocol::kAuto);
  EXPECT_EQ(parse(kFull).inbound[0].target_protocol, UpstreamProtocol::kAuto);
  for (const auto& [word, meant] : kCases) {
    std::string text(kFull);
    const std::string_view place = "    pod: 127.0.0.9\n";
    text.insert(text.find(place), "    protocol: " + std::string(word) + "\n");
    EXPECT_EQ(parse(text).outbound[0].routes[0].protocol, meant) << word;
  }
}

/// JSON is YAML: what /config shows, less the place of the file, is a configuration that means the same.
std::string without_file(std::string json) {
  const std::size_t start = json.find("  \"file\"");
  return json.erase(start, json.find('\n', start) + 1 - start);
}

TEST(ProxyConfigJson, ReadsBackAsTheSameConfiguration) {
  for (const std::string_view text : {kFull, kShort}) {
    const std::string once = to_json(parse(text));
    std::string again = without_file(once);
    again.insert(1, "\"apiVersion\": \"gabion.dev/v1alpha1\", \"kind\": \"Proxy\",");
    if (text == kShort) {
      again.replace(again.find("\"outbound\": [],"), sizeof("\"outbound\": [],") - 1, "");
    }
    EXPECT_EQ(to_json(parse(again)), once);
  }
}

TEST(ProxyConfigJson, IsIndentedAndUsesTheKeysOfTheFile) {
  const std::string json = to_json(parse(kFull));
  EXPECT_EQ(json.substr(0, json.find("\"inbound\"")), R"({
  "file": "/etc/gabion/gabion.yaml",
  "workload": {
    "namespace": "shop",
    "pod": "orders-0"
  },
  "identity": {
    "certificate": "/etc/gabion/certs/tls.crt",
    "key": "/etc/gabion/certs/tls.key",
    "trustBundle": "/etc/ca.crt",
    "trustDomain": "cluster.local"
  },
  )");
  EXPECT_NE(json.find("\"tls\": \"PERMISSIVE\""), std::string::npos);
  EXPECT_NE(json.find("\"admin\": {\n    \"listen\": \"127.0.0.1:0\"\n  }"), std::string::npos);
  EXPECT_NE(json.find("\"connect\": \"800ms\""), std::string::npos);
  EXPECT_NE(json.find("\"requestLineBytes\": \"8KiB\""), std::string::npos);
  EXPECT_NE(json.find("\"headerCount\": 50"), std::string::npos);
  EXPECT_EQ(json.back(), '\n');
}

}  // namespace
}  // namespace gabion::config
