// The SPIFFE id of a certificate: its only URI SAN, on a leaf that may sign (SPIFFE X509-SVID §4, §5).
#pragma once

#include <openssl/types.h>

#include "config/result.h"
#include "config/spiffe_id.h"

namespace gabion::proxy::tls {

/// Errors: no URI SAN, more than one, not a well-formed id, a CA certificate, key usage without
/// digitalSignature or with keyCertSign or cRLSign.
[[nodiscard]] config::Result<config::SpiffeId> spiffe_id_of(X509& leaf);

}  // namespace gabion::proxy::tls
