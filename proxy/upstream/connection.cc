// One connection to a destination: see connection.h.
#include "proxy/upstream/connection.h"

#include <cerrno>
#include <cstring>

namespace gabion::proxy {

Socket* UpstreamConnection::socket() noexcept {
  return transport_ ? &transport_->socket() : nullptr;
}

void UpstreamConnection::set_owner(Wakeable* owner) noexcept {
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

void UpstreamConnection::start(const UpstreamPlan& plan, std::shared_ptr<const Snapshot> snapshot,
                               std::shared_ptr<tls::SessionSlot> slot, tls::Offer offer) {
  snapshot_ = std::move(snapshot);
  const auto fd = start_connect(plan.destination, plan.source ? &*plan.source : nullptr);
  if (fd.has_error()) {
    [[maybe_unused]] const auto failed = fail(Reason::kUpstreamConnectFailed, fd.error().what);
    return;
  }
  if (plan.tls == config::UpstreamTls::kMutual) {
    auto stream = tls::TlsStream::connect(loop_, *fd, snapshot_->tls, plan.server_ids, std::move(slot), offer);
    tls_ = stream.get();
    transport_ = std::move(stream);
  } else {
    transport_ = std::make_unique<PlainTransport>(loop_, *fd);
  }
  if (!transport_ || !transport_->socket().is_open()) {
    transport_.reset();
    tls_ = nullptr;
    [[maybe_unused]] const auto failed = fail(Reason::kUpstreamConnectFailed, "out of memory or descriptors");
    return;
  }
  transport_->socket().expect_connect();
}

UpstreamConnection::State UpstreamConnection::finish_connect() {
  const int error = transport_->socket().connect_error();
  if (error == EINPROGRESS) {
    return state_;
  }
  if (error != 0) {
    return fail(Reason::kUpstreamConnectFailed, std::strerror(error));
  }
  state_ = tls_ != nullptr ? State::kHandshaking : State::kReady;
  return state_;
}

UpstreamConnection::State UpstreamConnection::progress() {
  if (state_ == State::kConnecting && finish_connect() == State::kConnecting) {
    return state_;
  }
  if (state_ == State::kHandshaking) {
    switch (tls_->handshake()) {
      case tls::TlsStream::Handshake::kBlocked:
        return state_;
      case tls::TlsStream::Handshake::kFailed:
        return fail(tls_->failure(), tls_->failure_detail());
      case tls::TlsStream::Handshake::kDone:
        state_ = State::kReady;
        peer_spiffe = tls_->peer().id.to_string();
        break;
    }
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
