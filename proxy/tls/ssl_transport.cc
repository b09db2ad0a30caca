// Bytes through OpenSSL on a socket: see ssl_transport.h.
#include "proxy/tls/ssl_transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "proxy/tls/socket_bio.h"

namespace gabion::proxy::tls {

SslTransport::~SslTransport() {
  if (ssl_ == nullptr) {
    return;
  }
  if (done_) {
    // Else OpenSSL would take the missing close_notify for a reason never to resume this session. After a fatal alert
    // it has ruled that out already.
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  SSL_free(ssl_);
}

bool SslTransport::make_ssl(SSL_CTX& context) noexcept {
  ssl_ = SSL_new(&context);
  BIO* bio = ssl_ == nullptr ? nullptr : make_socket_bio(socket_);
  if (bio == nullptr) {
    return false;
  }
  SSL_set_bio(ssl_, bio, bio);
  return true;
}

std::string_view SslTransport::agreed_protocol() const noexcept {
  const unsigned char* name = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl_, &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

std::string_view SslTransport::server_name() const noexcept {
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

IoResult SslTransport::read(std::span<char> into) noexcept {
  if (!may_read()) {
    return {IoStatus::kBlocked, 0};
  }
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &got);
  if (result == 1) {
    return {IoStatus::kOk, got};
  }
  return explain(result);
}

/// False when OpenSSL could only find out that there is nothing: 2,500 instructions to learn what the socket knows.
bool SslTransport::may_read() const noexcept {
  return socket_.readable() || SSL_has_pending(ssl_) == 1 || (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
}

IoResult SslTransport::write(std::span<const char> bytes) noexcept {
  std::size_t put = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &put);
  if (result == 1) {
    return {IoStatus::kOk, put};
  }
  return explain(result);
}

IoResult SslTransport::explain(int result) noexcept {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {IoStatus::kBlocked, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::kClosed, 0};
    default:
      note_alert();
      // OpenSSL's error queue is the thread's, not the connection's: left full it would blame the next one.
      ERR_clear_error();
      return {IoStatus::kError, 0};
  }
}

void SslTransport::note_alert() noexcept {
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET) {
    const char* text = ERR_reason_error_string(error);
    alert_ = text != nullptr ? std::string_view(text) : std::string_view("unknown alert");
  }
}

/// An alert that the socket has no room for is kept by OpenSSL, which sends it when asked again.
IoStatus SslTransport::finish_write() noexcept {
  if (const int result = done_ ? SSL_shutdown(ssl_) : 1; result < 0) {
    const IoResult why = explain(result);
    if (why.status != IoStatus::kClosed) {
      return why.status;
    }
  }
  socket_.shutdown_write();
  return IoStatus::kOk;
}

void SslTransport::shutdown_write() noexcept {
  if (done_ && SSL_shutdown(ssl_) < 0) {
    ERR_clear_error();
  }
  socket_.shutdown_write();
}

}  // namespace gabion::proxy::tls
