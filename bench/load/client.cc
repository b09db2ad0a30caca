// A client of the load: see client.h.
#include "bench/load/client.h"

namespace gabion::bench {

void Client::set_timer(std::chrono::nanoseconds from_now) noexcept {
  Timer::set(state_.loop.timers(), state_.loop.now() + from_now);
}

void Client::open() {
  channel_.close();
  if (channel_.open(*this) == Channel::State::kFailed) {
    on_failed(channel_.failure());
    return;
  }
  set_timer(state_.plan.timeout);
}

void Client::on_wake() noexcept {
  if (!channel_.is_opening()) {
    on_progress();
    return;
  }
  switch (channel_.advance()) {
    case Channel::State::kConnecting:
    case Channel::State::kHandshaking:
    case Channel::State::kClosed:
      return;
    case Channel::State::kFailed:
      on_failed(channel_.failure());
      return;
    case Channel::State::kOpen:
      break;
  }
  if (state_.counts(state_.loop.now())) {
    ++state_.tally.connections_opened;
    state_.tally.handshakes += state_.plan.tls ? 1 : 0;
  }
  on_opened();
}

void Client::on_expired() noexcept {
  if (channel_.is_opening()) {
    channel_.close();
    on_failed(Failure::kTimeout);
    return;
  }
  on_deadline();
}

void IdleClient::on_progress() {
  while (is_open()) {
    switch (channel_.transport().read(state_.scratch).status) {
      case proxy::IoStatus::kOk:
        break;
      case proxy::IoStatus::kBlocked:
        return;
      case proxy::IoStatus::kClosed:
      case proxy::IoStatus::kError:
        channel_.close();
        return;
    }
  }
}

}  // namespace gabion::bench
