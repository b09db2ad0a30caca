// A TLS connection of PostgreSQL outside the mesh: see database_stream.h.
#include "proxy/tls/database_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <string_view>

#include "proxy/tls/scram_crypto.h"

namespace gabion::proxy::tls {
namespace {

constexpr std::string_view kAlpnName = "postgresql";

}  // namespace

std::unique_ptr<DatabaseStream> DatabaseStream::connect(EventLoop& loop, int fd,
                                                        std::shared_ptr<const DatabaseClientContext> context,
                                                        Alpn alpn) {
  std::unique_ptr<DatabaseStream> stream(new DatabaseStream(loop, fd, alpn));
  stream->client_ = std::move(context);
  const std::string& name = stream->client_->wanted().server_name;
  if (!stream->make_ssl(stream->client_->context()) ||
      (!name.empty() && SSL_set_tlsext_host_name(stream->ssl_, name.c_str()) != 1)) {
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_connect_state(stream->ssl_);
  return stream;
}

std::unique_ptr<DatabaseStream> DatabaseStream::accept(EventLoop& loop, int fd,
                                                       std::shared_ptr<const DatabaseServerContext> context,
                                                       Alpn alpn) {
  std::unique_ptr<DatabaseStream> stream(new DatabaseStream(loop, fd, alpn));
  stream->server_ = std::move(context);
  stream->end_point_ = stream->server_->end_point();
  if (!stream->make_ssl(stream->server_->context())) {
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_accept_state(stream->ssl_);
  return stream;
}

DatabaseStream::Handshake DatabaseStream::fail(std::string detail) {
  detail_ = std::move(detail);
  ERR_clear_error();
  return Handshake::kFailed;
}

DatabaseStream::Handshake DatabaseStream::handshake() {
  if (done_) {
    return Handshake::kDone;
  }
  if (!socket_.is_open()) {
    return fail("connection closed");
  }
  const int result = SSL_do_handshake(ssl_);
  if (result != 1) {
    const int error = SSL_get_error(ssl_, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      return Handshake::kBlocked;
    }
    return fail(describe_failure());
  }
  ERR_clear_error();  // going well may leave something in the thread's queue
  done_ = true;
  if (alpn_ == Alpn::kRequired && agreed_protocol() != kAlpnName) {
    return fail("direct TLS without the ALPN postgresql");
  }
  if (client_) {
    note_server();
  }
  return Handshake::kDone;
}

std::string DatabaseStream::describe_failure() const {
  const long verified = SSL_get_verify_result(ssl_);
  if (client_ && client_->verifies() && verified != X509_V_OK) {
    return X509_verify_cert_error_string(verified);
  }
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  return text != nullptr ? text : "connection closed";
}

void DatabaseStream::note_server() {
  X509* const leaf = SSL_get0_peer_certificate(ssl_);
  if (leaf != nullptr) {
    end_point_ = server_end_point(*leaf);
  }
  const STACK_OF(X509)* chain = client_->verifies() ? SSL_get0_verified_chain(ssl_) : nullptr;
  if (chain == nullptr || sk_X509_num(chain) == 0) {
    return;
  }
  expires_ = std::chrono::system_clock::time_point::max();
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    expires_ = std::min(*expires_, not_after(*sk_X509_value(chain, i)));
  }
  root_ = fingerprint(*sk_X509_value(chain, sk_X509_num(chain) - 1));
}

}  // namespace gabion::proxy::tls
