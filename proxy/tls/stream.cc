// A TLS connection on its socket: see stream.h.
#include "proxy/tls/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

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
    : SslTransport(loop, fd), contexts_(std::move(contexts)) {
  state_.contexts = contexts_.get();
}

TlsStream::~TlsStream() {
  if (ssl_ != nullptr) {
    attach(*ssl_, nullptr);
  }
}

std::unique_ptr<TlsStream> TlsStream::accept(EventLoop& loop, int fd, std::shared_ptr<const Contexts> contexts,
                                             ServerRole role, config::Protocol protocol) {
  std::unique_ptr<TlsStream> stream(new TlsStream(loop, fd, std::move(contexts)));
  stream->state_.protocol = protocol;
  stream->state_.is_hop = role == ServerRole::kHop;
  if (!stream->make_ssl(stream->contexts_->server(role)) ||
      (role == ServerRole::kHop && !require_tls13(*stream->ssl_))) {
    return nullptr;
  }
  attach(*stream->ssl_, &stream->state_);
  SSL_set_accept_state(stream->ssl_);
  return stream;
}

std::unique_ptr<TlsStream> TlsStream::connect(EventLoop& loop, int fd, std::shared_ptr<const Contexts> contexts,
                                              std::span<const config::SpiffeId> accepted_ids,
                                              std::shared_ptr<SessionSlot> slot, Offer offer) {
  std::unique_ptr<TlsStream> stream(new TlsStream(loop, fd, std::move(contexts)));
  if (!stream->make_ssl(stream->contexts_->client()) || !offer_alpn(*stream->ssl_, offer) ||
      (offer == Offer::kHop && !require_tls13(*stream->ssl_))) {
    return nullptr;
  }
  stream->state_.is_hop = offer == Offer::kHop;
  attach(*stream->ssl_, &stream->state_);
  stream->is_client_ = true;
  stream->state_.accepted_ids.assign(accepted_ids.begin(), accepted_ids.end());
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
  const auto& accepted = state_.accepted_ids;
  return std::find(accepted.begin(), accepted.end(), peer.id) != accepted.end() && contexts_->trusts_root(peer.root);
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
  if (state_.is_hop && agreed_protocol() != kHopProtocol) {
    state_.reason = is_client_ ? Reason::kUpstreamProtocol : Reason::kProtocolMismatch;
    state_.detail = "the other end is no gateway (ALPN)";
    return Handshake::kFailed;
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

}  // namespace gabion::proxy::tls
