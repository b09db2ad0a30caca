// A TLS connection on its socket: see stream.h.
#include "proxy/tls/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "proxy/tls/socket_bio.h"

namespace gabion::proxy::tls {

SessionSlot::~SessionSlot() {
  SSL_SESSION_free(session_);
}

void SessionSlot::put(SSL_SESSION* session, const PeerCertificate& peer) noexcept {
  SSL_SESSION_free(session_);
  session_ = session;
  peer_ = peer;
}

SSL_SESSION* SessionSlot::get(std::chrono::system_clock::time_point now) const noexcept {
  return session_ != nullptr && SSL_SESSION_is_resumable(session_) == 1 && now < peer_.expires ? session_ : nullptr;
}

TlsStream::TlsStream(EventLoop& loop, int fd, std::shared_ptr<const Contexts> contexts) noexcept
    : socket_(loop, fd), contexts_(std::move(contexts)) {
  state_.contexts = contexts_.get();
}

TlsStream::~TlsStream() {
  if (ssl_ != nullptr) {
    attach(*ssl_, nullptr);
    if (done_) {
      // Else OpenSSL would take the missing close_notify for a reason never to resume this session. After a fatal alert
      // it has ruled that out already.
      SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    SSL_free(ssl_);
  }
}

bool TlsStream::make_ssl(SSL_CTX& context) noexcept {
  ssl_ = SSL_new(&context);
  BIO* bio = ssl_ == nullptr ? nullptr : make_socket_bio(socket_);
  if (bio == nullptr) {
    return false;
  }
  SSL_set_bio(ssl_, bio, bio);
  attach(*ssl_, &state_);
  return true;
}

std::unique_ptr<TlsStream> TlsStream::accept(EventLoop& loop, int fd, std::shared_ptr<const Contexts> contexts,
                                             ServerRole role, config::Protocol protocol) {
  std::unique_ptr<TlsStream> stream(new TlsStream(loop, fd, std::move(contexts)));
  stream->state_.protocol = protocol;
  if (!stream->make_ssl(stream->contexts_->server(role))) {
    return nullptr;
  }
  SSL_set_accept_state(stream->ssl_);
  return stream;
}

std::unique_ptr<TlsStream> TlsStream::connect(EventLoop& loop, int fd, std::shared_ptr<const Contexts> contexts,
                                              std::span<const config::SpiffeId> accepted_ids,
                                              std::shared_ptr<SessionSlot> slot, Offer offer) {
  std::unique_ptr<TlsStream> stream(new TlsStream(loop, fd, std::move(contexts)));
  if (!stream->make_ssl(stream->contexts_->client()) || !offer_alpn(*stream->ssl_, offer)) {
    return nullptr;
  }
  stream->is_client_ = true;
  stream->state_.accepted_ids = accepted_ids;
  stream->slot_ = std::move(slot);
  stream->state_.on_session = &TlsStream::keep_session;
  stream->state_.owner = stream.get();
  SSL_set_connect_state(stream->ssl_);
  // What finish_handshake() would refuse is not offered: it would be refused again and again.
  SSL_SESSION* const session = stream->slot_->get(std::chrono::system_clock::now());
  if (session != nullptr && stream->may_be(stream->slot_->peer())) {
    SSL_set_session(stream->ssl_, session);
    stream->offered_ = stream->slot_->peer();
  }
  return stream;
}

void TlsStream::keep_session(void* self, SSL_SESSION* session) {
  auto& stream = *static_cast<TlsStream*>(self);
  if (stream.slot_ && stream.state_.peer) {
    stream.slot_->put(session, *stream.state_.peer);
  } else {
    SSL_SESSION_free(session);
  }
}

TlsStream::Handshake TlsStream::handshake() noexcept {
  if (done_) {
    return Handshake::kDone;
  }
  if (!socket_.is_open()) {
    state_.reason = Reason::kTlsHandshakeFailed;
    return Handshake::kFailed;
  }
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    ERR_clear_error();  // SSL_get_error() reads the thread's queue, and going well may still leave something in it
    return finish_handshake();
  }
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return Handshake::kBlocked;
  }
  return fail_handshake(error);
}

/// A peer of an earlier handshake, by the standards of this one.
bool TlsStream::may_be(const PeerCertificate& peer) const noexcept {
  const auto accepted = state_.accepted_ids;
  return (accepted.empty() || std::find(accepted.begin(), accepted.end(), peer.id) != accepted.end()) &&
         contexts_->trusts_root(peer.root);
}

TlsStream::Handshake TlsStream::finish_handshake() noexcept {
  if (SSL_session_reused(ssl_) == 1 && is_client_ && !state_.peer && offered_) {
    // A resumed handshake shows no certificate: we remember whom the full one proved.
    if (may_be(*offered_)) {
      state_.peer = *offered_;
      state_.peer->resumed = true;
    }
  }
  if (!state_.peer) {
    state_.reason = is_client_ ? Reason::kUpstreamTlsFailed : Reason::kNoClientCertificate;
    state_.detail = "the handshake ended without a verified peer";
    return Handshake::kFailed;
  }
  if (SSL_session_reused(ssl_) == 1) {
    state_.peer->resumed = true;
  }
  done_ = true;
  return Handshake::kDone;
}

TlsStream::Handshake TlsStream::fail_handshake(int ssl_error) noexcept {
  const unsigned long error = ERR_peek_last_error();
  const int code = ERR_GET_REASON(error);
  if (state_.reason == Reason::kNone) {
    state_.reason = is_client_ ? Reason::kUpstreamTlsFailed : Reason::kTlsHandshakeFailed;
    if (code == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
      state_.reason = Reason::kNoClientCertificate;
    }
    const char* text = ERR_reason_error_string(error);
    state_.detail = text != nullptr ? text : ssl_error == SSL_ERROR_SYSCALL ? "connection closed" : "TLS failure";
  } else if (is_client_) {
    const bool chain =
        state_.reason == Reason::kClientCertificateUntrusted || state_.reason == Reason::kClientCertificateExpired;
    state_.reason = chain ? Reason::kUpstreamTlsFailed : Reason::kUpstreamIdentity;
  }
  ERR_clear_error();
  return Handshake::kFailed;
}

std::string_view TlsStream::agreed_protocol() const noexcept {
  const unsigned char* name = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl_, &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

std::string_view TlsStream::server_name() const noexcept {
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

IoResult TlsStream::read(std::span<char> into) noexcept {
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
bool TlsStream::may_read() const noexcept {
  return socket_.readable() || SSL_has_pending(ssl_) == 1 || (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
}

IoResult TlsStream::write(std::span<const char> bytes) noexcept {
  std::size_t put = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &put);
  if (result == 1) {
    return {IoStatus::kOk, put};
  }
  return explain(result);
}

IoResult TlsStream::explain(int result) noexcept {
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

void TlsStream::note_alert() noexcept {
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET) {
    const char* text = ERR_reason_error_string(error);
    alert_ = text != nullptr ? std::string_view(text) : std::string_view("unknown alert");
  }
}

void TlsStream::shutdown_write() noexcept {
  if (done_ && SSL_shutdown(ssl_) < 0) {
    ERR_clear_error();
  }
  socket_.shutdown_write();
}

}  // namespace gabion::proxy::tls
