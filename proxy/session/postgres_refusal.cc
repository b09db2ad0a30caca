// How a session of PostgreSQL is told that it ends: see postgres_refusal.h.
#include "proxy/session/postgres_refusal.h"

namespace gabion::proxy {

std::string_view sqlstate_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kPolicyDenied:
    case Reason::kNoIdentity:
    case Reason::kIdentityMismatch:
    case Reason::kPolicyInvalid:
    case Reason::kLoginMethod:
      return "28000";  // invalid_authorization_specification
    case Reason::kStartupRefused:
    case Reason::kUnsafeSetting:
    case Reason::kSensitiveData:
      return "42501";  // insufficient_privilege
    case Reason::kUnsupportedVersion:
      return "0A000";  // feature_not_supported
    case Reason::kUpstreamOverflow:
    case Reason::kConnectionLimit:
    case Reason::kIdentityConnectionLimit:
      return "53300";  // too_many_connections
    case Reason::kOverload:
    case Reason::kOverloadEnded:
      return "53200";  // out_of_memory
    case Reason::kNoEndpoint:
    case Reason::kUpstreamConnectFailed:
    case Reason::kUpstreamConnectTimeout:
    case Reason::kUpstreamTlsFailed:
    case Reason::kUpstreamIdentity:
    case Reason::kUpstreamProtocol:
    case Reason::kUpstreamReset:
    case Reason::kUpstreamMalformed:
    case Reason::kUpstreamTruncated:
    case Reason::kResponseHeaderTimeout:
      return "08006";  // connection_failure
    case Reason::kIdleTimeout:
      return "57P05";  // idle_session_timeout
    case Reason::kPolicyChanged:
    case Reason::kPeerGone:
    case Reason::kRootRemoved:
    case Reason::kIdentityExpired:
    case Reason::kDrained:
      return "57P01";  // admin_shutdown
    default:
      return "08P01";  // protocol_violation
  }
}

std::string_view postgres_text_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kMalformedRequest:
      return "the message is malformed";
    case Reason::kUnsupportedVersion:
      return "only version 3 of the protocol is supported";
    case Reason::kRequestHeaderTimeout:
      return "the start-up or login took too long";
    case Reason::kUpstreamMalformed:
      return "the server's answer is malformed";
    case Reason::kSensitiveData:
      return "the answer cannot be told without what is withheld";
    case Reason::kIdleTimeout:
      return "the session was idle for too long";
    case Reason::kPeerGone:
    case Reason::kRootRemoved:
    case Reason::kIdentityExpired:
      return "the trust in this connection has ended";
    case Reason::kDrained:
      return "the proxy is shutting down";
    default:
      return traits(reason).text.empty() ? traits(reason).code : traits(reason).text;
  }
}

}  // namespace gabion::proxy
