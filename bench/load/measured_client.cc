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
  conversation_->reset();
  cut_ = false;
  if (is_busy()) {
    send();  // the timer goes on: connecting is part of the request
  } else {
    cancel();
    flush();  // what a conversation begins with before it is asked
  }
}

void MeasuredClient::send() {
  if (state_.plan.rate && state_.counts(due_)) {
    state_.tally.late.record(microseconds(Clock::now() - due_));
  }
  conversation_->ask(*request_);
  flush();
  if (channel_.transport().socket().readable()) {
    state_.loop.wake(*this);  // no edge announces what is there already
  }
}

void MeasuredClient::flush() {
  for (auto unsent = conversation_->unsent(); !unsent.empty(); unsent = conversation_->unsent()) {
    const auto result = channel_.transport().write(unsent);
    switch (result.status) {
      case proxy::IoStatus::kOk:
        conversation_->sent(result.bytes);
        state_.tally.bytes_sent += state_.counts(due_) ? result.bytes : 0;
        break;
      case proxy::IoStatus::kBlocked:
        return;
      case proxy::IoStatus::kClosed:
      case proxy::IoStatus::kError:
        // A server may refuse a long body with an answer and a close: the answer is still to be read.
        conversation_->give_up_sending();
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
        take_input(is_busy() ? conversation_->feed_end() : Conversation::Outcome::kNothing);
        return;
      case proxy::IoStatus::kError:
        on_failed(channel_.broken());
        return;
      case proxy::IoStatus::kOk:
        break;
    }
    if (!take_bytes({state_.scratch.data(), result.bytes})) {
      return;
    }
  }
}

/// False: nothing more is to be read now.
bool MeasuredClient::take_bytes(std::span<char> bytes) {
  if (!is_busy()) {
    if (conversation_->feed_idle(bytes) != Conversation::Outcome::kMore) {
      channel_.close();  // nobody asked
      return false;
    }
    flush();
    return true;
  }
  state_.tally.bytes_received += state_.counts(due_) ? bytes.size() : 0;
  const auto outcome = conversation_->feed(bytes);
  flush();
  if (outcome != Conversation::Outcome::kMore) {
    take_input(outcome);
    return false;
  }
  return true;
}

void MeasuredClient::take_input(Conversation::Outcome outcome) {
  switch (outcome) {
    case Conversation::Outcome::kMore:
      return;
    case Conversation::Outcome::kDone:
      finish_answer();
      return;
    case Conversation::Outcome::kMalformed:
      on_failed(Failure::kMalformed);
      return;
    case Conversation::Outcome::kNothing:
      on_failed(Failure::kReset);
      return;
  }
}

void MeasuredClient::finish_answer() {
  const auto now = Clock::now();
  const auto status = conversation_->status();
  if (!conversation_->is_reusable() || cut_ || !conversation_->is_request_sent() ||
      state_.plan.reuse == Reuse::kChurn || channel_.transport().socket().peer_closed()) {
    channel_.close();
  }
  if (state_.counts(due_)) {
    Tally& tally = state_.tally;
    ++tally.requests;
    ++tally.status[status % tally.status.size()];
    tally.latency.record(microseconds(now - due_));
    const auto grpc_status = conversation_->grpc_status();
    if (grpc_status) {
      tally.add_grpc(*grpc_status);
    }
    if (!request_->expect.contains(grpc_status.value_or(status))) {
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
