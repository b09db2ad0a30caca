// A client that reads its answers slowly: see slow_client.h.
#include "bench/load/slow_client.h"

#include <sys/socket.h>

#include <algorithm>

namespace gabion::bench {

void SlowClient::begin() {
  begun_ = true;
  if (is_open()) {
    send();
  } else if (!is_opening()) {
    open();
  }
}

void SlowClient::on_opened() {
  // Else the kernel would take megabytes on our behalf and the sender would notice nothing.
  const int few = 4096;
  ::setsockopt(channel_.transport().socket().fd(), SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
  cancel();
  reader_.reset();
  if (begun_) {
    send();
  }
}

void SlowClient::on_failed(Failure /*failure*/) {
  channel_.close();
  unsent_ = {};
  request_ = nullptr;
  if (begun_) {
    state_.tally.slow_errors += state_.counts(state_.loop.now()) ? 1 : 0;
    set_timer(kRest);
  } else {
    cancel();
  }
}

void SlowClient::send() {
  request_ = &state_.next_request();
  reader_.expect(request_->is_head);
  unsent_ = request_->bytes;
  metered_since_ = state_.loop.now();
  metered_bytes_ = 0;
  set_timer(kTick);
  flush();
}

void SlowClient::flush() {
  while (!unsent_.empty()) {
    const auto result = channel_.transport().write(unsent_);
    if (result.status == proxy::IoStatus::kBlocked) {
      return;
    }
    if (result.status != proxy::IoStatus::kOk) {
      unsent_ = {};
      return;  // reading will say what happened
    }
    unsent_.remove_prefix(result.bytes);
  }
}

void SlowClient::on_progress() {
  if (is_open()) {
    flush();
  }
}

std::size_t SlowClient::allowance() const noexcept {
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(state_.loop.now() - metered_since_);
  const auto allowed = state_.plan.slow_bytes_per_second * static_cast<std::uint64_t>(elapsed.count()) / 1000;
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(allowed - std::min(allowed, metered_bytes_), state_.scratch.size()));
}

void SlowClient::on_deadline() {
  if (!is_open()) {
    open();
    return;
  }
  set_timer(kTick);
  read_some();
}

void SlowClient::read_some() {
  while (const std::size_t allowed = allowance()) {
    const auto result = channel_.transport().read({state_.scratch.data(), allowed});
    auto outcome = AnswerReader::Outcome::kMalformed;
    switch (result.status) {
      case proxy::IoStatus::kBlocked:
        metered_since_ = state_.loop.now();  // what was not there is not made up for
        metered_bytes_ = 0;
        return;
      case proxy::IoStatus::kError:
        on_failed(Failure::kReset);
        return;
      case proxy::IoStatus::kClosed:
        outcome = reader_.feed_end();
        break;
      case proxy::IoStatus::kOk:
        metered_bytes_ += result.bytes;
        state_.tally.slow_bytes += state_.counts(state_.loop.now()) ? result.bytes : 0;
        outcome = reader_.feed({state_.scratch.data(), result.bytes});
        break;
    }
    if (outcome == AnswerReader::Outcome::kDone) {
      finish_answer();
      return;
    }
    if (outcome != AnswerReader::Outcome::kMore) {
      on_failed(Failure::kMalformed);
      return;
    }
  }
}

void SlowClient::finish_answer() {
  state_.tally.slow_requests += state_.counts(state_.loop.now()) ? 1 : 0;
  if (!reader_.is_reusable() || !unsent_.empty() || state_.plan.reuse == Reuse::kChurn) {
    unsent_ = {};
    open();
    return;
  }
  send();
}

}  // namespace gabion::bench
