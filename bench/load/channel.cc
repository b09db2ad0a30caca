// A client's way to the server: see channel.h.
#include "bench/load/channel.h"

#include <cerrno>

#include "proxy/net/plain.h"

namespace gabion::bench {

Channel::State Channel::fail(Failure failure) noexcept {
  close();
  failure_ = failure;
  state_ = State::kFailed;
  return state_;
}

Channel::State Channel::open(proxy::Wakeable& owner) {
  const auto fd = proxy::start_connect(plan_.target.endpoint, plan_.source ? &*plan_.source : nullptr);
  if (fd.has_error()) {
    return fail(Failure::kConnect);
  }
  if (plan_.tls) {
    auto stream = TlsTransport::connect(loop_, *fd, *plan_.tls);
    tls_ = stream.get();
    transport_ = std::move(stream);
  } else {
    transport_ = std::make_unique<proxy::PlainTransport>(loop_, *fd);
  }
  if (!transport_ || !transport_->socket().is_open()) {
    return fail(Failure::kConnect);
  }
  transport_->socket().set_owner(&owner);
  transport_->socket().expect_connect();
  state_ = State::kConnecting;
  return state_;
}

Channel::State Channel::advance() noexcept {
  if (state_ == State::kConnecting) {
    const int error = transport_->socket().connect_error();
    if (error == EINPROGRESS) {
      return state_;
    }
    if (error != 0) {
      return fail(Failure::kConnect);
    }
    state_ = tls_ != nullptr ? State::kHandshaking : State::kOpen;
  }
  if (state_ == State::kHandshaking) {
    switch (tls_->handshake()) {
      case TlsTransport::Handshake::kBlocked:
        break;
      case TlsTransport::Handshake::kFailed:
        return fail(Failure::kTls);
      case TlsTransport::Handshake::kDone:
        state_ = State::kOpen;
        break;
    }
  }
  return state_;
}

void Channel::close() noexcept {
  if (state_ == State::kOpen && tls_ != nullptr) {
    tls_->shutdown_write();  // close_notify; a plain socket's FIN comes with the close
  }
  transport_.reset();
  tls_ = nullptr;
  state_ = State::kClosed;
}

}  // namespace gabion::bench
