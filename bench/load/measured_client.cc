// A client whose requests are measured: see measured_client.h.
#include "bench/load/measured_client.h"

namespace gabion::bench {
namespace {

std::uint64_t microseconds(Clock::duration duration) noexcept {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

}  // namespace

void MeasuredClient::begin(TimePoint due) {
  due_ = due;
  request_ = &state_.next_request();
  ++state_.in_flight;
  if (is_open()) {
    set_timer(state_.plan.timeout);
    send();
  } else {
    open();
  }
}

void MeasuredClient::on_opened() {
  reader_.reset();
  cut_ = false;
  if (is_busy()) {
    send();  // the timer goes on: connecting is part of the request
  } else {
    cancel();
  }
}

void MeasuredClient::send() {
  if (state_.plan.rate && state_.counts(due_)) {
    state_.tally.late.record(microseconds(Clock::now() - due_));
  }
  reader_.expect(request_->is_head);
  unsent_ = request_->bytes;
  flush();
  if (channel_.transport().socket().readable()) {
    state_.loop.wake(*this);  // no edge announces what is there already
  }
}

void MeasuredClient::flush() {
  while (!unsent_.empty()) {
    const auto result = channel_.transport().write(unsent_);
    switch (result.status) {
      case proxy::IoStatus::kOk:
        unsent_.remove_prefix(result.bytes);
        state_.tally.bytes_sent += state_.counts(due_) ? result.bytes : 0;
        break;
      case proxy::IoStatus::kBlocked:
        return;
      case proxy::IoStatus::kClosed:
      case proxy::IoStatus::kError:
        // A server may refuse a long body with an answer and a close: the answer is still to be read.
        unsent_ = {};
        cut_ = true;
        state_.loop.wake(*this);
        return;
    }
  }
}

void MeasuredClient::on_progress() {
  if (!is_open()) {
    return;
  }
  if (is_busy()) {
    flush();
  }
  read_answer();
}

void MeasuredClient::read_answer() {
  while (true) {
    const auto result = channel_.transport().read(state_.scratch);
    switch (result.status) {
      case proxy::IoStatus::kBlocked:
        return;
      case proxy::IoStatus::kClosed:
        take_input(is_busy() ? reader_.feed_end() : AnswerReader::Outcome::kNothing);
        return;
      case proxy::IoStatus::kError:
        on_failed(channel_.broken());
        return;
      case proxy::IoStatus::kOk:
        break;
    }
    if (!is_busy()) {
      channel_.close();  // nobody asked
      return;
    }
    state_.tally.bytes_received += state_.counts(due_) ? result.bytes : 0;
    const auto outcome = reader_.feed({state_.scratch.data(), result.bytes});
    if (outcome != AnswerReader::Outcome::kMore) {
      take_input(outcome);
      return;
    }
  }
}

void MeasuredClient::take_input(AnswerReader::Outcome outcome) {
  switch (outcome) {
    case AnswerReader::Outcome::kMore:
      return;
    case AnswerReader::Outcome::kDone:
      finish_answer();
      return;
    case AnswerReader::Outcome::kMalformed:
      on_failed(Failure::kMalformed);
      return;
    case AnswerReader::Outcome::kNothing:
      on_failed(Failure::kReset);
      return;
  }
}

void MeasuredClient::finish_answer() {
  const auto now = Clock::now();
  const auto status = reader_.status();
  if (!reader_.is_reusable() || cut_ || !unsent_.empty() || state_.plan.reuse == Reuse::kChurn ||
      channel_.transport().socket().peer_closed()) {
    channel_.close();
    unsent_ = {};
  }
  if (state_.counts(due_)) {
    Tally& tally = state_.tally;
    ++tally.requests;
    ++tally.status[status < tally.status.size() ? status : 0];
    tally.latency.record(microseconds(now - due_));
    if (!request_->expect.contains(status)) {
      tally.add(Failure::kStatus);
    }
  }
  cancel();
  request_ = nullptr;
  --state_.in_flight;
  dispatcher_.on_free(*this, now);
}

void MeasuredClient::on_failed(Failure failure) {
  channel_.close();
  unsent_ = {};
  cancel();
  if (!is_busy()) {
    return;  // an idle connection that the server closed, or one that is opened again when it is needed
  }
  if (state_.counts(due_)) {
    state_.tally.add(failure);
  }
  request_ = nullptr;
  --state_.in_flight;
  set_timer(kRest);
}

void MeasuredClient::on_deadline() {
  if (is_busy()) {
    on_failed(Failure::kTimeout);
  } else {
    dispatcher_.on_free(*this, Clock::now());
  }
}

}  // namespace gabion::bench
