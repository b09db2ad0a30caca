// One connection to a destination: see connection.h.
#include "proxy/upstream/connection.h"

#include <array>
#include <cerrno>
#include <cstring>

#include "proxy/protocol/postgres/write.h"
#include "proxy/protocol/proxy2/header.h"

namespace gabion::proxy {

Socket* UpstreamConnection::socket() noexcept {
  return transport_ ? &transport_->socket() : nullptr;
}

void UpstreamConnection::set_owner(Wakeable* owner) noexcept {
  owner_ = owner;
  if (transport_) {
    transport_->socket().set_owner(owner);
  }
}

UpstreamConnection::State UpstreamConnection::fail(Reason reason, std::string detail) {
  state_ = State::kFailed;
  failure_ = reason;
  failure_detail_ = std::move(detail);
  snapshot_.reset();
  return state_;
}

/// From another's address a call may have both ends of one of his own: it is marked for the rules instead. What a
/// gateway sends to no pod of its own has a mark with which it reaches none, whatever others' rules make of it.
config::Result<int> UpstreamConnection::dial(const UpstreamPlan& plan, DialShare* dials) {
  const auto& capture = snapshot_->config.capture;
  const config::IpAddress* source = plan.source ? &*plan.source : nullptr;
  const config::Endpoint& destination = plan.hop ? plan.hop->gateway : plan.destination;
  if (plan.source_is_foreign || plan.leaves_the_node) {
    return start_connect(destination,
                         {.source = source,
                          .addresses = plan.source_is_foreign ? Addresses::kAnybodys : Addresses::kOwn,
                          .mark = plan.leaves_the_node ? config::leaving_mark(capture.mark) : capture.mark});
  }
  if (dials == nullptr || capture.outbound.empty()) {
    return start_connect(destination, source);
  }
  auto dialled = dials->connect(destination, source);
  if (dialled.has_error()) {
    return dialled.error();
  }
  dialled_ = std::move(dialled->entry);
  return dialled->fd;
}

void UpstreamConnection::start(const UpstreamPlan& plan, std::shared_ptr<const Snapshot> snapshot,
                               std::shared_ptr<tls::SessionSlot> slot, tls::Offer offer, DialShare* dials,
                               std::uint16_t caller_port) {
  snapshot_ = std::move(snapshot);
  if (plan.hop) {
    greeting_ = proxy2::write_header({{plan.hop->caller, caller_port}, plan.destination, plan.hop->identity});
  }
  const auto fd = dial(plan, dials);
  if (fd.has_error()) {
    [[maybe_unused]] const auto failed = fail(Reason::kUpstreamConnectFailed, fd.error().what);
    return;
  }
  transport_ = make_transport(plan, *fd, std::move(slot), offer);
  if (!transport_ || !transport_->socket().is_open()) {
    transport_.reset();
    tls_ = nullptr;
    database_ = nullptr;
    [[maybe_unused]] const auto failed = fail(Reason::kUpstreamConnectFailed, "out of memory or descriptors");
    return;
  }
  transport_->socket().expect_connect();
}

std::unique_ptr<Transport> UpstreamConnection::make_transport(const UpstreamPlan& plan, int fd,
                                                              std::shared_ptr<tls::SessionSlot> slot,
                                                              tls::Offer offer) {
  switch (plan.tls) {
    case config::UpstreamTls::kHop:
    case config::UpstreamTls::kMutual: {
      offer = plan.hop ? tls::Offer::kHop : offer;
      auto stream = tls::TlsStream::connect(loop_, fd, snapshot_->tls, plan.server_ids, std::move(slot), offer);
      tls_ = stream.get();
      return stream;
    }
    case config::UpstreamTls::kDatabase:
      database_context_ = plan.database_tls;
      if (database_context_->wanted().start == config::DatabaseTlsStart::kDirect) {
        auto stream = tls::DatabaseStream::connect(loop_, fd, database_context_, tls::DatabaseStream::Alpn::kRequired);
        database_ = stream.get();
        return stream;
      }
      asking_ = postgres::kSslRequestPacket;
      break;
    case config::UpstreamTls::kDisable:
      break;
  }
  return std::make_unique<PlainTransport>(loop_, fd);
}

UpstreamConnection::State UpstreamConnection::finish_connect() {
  const int error = transport_->socket().connect_error();
  if (error == EINPROGRESS) {
    return state_;
  }
  if (error != 0) {
    return fail(Reason::kUpstreamConnectFailed, std::strerror(error));
  }
  if (database_context_ && database_ == nullptr) {
    state_ = State::kAsking;
  } else {
    state_ = is_encrypted() ? State::kHandshaking : State::kReady;
  }
  return state_;
}

/// Whatever the server says but one 'S' ends it: plain text is nothing we go on in, and nobody vouches for bytes that
/// came before TLS.
UpstreamConnection::State UpstreamConnection::ask_for_tls() {
  if (!asking_.empty()) {
    const auto written = transport_->write(asking_);
    if (written.status == IoStatus::kOk) {
      asking_.remove_prefix(written.bytes);
    } else if (written.status != IoStatus::kBlocked) {
      return fail(Reason::kUpstreamTlsFailed, "the server closed before it answered SSLRequest");
    }
    if (!asking_.empty()) {
      return state_;
    }
  }
  std::array<char, 16> answer{};
  const auto got = transport_->read(answer);
  switch (got.status) {
    case IoStatus::kBlocked:
      return state_;
    case IoStatus::kOk:
      break;
    case IoStatus::kClosed:
    case IoStatus::kError:
      return fail(Reason::kUpstreamTlsFailed, "the server closed before it answered SSLRequest");
  }
  if (answer[0] == 'N') {
    return fail(Reason::kUpstreamTlsFailed, "the server does not offer TLS");
  }
  if (answer[0] != 'S') {
    return fail(Reason::kUpstreamTlsFailed, "the server does not answer SSLRequest");
  }
  if (got.bytes != 1) {
    return fail(Reason::kUpstreamTlsFailed, "bytes of the server's before TLS");
  }
  return begin_database_tls(transport_->socket().release(), tls::DatabaseStream::Alpn::kOptional);
}

UpstreamConnection::State UpstreamConnection::begin_database_tls(int fd, tls::DatabaseStream::Alpn alpn) {
  auto stream = tls::DatabaseStream::connect(loop_, fd, database_context_, alpn);
  if (!stream || !stream->socket().is_open()) {
    return fail(Reason::kUpstreamTlsFailed, "out of memory or descriptors");
  }
  database_ = stream.get();
  transport_ = std::move(stream);
  transport_->socket().set_owner(owner_);
  state_ = State::kHandshaking;
  return state_;
}

UpstreamConnection::State UpstreamConnection::shake_hands() {
  if (database_ != nullptr) {
    switch (database_->handshake()) {
      case tls::DatabaseStream::Handshake::kBlocked:
        return state_;
      case tls::DatabaseStream::Handshake::kFailed:
        return fail(Reason::kUpstreamTlsFailed, database_->failure_detail());
      case tls::DatabaseStream::Handshake::kDone:
        state_ = State::kReady;
        return state_;
    }
  }
  switch (tls_->handshake()) {
    case tls::TlsStream::Handshake::kBlocked:
      break;
    case tls::TlsStream::Handshake::kFailed:
      return fail(tls_->failure(), tls_->failure_detail());
    case tls::TlsStream::Handshake::kDone:
      peer_spiffe = tls_->peer().id.to_string();
      return say_for_whom();
  }
  return state_;
}

/// Before anything else: to a gateway whose connection this is, to others nothing.
UpstreamConnection::State UpstreamConnection::say_for_whom() {
  while (!greeting_.empty()) {
    const auto written = transport_->write(greeting_);
    if (written.status == IoStatus::kBlocked) {
      return state_;
    }
    if (written.status != IoStatus::kOk) {
      return fail(Reason::kUpstreamTlsFailed, "the gateway closed before it was told who calls");
    }
    greeting_.erase(0, written.bytes);
  }
  state_ = State::kReady;
  return state_;
}

UpstreamConnection::State UpstreamConnection::progress() {
  if (state_ == State::kConnecting && finish_connect() == State::kConnecting) {
    return state_;
  }
  if (state_ == State::kAsking && ask_for_tls() == State::kAsking) {
    return state_;
  }
  if (state_ == State::kHandshaking && shake_hands() == State::kHandshaking) {
    return state_;
  }
  if (state_ == State::kReady) {
    snapshot_.reset();
  }
  return state_;
}

void UpstreamConnection::on_wake() noexcept {
  if (on_idle_event != nullptr) {
    on_idle_event(pool, *this);
  }
}

}  // namespace gabion::proxy
