// The one table of how things end: code, status, response flag and the sentence a client may read.
#include "proxy/session/reason.h"

#include <array>
#include <cstddef>

namespace gabion::proxy {
namespace {

struct Row {
  Reason reason;
  ReasonTraits traits;
};

constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::kCount);

// Flags: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#response-flags
constexpr std::array<Row, kReasons> kRows = {{
    {Reason::kNone, {"none", 0, "", ""}},
    {Reason::kMalformedRequest, {"malformed_request", 400, "DPE", "the request is malformed"}},
    {Reason::kUriTooLong, {"uri_too_long", 414, "DPE", "the request target is too long"}},
    {Reason::kHeaderTooLarge, {"header_too_large", 431, "DPE", "the request header is too large"}},
    {Reason::kTooManyHeaders, {"too_many_headers", 431, "DPE", "the request has too many header fields"}},
    {Reason::kTrailerTooLarge, {"trailer_too_large", 431, "DPE", "the request trailer is too large"}},
    {Reason::kBodyTooLarge, {"body_too_large", 413, "", "the request body is too large"}},
    {Reason::kRequestHeaderTimeout, {"request_header_timeout", 408, "DT", "the request header took too long"}},
    {Reason::kRequestBodyTimeout, {"request_body_timeout", 408, "SI", "the request body took too long"}},
    {Reason::kRequestTooSlow, {"request_too_slow", 408, "SI", "the request body comes too slowly"}},
    {Reason::kUnsupportedVersion, {"unsupported_version", 505, "DPE", "this HTTP version is not supported"}},
    {Reason::kUnsupportedExpect, {"unsupported_expect", 417, "DPE", "this expectation is not supported"}},
    {Reason::kUpgradeRefused, {"upgrade_refused", 501, "", "this protocol upgrade is not supported"}},
    {Reason::kConnectRefused, {"connect_refused", 405, "", "CONNECT is not allowed"}},
    {Reason::kWebSocketHandshake, {"websocket_handshake", 400, "DPE", "the WebSocket handshake is malformed"}},
    {Reason::kWebSocketVersion, {"websocket_version", 426, "DPE", "only version 13 of WebSocket is supported"}},
    {Reason::kMalformedFrame, {"malformed_frame", 0, "DPE", ""}},
    {Reason::kMessageTooLarge, {"message_too_large", 0, "", ""}},
    {Reason::kStartupRefused, {"startup_refused", 0, "", "the session may not begin so"}},
    {Reason::kLoginMethod, {"login_method", 0, "", "the method of login is not supported"}},
    {Reason::kUnsafeSetting, {"unsafe_setting", 0, "", "the session's settings are not allowed"}},

    {Reason::kPolicyDenied, {"policy_denied", 403, "", "access denied by policy"}},
    {Reason::kNoIdentity, {"no_identity", 403, "", "access denied: a verified identity is required"}},
    {Reason::kIdentityMismatch, {"identity_mismatch", 403, "", "access denied by policy"}},
    {Reason::kPolicyInvalid, {"policy_invalid", 403, "", "access denied by policy"}},
    {Reason::kBadPath, {"bad_path", 400, "DPE", "the request path is malformed"}},
    {Reason::kAmbiguousPath, {"ambiguous_path", 400, "DPE", "the request path is ambiguous"}},
    {Reason::kAttackDetected, {"attack_detected", 403, "", "the request was refused"}},
    {Reason::kSensitiveData, {"sensitive_data", 403, "", "the message was refused"}},
    {Reason::kHoldLimit, {"hold_limit", 413, "", "the message is too large to be inspected"}},
    {Reason::kScanLimit, {"scan_limit", 413, "", "the message takes too much inspection"}},
    {Reason::kNotInspectable, {"not_inspectable", 415, "", "the message cannot be inspected"}},
    {Reason::kBadCoding, {"bad_coding", 400, "", "the message is not coded as it says"}},
    {Reason::kDecodedBytes, {"decoded_bytes", 413, "", "the decoded message is too large to be inspected"}},
    {Reason::kDecodedRatio, {"decoded_ratio", 413, "", "the message expands too much to be inspected"}},
    {Reason::kBadMessage, {"bad_message", 400, "", "a message of the call is malformed"}},
    {Reason::kMessageLimit, {"message_limit", 413, "", "a message of the call is too large to be inspected"}},

    {Reason::kNoRoute, {"no_route", 404, "NR", "no route for this host"}},
    {Reason::kNoEndpoint, {"no_endpoint", 503, "UH", "the service has no endpoint"}},
    {Reason::kUpstreamConnectFailed, {"upstream_connect_failed", 503, "UF", "the service is not available"}},
    {Reason::kUpstreamConnectTimeout, {"upstream_connect_timeout", 503, "UF", "the service is not available"}},
    {Reason::kUpstreamTlsFailed, {"upstream_tls_failed", 503, "UF", "the service is not available"}},
    {Reason::kUpstreamIdentity, {"upstream_identity", 503, "UF", "the service is not available"}},
    {Reason::kUpstreamProtocol, {"upstream_protocol", 502, "UPE", "the service does not speak the declared protocol"}},
    {Reason::kUpstreamReset, {"upstream_reset", 503, "UC", "the service closed the connection"}},
    {Reason::kUpstreamMalformed, {"upstream_malformed", 502, "UPE", "the service's answer is malformed"}},
    {Reason::kUpstreamHeaderTooLarge,
     {"upstream_header_too_large", 502, "UPE", "the service's answer has too large a header"}},
    {Reason::kUpstreamTruncated, {"upstream_truncated", 0, "UC", ""}},
    {Reason::kResponseHeaderTimeout, {"response_header_timeout", 504, "UT", "the service took too long"}},
    {Reason::kResponseBodyTimeout, {"response_body_timeout", 0, "UT", ""}},
    {Reason::kTotalTimeout, {"total_timeout", 504, "UT", "the exchange took too long"}},
    {Reason::kDeadlineExceeded, {"deadline_exceeded", 504, "UT", "the call's deadline has passed"}},
    {Reason::kUpstreamOverflow, {"upstream_overflow", 503, "UO", "the service is busy"}},
    {Reason::kOverload, {"overload", 503, "OM", "the proxy is busy"}},
    {Reason::kOverloadEnded, {"overload_ended", 503, "OM", "the proxy is out of memory"}},

    {Reason::kClientClosed, {"client_closed", 0, "DC", ""}},
    {Reason::kReaderTooSlow, {"reader_too_slow", 0, "SI", ""}},
    {Reason::kConnectionLimit, {"connection_limit", 0, "", ""}},
    {Reason::kLoopRefused, {"loop_refused", 0, "", ""}},
    {Reason::kUndeclaredPort, {"undeclared_port", 0, "NR", ""}},
    {Reason::kUnknownDestination, {"unknown_destination", 0, "NR", ""}},
    {Reason::kUncallableDestination, {"uncallable_destination", 0, "NR", ""}},
    {Reason::kUnknownPod, {"unknown_pod", 0, "NR", ""}},
    {Reason::kHopRefused, {"hop_refused", 0, "", ""}},
    {Reason::kPodConnectionLimit, {"pod_connection_limit", 0, "", ""}},
    {Reason::kOverloadRefused, {"overload_refused", 0, "OM", ""}},
    {Reason::kIdentityConnectionLimit, {"identity_connection_limit", 0, "", ""}},
    {Reason::kIdleTimeout, {"idle_timeout", 0, "", ""}},
    {Reason::kTlsHandshakeTimeout, {"tls_handshake_timeout", 0, "", ""}},
    {Reason::kTlsHandshakeFailed, {"tls_handshake_failed", 0, "", ""}},
    {Reason::kMtlsRequired, {"mtls_required", 0, "", ""}},
    {Reason::kNoClientCertificate, {"no_client_certificate", 0, "", ""}},
    {Reason::kClientCertificateUntrusted, {"client_certificate_untrusted", 0, "", ""}},
    {Reason::kClientCertificateExpired, {"client_certificate_expired", 0, "", ""}},
    {Reason::kClientCertificateIdentity, {"client_certificate_identity", 0, "", ""}},
    {Reason::kTrustDomain, {"trust_domain", 0, "", ""}},
    {Reason::kProtocolMismatch, {"protocol_mismatch", 0, "DPE", ""}},
    {Reason::kHttp2Error, {"protocol_error", 0, "DPE", ""}},
    {Reason::kHttp2Flood, {"flood", 0, "DPE", ""}},
    {Reason::kStreamLimit, {"stream_limit", 0, "", ""}},
    {Reason::kIdentityExpired, {"identity_expired", 0, "", ""}},
    {Reason::kRootRemoved, {"root_removed", 0, "", ""}},
    {Reason::kPolicyChanged, {"policy_changed", 403, "", "access denied by policy"}},
    {Reason::kPeerGone, {"peer_gone", 0, "", ""}},
    {Reason::kDrained, {"drained", 0, "", ""}},
}};

constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < kReasons; ++i) {
    if (kRows[i].reason != static_cast<Reason>(i) || kRows[i].traits.code.empty()) {
      return false;
    }
  }
  return true;
}
static_assert(rows_follow_the_enum(), "one row an enumerator, in its order");

}  // namespace

const ReasonTraits& traits(Reason reason) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  return kRows[index < kReasons ? index : 0].traits;
}

Reason to_reason(inspect::Reason reason) noexcept {
  switch (reason) {
    case inspect::Reason::kNone:
      return Reason::kNone;
    case inspect::Reason::kPolicyDenied:
      return Reason::kPolicyDenied;
    case inspect::Reason::kNoIdentity:
      return Reason::kNoIdentity;
    case inspect::Reason::kIdentityMismatch:
      return Reason::kIdentityMismatch;
    case inspect::Reason::kPolicyInvalid:
      return Reason::kPolicyInvalid;
    case inspect::Reason::kBadPath:
      return Reason::kBadPath;
    case inspect::Reason::kAmbiguousPath:
      return Reason::kAmbiguousPath;
    case inspect::Reason::kAttackDetected:
      return Reason::kAttackDetected;
    case inspect::Reason::kSensitiveData:
      return Reason::kSensitiveData;
    case inspect::Reason::kHoldLimit:
      return Reason::kHoldLimit;
    case inspect::Reason::kScanLimit:
      return Reason::kScanLimit;
    case inspect::Reason::kNotInspectable:
      return Reason::kNotInspectable;
    case inspect::Reason::kBadCoding:
      return Reason::kBadCoding;
    case inspect::Reason::kDecodedBytes:
      return Reason::kDecodedBytes;
    case inspect::Reason::kDecodedRatio:
      return Reason::kDecodedRatio;
    case inspect::Reason::kBadMessage:
      return Reason::kBadMessage;
    case inspect::Reason::kMessageLimit:
      return Reason::kMessageLimit;
  }
  return Reason::kPolicyInvalid;  // a value out of the enum must not read as allowed
}

}  // namespace gabion::proxy
