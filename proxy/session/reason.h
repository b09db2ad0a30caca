// Every way an exchange or a connection can end other than well, with its code, status and response flag.
#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/verdict.h"

namespace gabion::proxy {

/// The codes (to_string) are part of logs and metrics: they never change their meaning.
enum class Reason : std::uint8_t {
  kNone,
  // The request itself.
  kMalformedRequest,      ///< 400: framing or syntax that two servers may read differently
  kUriTooLong,            ///< 414
  kHeaderTooLarge,        ///< 431: bytes
  kTooManyHeaders,        ///< 431: count
  kTrailerTooLarge,       ///< 431
  kBodyTooLarge,          ///< 413
  kRequestHeaderTimeout,  ///< 408
  kRequestBodyTimeout,    ///< 408
  kRequestTooSlow,        ///< 408, or a cut once the answer has begun: below limits.bodyBytesPerSecond
  kUnsupportedVersion,    ///< 505
  kUnsupportedExpect,     ///< 417
  kUpgradeRefused,        ///< 501
  kConnectRefused,        ///< 405
  kWebSocketHandshake,    ///< 400: an upgrade to WebSocket that is none (RFC 6455 §4.2.1)
  kWebSocketVersion,      ///< 426: not version 13
  kMalformedFrame,        ///< WebSocket close 1002 or 1007: frames, compression or text against RFC 6455, RFC 7692
  kMessageTooLarge,       ///< WebSocket close 1009: above limits.websocketMessageBytes
  kStartupRefused,        ///< PostgreSQL 42501: a start-up parameter that may not be set, replication
  kLoginMethod,           ///< PostgreSQL 28000: the server asks for what is not relayed
  kUnsafeSetting,         ///< PostgreSQL 42501: the server reads texts otherwise than we do
  // The verdict (inspect::Reason).
  kPolicyDenied,      ///< 403
  kNoIdentity,        ///< 403
  kIdentityMismatch,  ///< 403
  kPolicyInvalid,     ///< 403
  kBadPath,           ///< 400
  kAmbiguousPath,     ///< 400
  kAttackDetected,    ///< 403
  kSensitiveData,     ///< 403
  kHoldLimit,         ///< 413 request, 502 response
  kScanLimit,         ///< 413 request, 502 response
  kNotInspectable,    ///< 415 request, 502 response
  kBadCoding,         ///< 400 request, 502 response
  kDecodedBytes,      ///< 413 request, 502 response
  kDecodedRatio,      ///< 413 request, 502 response
  kBadMessage,        ///< 400 request, 502 response
  kMessageLimit,      ///< 413 request, 502 response
  // The upstream.
  kNoRoute,                 ///< 404 NR
  kNoEndpoint,              ///< 503 UH: the service has none that is ready, or is none
  kUpstreamConnectFailed,   ///< 503 UF
  kUpstreamConnectTimeout,  ///< 503 UF
  kUpstreamTlsFailed,       ///< 503 UF
  kUpstreamIdentity,        ///< 503 UF: the certificate is not one of the route's server ids
  kUpstreamProtocol,        ///< 502 UPE: the service does not speak the protocol declared for it
  kUpstreamReset,           ///< 503 UC before the response head, a cut after it
  kUpstreamMalformed,       ///< 502 UPE
  kUpstreamHeaderTooLarge,  ///< 502 UPE
  kUpstreamTruncated,       ///< cut UC: closed before the announced end
  kResponseHeaderTimeout,   ///< 504 UT
  kResponseBodyTimeout,     ///< cut UT
  kTotalTimeout,            ///< 504 UT, or a cut
  kDeadlineExceeded,        ///< 504 UT: the call's own grpc-timeout
  kUpstreamOverflow,        ///< 503 UO: no free connection below the limit in time
  kOverload,                ///< 503 OM: the worker's memory runs out, or would by what this would keep
  kOverloadEnded,           ///< 503 OM, or a cut: held most of the worker's memory when it ran out
  // The connection.
  kClientClosed,                ///< DC: the client went away in the middle
  kReaderTooSlow,               ///< cut: the client reads its answer below limits.bodyBytesPerSecond
  kConnectionLimit,             ///< refused
  kLoopRefused,                 ///< refused: our own listener for captured connections was called by its address
  kUndeclaredPort,              ///< refused: captured at a port that `inbound` does not declare
  kUnknownDestination,          ///< refused: captured on its way to an address that nobody knows
  kUncallableDestination,       ///< refused: captured on its way to what a gateway cannot call for the pod as is said
  kUnknownPod,                  ///< refused: captured by a gateway, and no pod of its node calls or is called
  kHopRefused,                  ///< refused: of what comes for a gateway's pods, or says that it does
  kPodConnectionLimit,          ///< refused: the gateway's pod has as many as it may
  kOverloadRefused,             ///< refused: the worker's memory runs out
  kIdentityConnectionLimit,     ///< refused
  kIdleTimeout,                 ///< closed, nothing wrong
  kTlsHandshakeTimeout,         ///< closed
  kTlsHandshakeFailed,          ///< closed after an alert: garbage, no shared version or cipher
  kMtlsRequired,                ///< closed: plain text on a STRICT port
  kNoClientCertificate,         ///< alert: none sent
  kClientCertificateUntrusted,  ///< alert: no chain to a root of the bundle
  kClientCertificateExpired,    ///< alert: out of date
  kClientCertificateIdentity,   ///< alert: not exactly one well-formed SPIFFE id, CA leaf, key usage
  kTrustDomain,                 ///< alert: id of another trust domain
  kProtocolMismatch,            ///< closed: not the declared protocol (TLS on a plain port, non-mesh TLS)
  kHttp2Error,                  ///< GOAWAY: the client broke HTTP/2 (RFC 9113 §5.4.1)
  kHttp2Flood,                  ///< GOAWAY ENHANCE_YOUR_CALM: too many frames that cost the client nothing
  kStreamLimit,                 ///< REFUSED_STREAM: limits.concurrentStreams
  kIdentityExpired,             ///< closed: the peer's certificate ran out
  kRootRemoved,                 ///< closed: its root left the bundle
  kPolicyChanged,               ///< no longer allowed: 403 if no answer has begun, else cut; closed when quiet
  kPeerGone,                    ///< cut: the pod that called is gone, its address free or another's
  kDrained,                     ///< cut at the end of drain.grace
  kCount
};

struct ReasonTraits {
  std::string_view code;  ///< "malformed_request", …
  std::uint16_t status;   ///< 0 = no answer, the connection closes
  std::string_view flag;  ///< Envoy's response flag, "" when none
  std::string_view text;  ///< what the client may read; never a rule's name
};

[[nodiscard]] const ReasonTraits& traits(Reason reason) noexcept;
[[nodiscard]] Reason to_reason(inspect::Reason reason) noexcept;

}  // namespace gabion::proxy
