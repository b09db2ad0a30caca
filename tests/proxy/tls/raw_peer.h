// For tests: a TLS end of plain OpenSSL, which may be as wrong as one likes.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "tests/proxy/tls/certificates.h"

namespace gabion::proxy::tls {

struct RawPeerConfig {
  const KeyPair* identity = nullptr;  ///< null: no certificate
  std::string_view alpn = {};         ///< wire form; empty: not offered
  int version = TLS1_3_VERSION;       ///< the only one it speaks
};

/// Verifies nothing. Borrows the descriptor, which is non-blocking.
class RawPeer {
 public:
  enum class Role { kClient, kServer };
  enum class Step { kDone, kBlocked, kFailed };

  RawPeer(Role role, int fd, const RawPeerConfig& config)
      : context_(SSL_CTX_new(role == Role::kClient ? TLS_client_method() : TLS_server_method()), &SSL_CTX_free) {
    SSL_CTX_set_min_proto_version(context_.get(), config.version);
    SSL_CTX_set_max_proto_version(context_.get(), config.version);
    if (config.identity != nullptr) {
      SSL_CTX_use_certificate(context_.get(), config.identity->certificate.get());
      SSL_CTX_use_PrivateKey(context_.get(), config.identity->key.get());
    }
    if (!config.alpn.empty()) {
      SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>(config.alpn.data()),
                              static_cast<unsigned int>(config.alpn.size()));
    }
    connect(role, fd);
  }

  /// Begins again on another socket, offering the session of the last one.
  void reconnect(int fd) {
    const std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(SSL_get1_session(ssl_.get()),
                                                                            &SSL_SESSION_free);
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    connect(Role::kClient, fd);
    SSL_set_session(ssl_.get(), session.get());
  }

  [[nodiscard]] Step handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      return Step::kDone;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Step::kBlocked : Step::kFailed;
  }
  [[nodiscard]] std::string alpn() const {
    const unsigned char* name = nullptr;
    unsigned int length = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &length);
    return {reinterpret_cast<const char*>(name), length};
  }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  [[nodiscard]] SSL& ssl() noexcept { return *ssl_; }

 private:
  void connect(Role role, int fd) {
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd);
    role == Role::kClient ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
  }

  struct FreeSsl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace gabion::proxy::tls
