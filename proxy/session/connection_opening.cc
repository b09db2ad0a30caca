// How a connection opens: who is it, and in which language. See connection.h.
#include <array>

#include "proxy/net/plain.h"
#include "proxy/protocol/sniff/client_hello.h"
#include "proxy/session/connection.h"

namespace gabion::proxy {
Connection::Progress Connection::open() {
  if (doom_ != Reason::kNone) {
    return Progress::kStop;
  }
  if (timed_out_ && down_.plan->tls == config::TlsMode::kPermissive && !client_.transport && !is_client_first_ &&
      (down_.plan->protocol == config::Protocol::kTcp || down_.plan->protocol == config::Protocol::kAuto)) {
    timed_out_ = false;
    is_silent_ = true;
  }
  if (timed_out_) {
    report(Reason::kTlsHandshakeTimeout, {});
    return Progress::kStop;
  }
  switch (down_.plan->tls) {
    case config::TlsMode::kDisable:
      return client_.transport ? Progress::kGo : Progress::kStop;
    case config::TlsMode::kStrict:
      return client_.transport ? open_tls() : Progress::kStop;
    case config::TlsMode::kPermissive:
      return client_.transport ? handshake() : probe_permissive();
  }
  return Progress::kStop;
}

Connection::Progress Connection::open_tls() {
  if (!handshaken_) {
    char first = 0;
    const auto peeked = client_.transport->socket().peek({&first, 1});
    if (peeked.status == IoStatus::kBlocked) {
      arm(since_ + down_.snapshot->config.timeouts.tls_handshake);
      return Progress::kWait;
    }
    if (peeked.status != IoStatus::kOk) {
      report(Reason::kClientClosed, "closed before the TLS handshake");
      return Progress::kStop;
    }
    if (first != kTlsHandshakeRecord) {
      return refuse_plain_text();
    }
    handshaken_ = true;  // begun: not peeked at again
  }
  return handshake();
}

Connection::Progress Connection::refuse_plain_text() {
  report(Reason::kMtlsRequired, "the first byte is not a TLS handshake record");
  worker_.metrics.counters().downstream.tls.failed += 1;
  begin_lingering();
  return Progress::kStop;
}

/// Where bytes may be carried as they are, TLS may be the application's own, and its server the first to speak.
Connection::Progress Connection::probe_permissive() {
  if (!probe_.is_open()) {
    return Progress::kStop;
  }
  switch (probe_first_bytes()) {
    case Probed::kNotYet:
      return Progress::kWait;
    case Probed::kGone:
      return Progress::kStop;
    case Probed::kPlain:
      return adopt(std::make_unique<PlainTransport>(worker_.loop, probe_.release())) ? Progress::kGo : Progress::kStop;
    case Probed::kMeshTls:
      break;
  }
  auto stream = tls::TlsStream::accept(worker_.loop, probe_.release(), down_.snapshot->tls,
                                       tls::ServerRole::kPermissive, down_.plan->protocol);
  tls_ = stream.get();
  return adopt(std::move(stream)) ? handshake() : Progress::kStop;
}

Connection::Probed Connection::probe_first_bytes() {
  const bool may_be_opaque =
      down_.plan->protocol == config::Protocol::kTcp || down_.plan->protocol == config::Protocol::kAuto;
  char first = 0;
  const auto peeked = probe_.peek({&first, 1});
  if (peeked.status == IoStatus::kBlocked && is_silent_) {
    return Probed::kPlain;
  }
  if (peeked.status == IoStatus::kBlocked) {
    arm(since_ + (may_be_opaque ? patience_for_first_byte() : down_.snapshot->config.timeouts.tls_handshake));
    return Probed::kNotYet;
  }
  if (peeked.status != IoStatus::kOk) {
    return Probed::kGone;
  }
  if (first != kTlsHandshakeRecord) {
    return Probed::kPlain;
  }
  is_client_first_ = true;
  return may_be_opaque ? probe_application_tls() : Probed::kMeshTls;
}

/// By the names it offers (ALPN): those of the mesh are nobody else's.
Connection::Probed Connection::probe_application_tls() {
  std::array<char, 5 + (1U << 14U)> bytes;
  const auto peeked = probe_.peek(bytes);
  sniff::ClientHello hello;
  switch (peeked.status == IoStatus::kOk ? sniff::read_client_hello({bytes.data(), peeked.bytes}, hello)
                                         : sniff::HelloReading::kNeedMore) {
    case sniff::HelloReading::kNeedMore:
      arm(since_ + down_.snapshot->config.timeouts.tls_handshake);
      return Probed::kNotYet;
    case sniff::HelloReading::kUnreadable:
      return Probed::kPlain;
    case sniff::HelloReading::kWhole:
      break;
  }
  const bool is_mesh =
      sniff::offers_prefix(hello.protocols, "istio") ||
      (down_.plan->protocol == config::Protocol::kAuto && sniff::offers_prefix(hello.protocols, "postgresql"));
  return is_mesh ? Probed::kMeshTls : Probed::kPlain;
}

Connection::Progress Connection::handshake() {
  if (tls_ == nullptr) {
    return Progress::kGo;  // PERMISSIVE, plain text
  }
  switch (tls_->handshake()) {
    case tls::TlsStream::Handshake::kBlocked:
      arm(since_ + down_.snapshot->config.timeouts.tls_handshake);
      return Progress::kWait;
    case tls::TlsStream::Handshake::kFailed:
      worker_.metrics.counters().downstream.tls.failed += 1;
      report(tls_->failure(), tls_->failure_detail());
      begin_lingering();
      return Progress::kStop;
    case tls::TlsStream::Handshake::kDone:
      break;
  }
  auto& counters = worker_.metrics.counters().downstream.tls;
  counters.ok += 1;
  counters.resumed += tls_->peer().resumed ? 1 : 0;
  peer_id_ = tls_->peer().id;
  client_.identity = &peer_id_;
  client_.peer_spiffe = peer_id_.to_string();
  client_.server_name = tls_->server_name();
  client_.client_certificate = "By=" + tls_->contexts().material().id.to_string() + ";URI=" + client_.peer_spiffe;
  return Progress::kGo;
}

/// Whether it would be denied for nothing but that nobody knows its pod yet.
bool Connection::is_stranger() const noexcept {
  if (side_ != inspect::Side::kIngress || down_.snapshot->config.timeouts.unknown_peer.count() == 0) {
    return false;
  }
  return down_.snapshot->inspection->policy().is_unknown_peer(facts_of(*down_.plan));
}

/// A pod's first connection may be faster than the news of the pod: it waits a moment (policy I2). What is still
/// unknown then goes on, to be denied like any other.
Connection::Progress Connection::know_peer() {
  if (doom_ != Reason::kNone || !refresh_snapshot()) {
    return Progress::kStop;
  }
  const bool over = timed_out_ || client_.transport->socket().is_dead() || !is_stranger();
  if (held_) {
    if (!over) {
      return Progress::kWait;
    }
    held_ = timed_out_ = false;
    worker_.held_connections -= 1;
    return Progress::kGo;
  }
  if (over) {
    return Progress::kGo;
  }
  if (worker_.held_connections >= down_.snapshot->config.limits.held_connections) {
    worker_.metrics.reached(Limit::kHeldConnections);
    return Progress::kGo;
  }
  held_ = true;
  worker_.held_connections += 1;
  arm(worker_.loop.now() + down_.snapshot->config.timeouts.unknown_peer);
  return Progress::kWait;
}

bool Connection::admit() {
  Timer::cancel();
  if (side_ == inspect::Side::kIngress) {
    peer_pod_ = down_.snapshot->inspection->policy().pod_at(client_.remote.address);
  }
  const auto entry = worker_.identities.enter(client_.peer_spiffe);
  entered_ = true;
  client_.identity_number = entry.number;
  const auto limit = down_.snapshot->config.limits.connections_per_identity;
  if (!client_.peer_spiffe.empty() && entry.connections > limit) {
    worker_.metrics.reached(Limit::kConnectionsPerIdentity);
    report(Reason::kIdentityConnectionLimit, {});
    return false;
  }
  since_ = worker_.loop.now();
  return true;
}

}  // namespace gabion::proxy
