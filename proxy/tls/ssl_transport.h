// Bytes through OpenSSL on a socket: what every stream of TLS is, whoever is verified in its handshake.
#pragma once

#include <openssl/types.h>

#include <string_view>

#include "proxy/net/socket.h"

namespace gabion::proxy::tls {

/// Reads and writes through a BIO of our own over Socket, so that OpenSSL makes no system call the socket is known
/// not to be ready for. Used on one worker only.
class SslTransport : public Transport {
 public:
  ~SslTransport() override;
  SslTransport(const SslTransport&) = delete;
  SslTransport& operator=(const SslTransport&) = delete;

  /// The alert by which the peer ended the stream after the handshake, "" when none. TLS 1.3: a server judges our
  /// certificate after we believe the handshake done, and says so in place of its first bytes.
  [[nodiscard]] std::string_view alert() const noexcept { return alert_; }
  /// What both ends agreed on (ALPN), "" when nothing. REQUIRES: the handshake is done.
  [[nodiscard]] std::string_view agreed_protocol() const noexcept;
  /// SNI of the client, "" when none.
  [[nodiscard]] std::string_view server_name() const noexcept;

  [[nodiscard]] IoResult read(std::span<char> into) noexcept override;
  [[nodiscard]] IoResult write(std::span<const char> bytes) noexcept override;
  [[nodiscard]] bool may_read() const noexcept override;
  void shutdown_write() noexcept override;
  [[nodiscard]] IoStatus finish_write() noexcept override;
  [[nodiscard]] Socket& socket() noexcept override { return socket_; }

 protected:
  /// Takes the descriptor over.
  SslTransport(EventLoop& loop, int fd) noexcept : socket_(loop, fd) {}
  [[nodiscard]] bool make_ssl(SSL_CTX& context) noexcept;

  Socket socket_;
  SSL* ssl_ = nullptr;
  bool done_ = false;  // the handshake is

 private:
  [[nodiscard]] IoResult explain(int result) noexcept;
  void note_alert() noexcept;

  std::string_view alert_;  // a text of OpenSSL's
};

}  // namespace gabion::proxy::tls
