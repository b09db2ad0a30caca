// An OpenSSL BIO over Socket: like the one SSL_set_fd makes, but it asks Socket's readiness before the kernel.
#pragma once

#include <openssl/types.h>

#include "proxy/net/socket.h"

namespace gabion::proxy::tls {

/// Borrows `socket`. Null when out of memory.
[[nodiscard]] BIO* make_socket_bio(Socket& socket) noexcept;

}  // namespace gabion::proxy::tls
