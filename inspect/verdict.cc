// Reason codes as logs and metrics spell them.
#include "inspect/verdict.h"

namespace gabion::inspect {

std::string_view to_string(Reason reason) noexcept {
  switch (reason) {
    case Reason::kNone:
      return "none";
    case Reason::kPolicyDenied:
      return "policy_denied";
    case Reason::kNoIdentity:
      return "no_identity";
    case Reason::kIdentityMismatch:
      return "identity_mismatch";
    case Reason::kPolicyInvalid:
      return "policy_invalid";
    case Reason::kBadPath:
      return "bad_path";
    case Reason::kAmbiguousPath:
      return "ambiguous_path";
    case Reason::kAttackDetected:
      return "attack_detected";
    case Reason::kSensitiveData:
      return "sensitive_data";
    case Reason::kHoldLimit:
      return "hold_limit";
    case Reason::kScanLimit:
      return "scan_limit";
    case Reason::kNotInspectable:
      return "not_inspectable";
    case Reason::kBadCoding:
      return "bad_coding";
    case Reason::kDecodedBytes:
      return "decoded_bytes";
    case Reason::kDecodedRatio:
      return "decoded_ratio";
    case Reason::kBadMessage:
      return "bad_message";
    case Reason::kMessageLimit:
      return "message_limit";
  }
  return "none";
}

}  // namespace gabion::inspect
