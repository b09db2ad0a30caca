// A client's way to the server: connect, then TLS where there is some, then a transport.
#pragma once

#include <cstdint>
#include <memory>

#include "bench/load/plan.h"
#include "bench/load/tally.h"
#include "proxy/net/event_loop.h"
#include "proxy/net/transport.h"

namespace gabion::bench {

/// Belongs to one client, which is woken when there may be progress. May be opened again after close().
class Channel {
 public:
  enum class State : std::uint8_t { kClosed, kConnecting, kHandshaking, kOpen, kFailed };

  Channel(proxy::EventLoop& loop, const Plan& plan) noexcept : loop_(loop), plan_(plan) {}

  /// Begins to connect; kConnecting or kFailed. REQUIRES: closed.
  State open(proxy::Wakeable& owner);
  /// Goes on as far as it can. REQUIRES: kConnecting or kHandshaking.
  State advance() noexcept;
  void close() noexcept;

  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] bool is_opening() const noexcept {
    return state_ == State::kConnecting || state_ == State::kHandshaking;
  }
  /// REQUIRES: kFailed.
  [[nodiscard]] Failure failure() const noexcept { return failure_; }
  /// What an error of the open transport was.
  [[nodiscard]] Failure broken() const noexcept {
    return tls_ != nullptr && tls_->was_refused() ? Failure::kTls : Failure::kReset;
  }
  /// REQUIRES: opened and not closed.
  [[nodiscard]] proxy::Transport& transport() noexcept { return *transport_; }

 private:
  State fail(Failure failure) noexcept;

  proxy::EventLoop& loop_;
  const Plan& plan_;
  std::unique_ptr<proxy::Transport> transport_;
  TlsTransport* tls_ = nullptr;  // the same, where it is TLS
  State state_ = State::kClosed;
  Failure failure_ = Failure::kConnect;
};

}  // namespace gabion::bench
