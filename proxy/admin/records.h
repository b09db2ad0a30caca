// What the data path tells the log and the metrics: one record an exchange, one event a decision worth keeping.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/ip_address.h"
#include "inspect/finding.h"
#include "inspect/message.h"
#include "inspect/verdict.h"
#include "proxy/session/reason.h"

namespace gabion::proxy {

/// What became of an exchange that was a WebSocket.
struct WebSocketTotals {
  std::uint64_t messages_received = 0;  ///< from the client
  std::uint64_t messages_sent = 0;      ///< from the service
  std::uint16_t close_code = 0;         ///< of the first close frame; 1006: there was none
  std::string_view closed_by = {};      ///< "client", "service", "proxy"
};

/// What became of a session of PostgreSQL.
struct PostgresTotals {
  std::string_view user;
  std::string_view database;
  std::string_view application_name;
  bool logged_in = false;
  std::uint64_t statements = 0;  ///< texts the client sent: Query and Parse
  std::uint64_t denied = 0;      ///< of those and of their uses
  std::uint64_t rows = 0;
  std::uint64_t errors = 0;  ///< that the server answered
};

/// One finished exchange, or one session of a protocol that has none. All views are borrowed for the duration of the
/// call that takes it.
struct ExchangeRecord {
  std::chrono::system_clock::time_point start_time;
  std::chrono::microseconds duration{0};
  std::chrono::microseconds upstream_service_time{0};  ///< request sent to response head
  inspect::Side side = inspect::Side::kIngress;
  std::string_view pod;       ///< of a gateway: whose exchange it is; empty in a sidecar
  std::string_view listener;  ///< inbound or outbound name
  std::string_view route_name;
  std::string_view method;
  std::string_view path;      ///< with query, raw: the log redacts it
  std::string_view protocol;  ///< "HTTP/1.1"
  std::string_view authority;
  std::string_view user_agent;
  std::string_view x_forwarded_for;
  std::string_view request_id;
  std::string_view traceparent;     ///< as forwarded
  std::uint16_t response_code = 0;  ///< 0 when nothing was answered
  bool is_tcp = false;              ///< a connection without exchanges: WorkerMetrics counts it as it goes
  bool is_grpc = false;
  std::optional<std::uint8_t> grpc_status;  ///< of the answer, ours or the service's; nothing: it said none
  std::uint64_t request_messages = 0;       ///< of a gRPC call: that went to the service
  std::uint64_t response_messages = 0;      ///< likewise: that went to the client
  Reason reason = Reason::kNone;
  std::string_view detail;           ///< what exactly went wrong; none of the peer's bytes
  bool cut = false;                  ///< the response had begun and was cut
  std::uint64_t bytes_received = 0;  ///< request body
  std::uint64_t bytes_sent = 0;      ///< response body
  std::string_view upstream_host;    ///< "10.0.0.2:8080"
  config::Endpoint downstream_local;
  config::Endpoint downstream_remote;
  std::string_view requested_server_name;  ///< SNI
  std::string_view peer_spiffe;            ///< verified caller (ingress) or server (egress); empty without mTLS
  bool mutual_tls = false;
  std::uint64_t generation = 0;
  const inspect::Verdict* verdict = nullptr;  ///< may be null when the request was never judged
  std::span<const inspect::Finding> findings;
  std::uint64_t findings_dropped = 0;  ///< found beyond those
  std::optional<WebSocketTotals> websocket;
  std::optional<PostgresTotals> postgres;
};

/// One connection-level event for the audit log (refused handshake, limit, identity expired …).
struct ConnectionEvent {
  std::chrono::system_clock::time_point time;
  std::string_view pod;  ///< as of an exchange
  std::string_view listener;
  Reason reason = Reason::kNone;
  std::string_view detail;  ///< e.g. OpenSSL's reason text; no bytes of the peer
  config::Endpoint downstream_local;
  config::Endpoint downstream_remote;
  std::string_view peer_spiffe;
};

/// One statement of SQL: denied, noted, found to answer what is sensitive, or one of those that are told as samples.
struct StatementEvent {
  std::chrono::system_clock::time_point time;
  std::string_view pod;  ///< as of an exchange
  std::string_view listener;
  Reason reason = Reason::kNone;  ///< kNone: it was let through
  std::string_view detail;        ///< names and words of ours
  config::Endpoint downstream_local;
  config::Endpoint downstream_remote;
  std::string_view peer_spiffe;
  std::uint64_t generation = 0;
  std::string_view user;
  std::string_view database;
  std::string_view rule;         ///< "namespace/policy/rule" that decided; empty: none
  std::uint64_t text_bytes = 0;  ///< 0: it is about no text
  std::string_view normalized;   ///< without literals; empty: it cannot be read, or is too long
  std::string_view fingerprint;  ///< hexadecimal
  std::span<const std::string> kinds;
  std::span<const std::string> tables;  ///< "select public.people"
  std::uint64_t tables_more = 0;        ///< beyond those
  /// Of what was answered.
  struct Answer {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::chrono::microseconds duration{0};
    std::string_view sqlstate;  ///< of the error, as the server sent it; empty: none
  };
  std::optional<Answer> answer;
  bool is_sample = false;  ///< told only because some are
  std::span<const inspect::Finding> findings;
  std::uint64_t findings_dropped = 0;
};

}  // namespace gabion::proxy
