// One row a reason, and the encoding of gRPC's Status-Message.
#include "proxy/session/grpc_status.h"

#include <array>

namespace gabion::proxy {

std::optional<std::uint8_t> grpc_status(Reason reason) noexcept {
  switch (reason) {
    case Reason::kPolicyDenied:
    case Reason::kIdentityMismatch:
    case Reason::kPolicyInvalid:
    case Reason::kAttackDetected:
    case Reason::kSensitiveData:
    case Reason::kPolicyChanged:
      return std::uint8_t{7};
    case Reason::kNoIdentity:
    case Reason::kIdentityExpired:
    case Reason::kRootRemoved:
      return std::uint8_t{16};
    case Reason::kMalformedRequest:
    case Reason::kWebSocketHandshake:
    case Reason::kBadPath:
    case Reason::kAmbiguousPath:
    case Reason::kBadCoding:
    case Reason::kBadMessage:
      return std::uint8_t{13};
    case Reason::kUriTooLong:
    case Reason::kHeaderTooLarge:
    case Reason::kTooManyHeaders:
    case Reason::kTrailerTooLarge:
    case Reason::kBodyTooLarge:
    case Reason::kHoldLimit:
    case Reason::kScanLimit:
    case Reason::kDecodedBytes:
    case Reason::kDecodedRatio:
    case Reason::kMessageLimit:
      return std::uint8_t{8};
    case Reason::kRequestHeaderTimeout:
    case Reason::kRequestBodyTimeout:
    case Reason::kRequestTooSlow:
    case Reason::kResponseHeaderTimeout:
    case Reason::kResponseBodyTimeout:
    case Reason::kTotalTimeout:
    case Reason::kDeadlineExceeded:
      return std::uint8_t{4};
    case Reason::kUnsupportedVersion:
    case Reason::kUnsupportedExpect:
    case Reason::kUpgradeRefused:
    case Reason::kWebSocketVersion:
    case Reason::kConnectRefused:
    case Reason::kNotInspectable:
    case Reason::kNoRoute:
      return std::uint8_t{12};
    case Reason::kNoEndpoint:
    case Reason::kUpstreamConnectFailed:
    case Reason::kUpstreamConnectTimeout:
    case Reason::kUpstreamTlsFailed:
    case Reason::kUpstreamIdentity:
    case Reason::kUpstreamProtocol:
    case Reason::kUpstreamReset:
    case Reason::kUpstreamMalformed:
    case Reason::kUpstreamHeaderTooLarge:
    case Reason::kUpstreamTruncated:
    case Reason::kUpstreamOverflow:
    case Reason::kOverload:
    case Reason::kOverloadEnded:
    case Reason::kDrained:
      return std::uint8_t{14};
    case Reason::kNone:
    case Reason::kClientClosed:
    case Reason::kReaderTooSlow:
    case Reason::kConnectionLimit:
    case Reason::kLoopRefused:
    case Reason::kUndeclaredPort:
    case Reason::kUnknownDestination:
    case Reason::kUncallableDestination:
    case Reason::kUnknownPod:
    case Reason::kHopRefused:
    case Reason::kPodConnectionLimit:
    case Reason::kOverloadRefused:
    case Reason::kIdentityConnectionLimit:
    case Reason::kIdleTimeout:
    case Reason::kTlsHandshakeTimeout:
    case Reason::kTlsHandshakeFailed:
    case Reason::kMtlsRequired:
    case Reason::kNoClientCertificate:
    case Reason::kClientCertificateUntrusted:
    case Reason::kClientCertificateExpired:
    case Reason::kClientCertificateIdentity:
    case Reason::kTrustDomain:
    case Reason::kProtocolMismatch:
    case Reason::kMalformedFrame:
    case Reason::kMessageTooLarge:
    case Reason::kStartupRefused:
    case Reason::kLoginMethod:
    case Reason::kUnsafeSetting:
    case Reason::kHttp2Error:
    case Reason::kHttp2Flood:
    case Reason::kStreamLimit:
    case Reason::kPeerGone:
    case Reason::kCount:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string_view grpc_status_text(Reason reason) noexcept {
  constexpr std::array<std::string_view, 17> kTexts{"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                    "9", "10", "11", "12", "13", "14", "15", "16"};
  constexpr std::size_t kUnknown = 2;
  return kTexts[grpc_status(reason).value_or(kUnknown)];
}

std::string grpc_message(Reason reason, std::string_view rule, std::string_view detail) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const ReasonTraits& told = traits(reason);
  std::string text(told.text);
  text.append(" (").append(told.code).append(")");
  if (!rule.empty()) {
    text.append("; rule: ").append(rule);
  }
  if (!detail.empty()) {
    text.append("; ").append(detail);
  }
  std::string encoded;
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7F && c != '%') {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4U]);
      encoded.push_back(kHex[byte & 0xFU]);
    }
  }
  return encoded;
}

}  // namespace gabion::proxy
