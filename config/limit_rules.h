// Every number of `limits`, `timeouts`, `overload` and `drain`: its key, its place and the range that makes sense.
#pragma once

#include <variant>

#include "config/config_field.h"
#include "config/proxy_config.h"

namespace gabion::config {

struct LimitRule {
  std::string_view key;
  std::variant<std::uint32_t Limits::*, std::uint64_t Limits::*> member;
  Quantity spelling;
  Range range;
};

template <class Section>
struct DurationRule {
  std::string_view key;
  Duration Section::*member;
  Range range;  ///< milliseconds
};

namespace limit_rules {

inline constexpr std::uint64_t kKiB = 1ULL << 10U;
inline constexpr std::uint64_t kMiB = 1ULL << 20U;
inline constexpr std::uint64_t kTiB = 1ULL << 40U;
inline constexpr std::uint64_t kMillion = 1'000'000;
inline constexpr std::uint64_t kMostQueuedLines = 1ULL << 16U;  // their places, 400 bytes each, are made at the start
inline constexpr std::uint64_t kDayMs = 24ULL * 3'600'000;

}  // namespace limit_rules

/// Lower ends keep ordinary traffic alive, upper ends keep one connection from owning the machine.
inline constexpr LimitRule kLimitRules[] = {
    {"requestLineBytes", &Limits::request_line_bytes, Quantity::kBytes, {256, limit_rules::kMiB}},
    {"headerBytes", &Limits::header_bytes, Quantity::kBytes, {limit_rules::kKiB, 4 * limit_rules::kMiB}},
    {"headerCount", &Limits::header_count, Quantity::kCount, {1, 10'000}},
    {"trailerBytes", &Limits::trailer_bytes, Quantity::kBytes, {256, limit_rules::kMiB}},
    {"requestBodyBytes", &Limits::request_body_bytes, Quantity::kBytes, {0, limit_rules::kTiB}},
    {"bufferBytes", &Limits::buffer_bytes, Quantity::kBytes, {4 * limit_rules::kKiB, 16 * limit_rules::kMiB}},
    {"holdBytes", &Limits::hold_bytes, Quantity::kBytes, {limit_rules::kKiB, 64 * limit_rules::kMiB}},
    {"scanBytes", &Limits::scan_bytes, Quantity::kBytes, {limit_rules::kMiB, limit_rules::kTiB}},
    {"inFlightBytes", &Limits::in_flight_bytes, Quantity::kBytes, {256 * limit_rules::kKiB, limit_rules::kTiB}},
    {"connections", &Limits::connections, Quantity::kCount, {1, limit_rules::kMillion}},
    {"connectionsPerIdentity", &Limits::connections_per_identity, Quantity::kCount, {1, limit_rules::kMillion}},
    {"connectionsPerPod", &Limits::connections_per_pod, Quantity::kCount, {1, limit_rules::kMillion}},
    {"heldConnections", &Limits::held_connections, Quantity::kCount, {0, limit_rules::kMillion}},
    {"upstreamConnections", &Limits::upstream_connections, Quantity::kCount, {1, limit_rules::kMillion}},
    {"idleUpstreamConnections", &Limits::idle_upstream_connections, Quantity::kCount, {0, limit_rules::kMillion}},
    {"requestsPerConnection", &Limits::requests_per_connection, Quantity::kCount, {0, 1'000 * limit_rules::kMillion}},
    {"concurrentStreams", &Limits::concurrent_streams, Quantity::kCount, {1, 10'000}},
    {"streamWindowBytes", &Limits::stream_window_bytes, Quantity::kBytes, {16 * 1024, 16 * 1024 * 1024}},
    {"connectionWindowBytes", &Limits::connection_window_bytes, Quantity::kBytes, {64 * 1024, 256 * 1024 * 1024}},
    {"bodyBytesPerSecond", &Limits::body_bytes_per_second, Quantity::kBytes, {0, limit_rules::kMiB}},
    {"decodedBytes", &Limits::decoded_bytes, Quantity::kBytes, {64 * limit_rules::kKiB, limit_rules::kTiB}},
    {"decodedRatio", &Limits::decoded_ratio, Quantity::kCount, {10, limit_rules::kMillion}},
    {"websocketMessageBytes",
     &Limits::websocket_message_bytes,
     Quantity::kBytes,
     {limit_rules::kKiB, limit_rules::kTiB}},
    {"grpcMessageBytes", &Limits::grpc_message_bytes, Quantity::kBytes, {limit_rules::kKiB, 256 * limit_rules::kMiB}},
    {"plannedEndpoints", &Limits::planned_endpoints, Quantity::kCount, {1, limit_rules::kMillion}},
    {"auditQueue", &Limits::audit_queue, Quantity::kCount, {1, limit_rules::kMostQueuedLines}},
};

inline constexpr DurationRule<Timeouts> kTimeoutRules[] = {
    {"tlsHandshake", &Timeouts::tls_handshake, {1, limit_rules::kDayMs}},
    {"unknownPeer", &Timeouts::unknown_peer, {0, limit_rules::kDayMs}},
    {"sniff", &Timeouts::sniff, {1, limit_rules::kDayMs}},
    {"requestHeader", &Timeouts::request_header, {1, limit_rules::kDayMs}},
    {"requestBody", &Timeouts::request_body, {1, limit_rules::kDayMs}},
    {"responseHeader", &Timeouts::response_header, {1, limit_rules::kDayMs}},
    {"responseBody", &Timeouts::response_body, {1, limit_rules::kDayMs}},
    {"idle", &Timeouts::idle, {1, limit_rules::kDayMs}},
    {"websocketIdle", &Timeouts::websocket_idle, {1, limit_rules::kDayMs}},
    {"upstreamIdle", &Timeouts::upstream_idle, {1, limit_rules::kDayMs}},
    {"connect", &Timeouts::connect, {1, limit_rules::kDayMs}},
    {"connectionWait", &Timeouts::connection_wait, {1, limit_rules::kDayMs}},
    {"total", &Timeouts::total, {0, limit_rules::kDayMs}},
};

inline constexpr DurationRule<DrainConfig> kDrainRules[] = {
    {"notice", &DrainConfig::notice, {0, limit_rules::kDayMs}},
    {"grace", &DrainConfig::grace, {0, limit_rules::kDayMs}},
};

struct OverloadRule {
  std::string_view key;
  std::uint32_t OverloadConfig::*member;
  Range range;  ///< per cent
};

/// The first three in the order in which load is shed.
inline constexpr OverloadRule kOverloadRules[] = {
    {"refuseConnections", &OverloadConfig::refuse_connections, {2, 100}},
    {"refuseRequests", &OverloadConfig::refuse_requests, {2, 100}},
    {"endLargest", &OverloadConfig::end_largest, {2, 100}},
    {"recover", &OverloadConfig::recover, {1, 50}},
};
struct EndpointsRule {
  std::string_view key;
  std::uint32_t EndpointsConfig::*member;
  Range range;
};

inline constexpr EndpointsRule kEndpointsRules[] = {
    {"consecutiveFailures", &EndpointsConfig::consecutive_failures, {0, 1'000}},
    {"maxEjectedPercent", &EndpointsConfig::max_ejected_percent, {0, 100}},
    {"retries", &EndpointsConfig::retries, {0, 10}},
    {"retryBudgetPercent", &EndpointsConfig::retry_budget_percent, {0, 100}},
};
inline constexpr DurationRule<EndpointsConfig> kEndpointsTimeRules[] = {
    {"ejectionTime", &EndpointsConfig::ejection_time, {1, limit_rules::kDayMs}},
    {"maxEjectionTime", &EndpointsConfig::max_ejection_time, {1, limit_rules::kDayMs}},
};

inline constexpr std::string_view kRetryAfterKey = "retryAfter";
inline constexpr Range kRetryAfterRange{1'000, 3'600'000};  ///< milliseconds; the field says whole seconds

inline constexpr std::string_view kResultPauseKey = "resultPause";
inline constexpr Range kResultPauseRange{0, 10'000};  ///< microseconds

inline constexpr Range kWorkersRange{0, 1'024};

}  // namespace gabion::config
