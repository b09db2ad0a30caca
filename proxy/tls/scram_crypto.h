// The arithmetic of database logins, by OpenSSL; and what SCRAM binds to of a server's certificate.
#pragma once

#include <openssl/types.h>

#include <string>

#include "proxy/protocol/postgres/scram_crypto.h"

namespace gabion::proxy::tls {

/// Lives as long as the process.
[[nodiscard]] const postgres::ScramCrypto& scram_crypto() noexcept;

/// tls-server-end-point (RFC 5929 §4): the certificate hashed as it is signed, by SHA-256 where that is MD5 or SHA-1.
/// Empty: its signature names no hash (Ed25519), so that nothing can be bound to.
[[nodiscard]] std::string server_end_point(X509& certificate);

}  // namespace gabion::proxy::tls
