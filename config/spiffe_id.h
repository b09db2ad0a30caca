// SPIFFE ids as the mesh writes them: spiffe://<trust domain>/ns/<namespace>/sa/<service account>.
#pragma once

#include <string>
#include <string_view>

#include "config/result.h"

namespace gabion::config {

/// 1 to 255 of [a-z0-9.-_]. Source: SPIFFE-ID standard §2.1.
[[nodiscard]] bool is_trust_domain(std::string_view text) noexcept;

/// A well-formed id of a Kubernetes workload. Source: SPIFFE-ID standard §2, and the /ns/…/sa/… form of Istio.
struct SpiffeId {
  std::string trust_domain;     ///< lower case, [a-z0-9.-_], at most 255 bytes
  std::string name_space;       ///< DNS label
  std::string service_account;  ///< DNS subdomain

  /// At most 2048 bytes; no query, fragment, port, user info, percent escape, empty or dot segment, upper-case
  /// trust domain. The scheme is exactly "spiffe" (any case is refused but lower).
  [[nodiscard]] static Result<SpiffeId> parse(std::string_view uri);
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const SpiffeId&, const SpiffeId&) = default;
};

}  // namespace gabion::config
