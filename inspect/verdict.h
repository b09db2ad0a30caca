// The decision on an exchange and its reason. How a reason is told to the peer is session/local_reply's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gabion::inspect {

/// Why an exchange was refused. Names (to_string) are reason codes in logs and metrics and never change.
enum class Reason : std::uint8_t {
  kNone,              ///< allowed
  kPolicyDenied,      ///< "policy_denied": no rule allows it, or a Deny rule fired
  kNoIdentity,        ///< "no_identity": only rules that need a verified identity would allow it
  kIdentityMismatch,  ///< "identity_mismatch": the SPIFFE id does not belong to the source address's pod
  kPolicyInvalid,     ///< "policy_invalid": the policy that covers it could not be read
  kBadPath,           ///< "bad_path": broken escape, %00, or ".." above the root: malformed
  kAmbiguousPath,     ///< "ambiguous_path": two servers may read it differently and a rule depends on it
  kAttackDetected,    ///< "attack_detected"
  kSensitiveData,     ///< "sensitive_data"
  kHoldLimit,         ///< "hold_limit": more must be held for a verdict than limits.hold_bytes
  kScanLimit,         ///< "scan_limit": rules would have to look at more than limits.scan_bytes
  kNotInspectable,    ///< "not_inspectable": content coding or charset no detector can read
  kBadCoding,         ///< "bad_coding": the body is not what its Content-Encoding says
  kDecodedBytes,      ///< "decoded_bytes": more text than limits.decodedBytes
  kDecodedRatio,      ///< "decoded_ratio": more text for its bytes than limits.decodedRatio
  kBadMessage,        ///< "bad_message": a gRPC body that is not framed, coded or written as it says
  kMessageLimit,  ///< "message_limit": a gRPC message over limits.grpcMessageBytes, or of too many or too deep fields
};

[[nodiscard]] std::string_view to_string(Reason reason) noexcept;

/// kContinue: this detector is content so far. kHold: bytes must not leave yet. kStop: refuse the exchange.
enum class Step : std::uint8_t { kContinue, kHold, kStop };

/// Views point into the snapshot; `detail` is owned and only filled on refusal (the allow path allocates nothing).
struct Verdict {
  Reason reason = Reason::kNone;
  std::string_view rule;          ///< "namespace/policy/ingress[0]", a detector's rule, or empty
  std::string_view policy_kind;   ///< "NetworkPolicy", "L7Policy", "" for detectors and defaults
  std::string_view basis;         ///< policy.md §4.3 basis, e.g. "not_isolated", "rule", "no_rule", "l7_deny"
  bool dry_run_differs = false;   ///< DryRun policies would have decided otherwise
  std::string_view dry_run_rule;  ///< the rule that would have
  std::string detail;             ///< a sentence for logs: nearest miss, failing field. Never a value of the request

  [[nodiscard]] bool allowed() const noexcept { return reason == Reason::kNone; }
};

}  // namespace gabion::inspect
