// TLS with an application outside the mesh: asked for, or begun at once; then the start-up comes inside it.
#include <array>
#include <utility>

#include "proxy/session/postgres_session.h"

namespace gabion::proxy {

/// Where callers of the mesh may come, TLS is the mesh's; and where one has come by a hop.
bool PostgresSession::offers_tls() const noexcept {
  return down_.plan->application_tls && down_.plan->tls == config::TlsMode::kDisable && client_.identity == nullptr;
}

bool PostgresSession::needs_tls() const noexcept {
  return offers_tls() && down_.plan->application_tls->is_required();
}

/// Before anything is read: bytes of a handshake are OpenSSL's to read.
PostgresSession::FirstByte PostgresSession::look_for_tls() {
  if (looked_for_tls_ || !offers_tls()) {
    return FirstByte::kOther;
  }
  std::array<char, 1> first{};
  const auto peeked = client_.transport->socket().peek(first);
  if (peeked.status == IoStatus::kBlocked) {
    return FirstByte::kNotYet;
  }
  looked_for_tls_ = true;
  if (peeked.status != IoStatus::kOk || first[0] != postgres::kTlsHandshakeByte) {
    return FirstByte::kOther;
  }
  begin_securing(tls::DatabaseStream::Alpn::kRequired);
  return FirstByte::kTls;
}

void PostgresSession::answer_encryption(postgres::StartupKind kind) {
  if (kind == postgres::StartupKind::kSslRequest && offers_tls()) {
    to_client_.append("S");
    begin_securing(tls::DatabaseStream::Alpn::kOptional);
    return;
  }
  to_client_.append("N");
  begun_ = false;  // so far
}

void PostgresSession::begin_securing(tls::DatabaseStream::Alpn alpn) {
  alpn_ = alpn;
  application_tls_ = down_.plan->application_tls;  // a reload may take it away before the handshake begins
  begun_ = true;
  phase_ = Phase::kSecuring;
  since_ = worker_.loop.now();
}

/// Our 'S' leaves in plain text, and nothing after it.
bool PostgresSession::secure() {
  if (!to_client_.empty()) {
    return false;
  }
  if (application_ == nullptr && !take_over_socket()) {
    cut_ = true;
    refuse(Reason::kOverload, "out of memory or descriptors");
    return true;
  }
  auto& counters = worker_.metrics.counters().downstream.tls;
  switch (application_->handshake()) {
    case tls::DatabaseStream::Handshake::kBlocked:
      return false;
    case tls::DatabaseStream::Handshake::kFailed:
      counters.failed += 1;
      refuse(Reason::kTlsHandshakeFailed, application_->failure_detail());
      return true;
    case tls::DatabaseStream::Handshake::kDone:
      break;
  }
  counters.ok += 1;
  client_.server_name = application_->server_name();
  phase_ = Phase::kOpening;
  looked_for_tls_ = true;
  since_ = worker_.loop.now();
  return true;
}

bool PostgresSession::take_over_socket() {
  auto stream = tls::DatabaseStream::accept(worker_.loop, client_.transport->socket().release(),
                                            std::move(application_tls_), alpn_);
  if (!stream || !stream->socket().is_open()) {
    return false;
  }
  application_ = stream.get();
  client_.transport = std::move(stream);
  client_.transport->socket().set_owner(&sleeper_);
  return true;
}

}  // namespace gabion::proxy
