// gabion.yaml as plain values: what the operator asked this proxy to be. Strictly read, refused whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/database_login.h"
#include "config/database_tls.h"
#include "config/dlp_config.h"
#include "config/gateway_config.h"
#include "config/grpc/schema.h"
#include "config/ip_address.h"
#include "config/result.h"
#include "config/services/service_index.h"
#include "config/spiffe_id.h"
#include "config/sql_taint_config.h"
#include "config/waf_config.h"

namespace gabion::config {

using Duration = std::chrono::milliseconds;

/// What a listener speaks; anything else is refused at load.
enum class Protocol : std::uint8_t {
  kHttp,      ///< HTTP/1 or HTTP/2: by ALPN, else by the first bytes
  kHttp1,     ///< HTTP/1 and nothing else
  kHttp2,     ///< HTTP/2 and nothing else; in plain text by prior knowledge
  kPostgres,  ///< PostgreSQL's protocol 3, and nothing else
  kTcp,       ///< bytes that nobody reads: judged as a connection alone
  kAuto,      ///< not declared: the first bytes tell HTTP and PostgreSQL from what is carried as kTcp
};

/// mTLS mode of an inbound port (mesh.md §2).
enum class TlsMode : std::uint8_t {
  kStrict,      ///< TLS with a verified client certificate, or the connection closes
  kPermissive,  ///< mesh TLS, or plain text without identity
  kDisable,     ///< plain text without identity
};

/// How an outbound route talks to its destination.
enum class UpstreamTls : std::uint8_t {
  kMutual,
  kDisable,
  kDatabase,  ///< PostgreSQL: by the server's own certificate, database_tls
  kHop,       ///< to the gateway of the pod that is called; no word says it, a gateway's plans do
};

/// How a connection comes to a listener.
enum class Arrival : std::uint8_t {
  kDialled,   ///< somebody called its address
  kCaptured,  ///< somebody called another address, and rules of the kernel led it here (`gabion net`)
  kHop,       ///< a gateway called for one of its pods, and says which
};

/// How rules of the kernel lead connections to a listener of `capture`.
enum class CaptureMode : std::uint8_t {
  kRedirect,  ///< their destination is rewritten (REDIRECT): the kernel is asked what it was
  kTproxy,    ///< they come as they are (TPROXY): the socket's own address is what was called. Needs CAP_NET_ADMIN
};

/// Of what a gateway sends to no pod of its own, beside `mark` of what it sends to those.
constexpr std::uint32_t leaving_mark(std::uint32_t mark) noexcept {
  return mark + 1;
}

/// What becomes of a captured connection to a port of the pod that no entry names.
enum class UndeclaredPort : std::uint8_t {
  kDeny,  ///< closed
  kAuto,  ///< served as Protocol::kAuto
};

/// What becomes of a captured call to an address that nobody knows.
enum class UnknownDestination : std::uint8_t {
  kDeny,   ///< closed
  kAllow,  ///< judged by egress rules on address and port alone
};

/// Whether a listener lets a request become a WebSocket (RFC 6455). Any other upgrade is refused.
enum class WebSocketMode : std::uint8_t {
  kRefuse,  ///< 501
  kAllow,   ///< frames and messages are read and judged both ways
};

/// Which HTTP a service is spoken to in.
enum class UpstreamProtocol : std::uint8_t {
  kAuto,      ///< over TLS what both ends know (ALPN), HTTP/2 first; in plain text HTTP/1.1
  kHttp1,     ///< HTTP/1.1
  kHttp2,     ///< HTTP/2 and nothing else; in plain text by prior knowledge
  kPostgres,  ///< said by the listener, not by a word of its own
  kTcp,       ///< likewise
};

/// What a detector does when it finds something.
enum class FindingAction : std::uint8_t {
  kOff,   ///< not run
  kLog,   ///< finding goes to audit log and metrics, nothing else
  kMask,  ///< covered in place, same length (card numbers only)
  kBlock  ///< the exchange is refused
};

/// What happens to a message that outgrows what a detector may hold or could not be read (unknown coding).
enum class OnLimit : std::uint8_t { kDeny, kAllow };

/// In what coding bodies that detectors read travel.
enum class ContentCoding : std::uint8_t {
  kIdentity,  ///< services are asked for none; an answer that is coded all the same leaves decoded
  kDecode,    ///< services may use those we know; an answer leaves in the coding it came in
};

/// How far a path is normalised before it is judged and forwarded (mesh.md §5).
enum class PathLevel : std::uint8_t { kNone, kBase, kMergeSlashes, kDecodeAndMergeSlashes };

/// What becomes of a path that two servers may read differently, where a rule depends on paths (policy.md §3.3).
enum class DoubtfulPath : std::uint8_t {
  kRefuse,  ///< 400 ambiguous_path
  kKeep,    ///< it is what it says, to rules and, as the operator promises, to the service
};

/// Whether letters of either case are the same in a path.
enum class PathCase : std::uint8_t {
  kExact,
  kFold,  ///< ASCII letters are; a path with others is refused, since nobody knows which of them a service takes for
          ///< one
};

/// `inspection.profiles.<name>.paths`: how the service behind reads a path. Changes what rules compare, never what is
/// forwarded.
struct PathReading {
  DoubtfulPath encoded_slash = DoubtfulPath::kRefuse;    ///< %2F and %5C: kept, a character of their segment
  DoubtfulPath double_encoding = DoubtfulPath::kRefuse;  ///< an escape that decodes to an escape: kept, decoded once
  DoubtfulPath empty_segments = DoubtfulPath::kRefuse;   ///< "//": kept, segments like others
  DoubtfulPath semicolon = DoubtfulPath::kRefuse;        ///< kept, a character like others
  PathCase letters = PathCase::kExact;
  friend bool operator==(const PathReading&, const PathReading&) = default;
};

/// `identity`: who we are. Files are watched; certificate, key and bundle are loaded together or not at all.
struct IdentityConfig {
  std::filesystem::path certificate;   ///< PEM, leaf first, then intermediates
  std::filesystem::path key;           ///< PEM, unencrypted
  std::filesystem::path trust_bundle;  ///< PEM, one or several roots of `trust_domain`
  std::string trust_domain;
};

/// `workload`: which pod this is, so that policies can select it.
struct WorkloadConfig {
  std::string name_space;
  std::string pod;
};

/// `inbound[]`: one port of the workload.
struct InboundConfig {
  std::string name;  ///< for logs and metrics; default "inbound-<port>"
  Arrival arrival = Arrival::kDialled;
  Endpoint listen;         ///< where peers connect; captured: nowhere of its own
  std::uint16_t port = 0;  ///< the workload's own port: what NetworkPolicy and L7Policy compare
  Protocol protocol = Protocol::kHttp;
  Endpoint target;  ///< the application, plain text; captured: where the caller wanted to go
  UpstreamProtocol target_protocol = UpstreamProtocol::kAuto;
  TlsMode tls = TlsMode::kStrict;
  std::optional<DatabaseTls> target_tls;          ///< PostgreSQL: absent: `target` is spoken to in plain text
  std::optional<ApplicationTls> application_tls;  ///< PostgreSQL: absent: declined
  WebSocketMode websocket = WebSocketMode::kRefuse;
  std::string inspect;                ///< profile name; empty = "default"
  std::vector<DatabaseLogin> logins;  ///< PostgreSQL: who needs no password
};

/// `outbound[].routes[]`: requests whose Host matches go to `destination`, or to an endpoint of `service`.
struct RouteConfig {
  std::string where;  ///< "file:line: outbound[0].routes[0]", for errors
  std::string name;   ///< default: "<listener>/route-<index>"
  std::vector<std::string>
      hosts;             ///< lower case; "*.x" = one or more labels before .x; "*" = any. Port ignored unless given
  Endpoint destination;  ///< where to dial; nothing with `service`
  std::optional<services::ServicePortName> service;  ///< one of its endpoints is picked, judged and dialled
  std::uint16_t port = 0;        ///< destination pod's port for egress rules; default: destination.port
  std::optional<IpAddress> pod;  ///< destination pod's address for egress rules; default: destination.address
  UpstreamTls tls = UpstreamTls::kMutual;
  std::optional<DatabaseTls> database_tls;  ///< of kDatabase
  UpstreamProtocol protocol = UpstreamProtocol::kAuto;
  std::vector<SpiffeId> server_ids;  ///< REQUIRED with kMutual: who may answer
};

/// `outbound[]`: one listener for the application's own calls, plain text, first matching route wins.
struct OutboundConfig {
  std::string name;  ///< default "outbound-<index>"
  Arrival arrival = Arrival::kDialled;
  Endpoint listen;  ///< captured: nowhere of its own; `pod` and `port` of a route are what the application calls
  Protocol protocol = Protocol::kHttp;
  std::optional<IpAddress> source_address;        ///< local address to dial from; default: the kernel's choice
  std::optional<ApplicationTls> application_tls;  ///< PostgreSQL: absent: declined
  std::vector<RouteConfig> routes;
  WebSocketMode websocket = WebSocketMode::kRefuse;
  std::string inspect;                ///< profile name; empty = "default"
  std::vector<DatabaseLogin> logins;  ///< PostgreSQL: as which roles the application needs no password
};

/// `capture`: where `gabion net install` leads connections, and what becomes of those nothing else is said of.
struct CaptureConfig {
  std::vector<Endpoint> inbound;                      ///< listens for connections to this pod; empty: none are captured
  std::vector<Endpoint> outbound;                     ///< for those of the application
  CaptureMode inbound_mode = CaptureMode::kRedirect;  ///< kTproxy: the application sees its caller's own address
  CaptureMode outbound_mode = CaptureMode::kRedirect;
  std::uint32_t mark = 1338;  ///< SO_MARK of what is sent from addresses of others: `gabion net --mark`
  UndeclaredPort undeclared = UndeclaredPort::kDeny;
  TlsMode inbound_tls = TlsMode::kStrict;  ///< of undeclared ports
  UnknownDestination unknown = UnknownDestination::kDeny;
  UpstreamTls tls = UpstreamTls::kMutual;  ///< to pods and services that no route names
  WebSocketMode websocket = WebSocketMode::kRefuse;
  std::string inspect;  ///< profile name, of the same; empty = "default"
};

/// `inspection.profiles.<name>`.
struct InspectionProfile {
  std::string name;
  FindingAction attacks = FindingAction::kBlock;       ///< requests: request line, headers, body
  FindingAction payment_cards = FindingAction::kMask;  ///< response bodies
  std::optional<WafChoice> waf;                        ///< rules in ModSecurity's language, both ways; absent: none
  std::string dlp;                                     ///< sensitive values, both ways: a profile's name; empty: none
  OnLimit on_limit = OnLimit::kDeny;
  ContentCoding content_coding = ContentCoding::kIdentity;
  PathLevel path_level = PathLevel::kBase;
  PathReading paths;
};

/// `inspection.grpc`.
struct GrpcConfig {
  std::filesystem::path descriptors;         ///< empty: fields have numbers, not names
  std::shared_ptr<const GrpcSchema> schema;  ///< what is in it; null: none, or files were not to be looked at
};

/// `limits`: sizes in bytes unless the name says otherwise; ranges are in config/limit_rules.h. Every one has a counter
/// gabion_limit_total{limit=…}.
struct Limits {
  std::uint32_t request_line_bytes = 16 * 1024;         ///< 414
  std::uint32_t header_bytes = 64 * 1024;               ///< request line and fields together: 431 / 502
  std::uint32_t header_count = 100;                     ///< 431 / 502
  std::uint32_t trailer_bytes = 16 * 1024;              ///< 431 / close
  std::uint64_t request_body_bytes = 0;                 ///< 413; 0 = unlimited
  std::uint32_t buffer_bytes = 32 * 1024;               ///< per direction of a connection: backpressure
  std::uint32_t hold_bytes = 64 * 1024;                 ///< body held for a verdict: on_limit of the profile
  std::uint64_t scan_bytes = 16ULL << 20;               ///< looked at by a rule set, again each time: on_limit
  std::uint64_t in_flight_bytes = 256ULL << 20;         ///< buffered and kept for verdicts in one worker: 503
  std::uint32_t connections = 10'000;                   ///< per worker, downstream: refused
  std::uint32_t connections_per_identity = 1'000;       ///< per worker and peer identity: refused
  std::uint32_t connections_per_pod = 2'500;            ///< per worker, of a gateway's pod, each way: refused
  std::uint32_t held_connections = 256;                 ///< per worker, waiting for timeouts.unknown_peer: not held
  std::uint32_t upstream_connections = 1'024;           ///< per worker and pool key: 503 after connection_wait
  std::uint32_t idle_upstream_connections = 64;         ///< kept per pool key
  std::uint32_t requests_per_connection = 0;            ///< then Connection: close, or GOAWAY; 0 = unlimited
  std::uint32_t concurrent_streams = 100;               ///< of an HTTP/2 connection: REFUSED_STREAM
  std::uint32_t stream_window_bytes = 64 * 1024;        ///< of a request's body on HTTP/2: backpressure
  std::uint32_t connection_window_bytes = 1024 * 1024;  ///< of all bodies on an HTTP/2 connection
  std::uint32_t body_bytes_per_second = 256;  ///< least, each way, once the credit is used up: 408 / cut; 0 = off
  std::uint64_t decoded_bytes = 32ULL << 20;  ///< text of a coded body: on_limit of the profile
  std::uint32_t decoded_ratio = 100;          ///< text to coded bytes, above 1 MiB of text: on_limit
  std::uint64_t websocket_message_bytes = 16ULL << 20;  ///< a message, as it came or inflated: closed with 1009
  std::uint32_t grpc_message_bytes = 4U << 20U;         ///< one gRPC message, as it came or decoded: on_limit
  std::uint32_t planned_endpoints = 50'000;             ///< per worker, kept planned for calls that were captured
  std::uint32_t audit_queue = 4'096;                    ///< events; more are counted and dropped
};

/// `timeouts`: 1ms to 24h each; only total and unknown_peer may be 0.
struct Timeouts {
  Duration tls_handshake{10'000};     ///< close
  Duration unknown_peer{2'000};       ///< a caller at a pod's address that no known pod has: until it is known
  Duration sniff{5'000};              ///< for the first bytes of what is not declared: carried as TCP
  Duration request_header{10'000};    ///< from first byte (or accept) to end of head: 408, close
  Duration request_body{300'000};     ///< between two pieces of a body: 408, close
  Duration response_header{300'000};  ///< from request end to response head: 504
  Duration response_body{300'000};    ///< between two pieces of a response body: cut
  Duration idle{3'600'000};           ///< keep-alive connection without a request: close
  Duration websocket_idle{300'000};   ///< without a byte either way: closed with 1001
  Duration upstream_idle{60'000};     ///< pooled connection without use: close
  Duration connect{1'000};            ///< TCP and TLS to the upstream: 503
  Duration connection_wait{3'000};    ///< for a free place below upstream_connections: 503
  Duration total{0};                  ///< whole exchange: 504 or cut; 0 = off
};

/// `overload`: how a worker sheds load as its memory (limits.in_flight_bytes) runs out. The first three are per cent of
/// that limit, none below the one before.
struct OverloadConfig {
  std::uint32_t refuse_connections = 85;  ///< new connections are closed
  std::uint32_t refuse_requests = 92;     ///< new requests: 503 with Retry-After
  std::uint32_t end_largest = 97;         ///< who holds most is ended
  std::uint32_t recover = 5;              ///< points below its mark at which a step is over
  Duration retry_after{1'000};            ///< what clients are told to wait
};

/// `endpoints`: what becomes of endpoints of services that fail. Each worker sees and judges for itself.
struct EndpointsConfig {
  std::uint32_t consecutive_failures = 5;  ///< then it is ejected; 0 = never
  Duration ejection_time{30'000};          ///< times the number of ejections before it served for max_ejection_time
  Duration max_ejection_time{300'000};
  std::uint32_t max_ejected_percent = 50;   ///< of a service's endpoints, rounded down; one always stays
  std::uint32_t retries = 2;                ///< of a request, to other endpoints
  std::uint32_t retry_budget_percent = 20;  ///< retries to requests, of a service
};

/// `drain`: how a stop proceeds (mesh.md §7).
struct DrainConfig {
  Duration notice{5'000};  ///< /ready says 503 for so long before listeners close
  Duration grace{45'000};  ///< then what is still in flight is cut and counted
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

/// `log`. A sink is "stdout", "stderr", "off" or a file path (appended to), written with a '/'.
struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  std::string access = "stdout";
  std::string audit = "stdout";
  std::uint32_t statement_sample = 100;  ///< of so many allowed SQL statements one is told in the audit log; 0: none
};

/// `postgres`: what all sessions of PostgreSQL have in common.
struct PostgresConfig {
  std::chrono::microseconds result_pause{250};  ///< longest that a piece of a long result waits for more; 0 = none does
};

/// `admin`.
struct AdminConfig {
  Endpoint listen;  ///< default 127.0.0.1:15000; port 0 picks a free one and logs it
};

/// The whole file. Paths are absolute: relative ones were resolved against the file's folder.
struct ProxyConfig {
  std::filesystem::path file;
  std::optional<GatewayConfig> gateway;  ///< of `mode: gateway`, which has no workload of its own
  WorkloadConfig workload;
  std::optional<IdentityConfig> identity;  ///< needed as soon as anything speaks mTLS
  std::vector<InboundConfig> inbound;
  std::vector<OutboundConfig> outbound;
  CaptureConfig capture;
  std::filesystem::path policy_directory;   ///< manifests; *.yaml, *.yml, *.json, not recursive
  bool explain_to_client = false;           ///< `deny.explain_to_client`: the 403 body names the rule
  std::vector<InspectionProfile> profiles;  ///< always holds "default"
  std::vector<WafConfig> waf;               ///< `inspection.waf`
  std::filesystem::path waf_cache;          ///< `inspection.wafCache`: compiled databases; empty: none kept
  DlpConfig dlp;                            ///< `inspection.dlp`
  GrpcConfig grpc;                          ///< `inspection.grpc`
  SqlTaintConfig sql_taint;                 ///< `inspection.sqlTaint`
  Limits limits;
  Timeouts timeouts;
  PostgresConfig postgres;
  OverloadConfig overload;
  EndpointsConfig endpoints;
  DrainConfig drain;
  AdminConfig admin;
  LogConfig log;
  std::uint32_t workers = 0;  ///< 0 = one per core this process may use
};

/// Whether some listener carries statements of SQL.
[[nodiscard]] bool speaks_sql(const ProxyConfig& config) noexcept;

/// Reads and checks the file: unknown key, wrong type, bad unit, missing file, port clash … All errors are returned,
/// each with `where` = "file:line: key.path". Does not open certificates beyond checking that they can be read.
[[nodiscard]] CheckedResult<ProxyConfig> load_proxy_config(const std::filesystem::path& file);

/// The same from text, for tests and fuzzing. `file` is only used in messages and to resolve relative paths;
/// with `check_files` false no file system access happens.
[[nodiscard]] CheckedResult<ProxyConfig> parse_proxy_config(std::string_view text, const std::filesystem::path& file,
                                                            bool check_files);

}  // namespace gabion::config
