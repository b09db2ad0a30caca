// How a session of PostgreSQL goes on: what is read, judged and sent, both ways. See postgres_session.h.
#include "proxy/session/postgres_session.h"

#include <algorithm>
#include <utility>

#include "proxy/session/postgres_refusal.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kReadBytes = 4096;  // least room worth a system call
constexpr int kRoundsPerTurn = 16;        // then others have theirs

/// Who waits for `wanted` bytes in all wants the rest of them; room for them is made as they come, since five bytes can
/// promise a million.
std::size_t room_for(std::size_t wanted, std::size_t have) noexcept {
  const std::size_t missing = wanted > have ? wanted - have : 0;
  return std::max(kReadBytes, std::min(missing, std::max(have, BufferPool::kBlockBytes)));
}

}  // namespace

PostgresSession::PostgresSession(WorkerState& worker, Client& client, const Downstream& down, Wakeable& sleeper,
                                 std::string_view first)
    : worker_(worker),
      client_(client),
      down_(down),
      sleeper_(sleeper),
      from_client_(worker.buffers),
      to_client_(worker.buffers, down.snapshot->config.limits.buffer_bytes),
      to_server_(worker.buffers, down.snapshot->config.limits.buffer_bytes),
      endpoint_(worker, sleeper),
      pace_(worker.loop, sleeper, worker.metrics.counters().postgres_pauses),
      charge_(worker.buffers),
      start_(worker.loop.now()),
      start_wall_(std::chrono::system_clock::now()),
      since_(start_),
      last_move_(start_) {
  from_client_.append(first);
  worker_.metrics.counters().postgres_opened += 1;
}

PostgresSession::~PostgresSession() {
  finish();
  worker_.metrics.counters().postgres_closed += 1;
}

PostgresSession::Progress PostgresSession::step() {
  for (int i = 0; phase_ != Phase::kOver; ++i) {
    if (i == kRoundsPerTurn) {
      worker_.loop.wake(sleeper_);
      break;
    }
    if (!advance()) {
      break;
    }
    last_move_ = worker_.loop.now();
    // All that came has left and nothing is under way but answers: another advance() would find nothing to do.
    const bool is_at_rest = phase_ == Phase::kTalking && server_ && !client_.transport->may_read() &&
                            !server_->transport().may_read() && from_client_.empty() && server_->in.empty() &&
                            to_client_.empty() && to_server_.empty() && !reading_ && !stop_ && !asked_again_ &&
                            front_->state() == PostgresFront::State::kGoing && !front_->is_paused() &&
                            !client_.transport->socket().is_dead();
    if (is_at_rest) {
      follow_drain();
      rest();
      if (phase_ == Phase::kTalking) {
        break;
      }
    }
  }
  return outcome();
}

bool PostgresSession::advance() {
  bool moved = false;
  switch (phase_) {
    case Phase::kOpening:
      moved = open();
      break;
    case Phase::kSecuring:
      moved = secure();
      break;
    case Phase::kWaiting:
      moved = dial();
      break;
    case Phase::kConnecting:
      moved = connect();
      break;
    case Phase::kLogin:
      moved = pump_login();
      break;
    case Phase::kTalking:
      moved = pump_front();
      moved = (phase_ == Phase::kTalking && (pump_stop() || pump_back())) || moved;
      break;
    case Phase::kCancelled:
      moved = pump_cancel();
      break;
    case Phase::kLeaving:
      moved = pump_leaving();
      break;
    case Phase::kEnding:
    case Phase::kOver:
      break;
  }
  moved = flush_both() || moved;
  if (!moved && !client_gone_ && client_.transport->socket().is_dead()) {
    on_client_gone();
    return true;
  }
  if (phase_ == Phase::kTalking && !moved) {
    follow_drain();
    rest();
  }
  return (phase_ == Phase::kLeaving || phase_ == Phase::kEnding) ? leave() || moved : moved;
}

PostgresSession::Reading PostgresSession::read(Transport& from, Buffer& in, std::size_t wanted,
                                               std::uint64_t& counter) {
  if (!from.may_read()) {
    return Reading::kNothing;
  }
  const auto result = from.read(in.prepare(room_for(wanted, in.size())));
  switch (result.status) {
    case IoStatus::kOk:
      in.commit(result.bytes);
      counter += result.bytes;
      return Reading::kMore;
    case IoStatus::kBlocked:
      return Reading::kNothing;
    case IoStatus::kClosed:
    case IoStatus::kError:
      break;
  }
  return Reading::kGone;
}

/// Of no statement and no portal, since nobody can guess it.
std::string PostgresSession::name_of_nothing() {
  std::uint64_t number = 0;
  worker_.random.fill({reinterpret_cast<std::uint8_t*>(&number), sizeof number});
  return "gabion_" + std::to_string(number);
}

// The login.

bool PostgresSession::pump_login() {
  if (to_client_.is_full() || to_server_.is_full()) {
    return false;
  }
  auto& counters = worker_.metrics.counters();
  bool moved = false;
  bool read_client = false;
  const Reading from_server = read(server_->transport(), server_->in, 0, counters.upstream.bytes_received);
  if (!server_->in.empty()) {
    const std::size_t taken = login_->take_server(server_->in.bytes());
    server_->in.consume(taken);
    moved = taken != 0;
  }
  if (login_->state() == PostgresLogin::State::kGoing && login_->waits_for_client()) {
    const Reading from_client = read(*client_.transport, from_client_, 0, counters.downstream.bytes_received);
    const std::size_t taken = login_->take_client(from_client_.bytes());
    from_client_.consume(taken);
    moved = moved || taken != 0;
    read_client = from_client == Reading::kMore;  // of an answer that is not all here the rest may be: no edge tells
    if (from_client == Reading::kGone && taken == 0) {
      on_client_gone();
      return true;
    }
  }
  if (login_->state() != PostgresLogin::State::kGoing) {
    after_login();
    return true;
  }
  if (from_server == Reading::kGone && !moved) {
    on_server_gone();
    return true;
  }
  return moved || read_client || from_server == Reading::kMore;
}

void PostgresSession::after_login() {
  switch (login_->state()) {
    case PostgresLogin::State::kGoing:
      return;
    case PostgresLogin::State::kDone:
      talked_ = true;
      front_.emplace(PostgresFront::Parts{talk_, to_server_, *this, judge_.get(), name_of_nothing()});
      back_.emplace(talk_, to_client_, row_rules(), static_cast<PostgresBackOwner*>(this));
      phase_ = Phase::kTalking;
      break;
    case PostgresLogin::State::kDenied:
      detail_ = "the server answered " + login_->sqlstate();
      release_server();
      phase_ = Phase::kEnding;
      break;
    case PostgresLogin::State::kEnded:
      on_client_gone();
      return;
    case PostgresLogin::State::kFailed:
      if (login_->advice().empty()) {
        refuse(login_->reason(), login_->detail());
      } else {
        refuse(login_->reason(), login_->detail(), {"FATAL", sqlstate_of(login_->reason()), login_->advice()});
      }
      return;
  }
  since_ = worker_.loop.now();
}

// Statements and answers.

bool PostgresSession::pump_front() {
  if (to_server_.is_full() || front_->state() == PostgresFront::State::kViolated) {
    return false;
  }
  bool moved = reading_ && take_text_back();
  if (!from_client_.empty()) {  // held back, or the beginning of a message
    moved = take_from_client() || moved;
  }
  if (front_->state() == PostgresFront::State::kGoing && !front_->is_paused() && talk_.has_room()) {
    const std::size_t wanted = front_->wanted();
    if (wanted > BufferPool::kBlockBytes &&
        worker_.buffers.in_use_bytes() + wanted > down_.snapshot->config.limits.in_flight_bytes) {
      worker_.metrics.reached(Limit::kInFlightBytes);
      refuse(Reason::kOverload, {});
      return true;
    }
    switch (read(*client_.transport, from_client_, wanted, worker_.metrics.counters().downstream.bytes_received)) {
      case Reading::kMore:
        moved = true;
        take_from_client();
        break;
      case Reading::kNothing:
        break;
      case Reading::kGone:
        on_client_gone();
        return true;
    }
  }
  return after_front() || moved;
}

/// What the client's messages led to. True: the phase is another.
bool PostgresSession::after_front() {
  worker_.metrics.counters().postgres_statements +=
      front_->statements() - std::exchange(counted_, front_->statements());
  switch (front_->state()) {
    case PostgresFront::State::kGoing:
    case PostgresFront::State::kHolding:
      break;
    case PostgresFront::State::kEnded:
      phase_ = Phase::kLeaving;
      since_ = worker_.loop.now();
      return true;
    case PostgresFront::State::kViolated:
      refuse(Reason::kMalformedRequest, front_->violation());
      return true;
  }
  return false;
}

/// It has said nothing since it was followed last, and nothing that is due at a time of its own can be.
bool PostgresSession::has_nothing_of_server() const noexcept {
  return server_->in.empty() && !server_->transport().may_read() && !masks_ &&
         front_->state() != PostgresFront::State::kHolding && back_->state() == PostgresBack::State::kGoing;
}

bool PostgresSession::pump_back() {
  if (has_nothing_of_server() || to_client_.is_full()) {
    return false;
  }
  if (asked_again_) {
    return pump_catalogue();
  }
  // What came with the end of the login, or the beginning of a message.
  const std::size_t before = server_->in.size();
  if (before != 0) {
    back_->take(server_->in);
  }
  Reading reading = Reading::kNothing;
  auto& counter = worker_.metrics.counters().upstream.bytes_received;
  const std::uint64_t received = counter;
  if (back_->state() == PostgresBack::State::kGoing) {
    make_room_for_result();
    reading = read(server_->transport(), server_->in, back_->wanted(), counter);
  }
  if (reading == Reading::kMore) {
    back_->take(server_->in);
  }
  pace_result(reading, counter - received);
  const bool moved = reading != Reading::kNothing || before != server_->in.size();
  count_answers();
  stop_what_was_cut();
  switch (back_->state()) {
    case PostgresBack::State::kGoing:
      break;
    case PostgresBack::State::kBroken:
      refuse(Reason::kUpstreamMalformed, back_->detail());
      return true;
    case PostgresBack::State::kWithheld:
      refuse(Reason::kSensitiveData, back_->detail());
      return true;
    case PostgresBack::State::kUnsafe:
      refuse(Reason::kUnsafeSetting, back_->detail());
      return true;
  }
  if (reading == Reading::kGone) {
    on_server_gone();
    return true;
  }
  front_->on_answered();
  renew_catalogue();
  return moved;
}

/// After the goodbye the server answers what was said before it, to a client that reads or not, and ends.
bool PostgresSession::pump_leaving() {
  if (!server_ || to_client_.is_full()) {
    return false;
  }
  const bool moved = pump_back();
  if (server_ && back_->state() != PostgresBack::State::kGoing) {
    cut_ = true;
    release_server();
  }
  if (client_gone_) {
    to_client_.clear();
  }
  return moved;
}

/// REQUIRES: something is pending.
bool PostgresSession::flush(SendQueue& queue, Transport& peer, std::uint64_t& counter) {
  const std::size_t before = queue.pending();
  const auto flushed = queue.flush(peer);
  counter += before - queue.pending();
  if (flushed == SendQueue::Flush::kClosed) {
    queue.clear();
    return true;
  }
  return queue.pending() != before;
}

bool PostgresSession::flush_both() {
  auto& counters = worker_.metrics.counters();
  bool moved = false;
  if (!to_server_.empty() && server_ &&
      (phase_ == Phase::kLogin || phase_ == Phase::kTalking || phase_ == Phase::kCancelled ||
       phase_ == Phase::kLeaving)) {
    const std::uint64_t before = counters.upstream.bytes_sent;
    moved = flush(to_server_, server_->transport(), counters.upstream.bytes_sent);
    received_ += counters.upstream.bytes_sent - before;
  }
  if (!to_client_.empty() && !client_gone_) {
    const std::uint64_t before = counters.downstream.bytes_sent;
    moved = flush(to_client_, *client_.transport, counters.downstream.bytes_sent) || moved;
    sent_ += counters.downstream.bytes_sent - before;
  }
  return moved;
}

std::uint64_t PostgresSession::held_bytes() const noexcept {
  return from_client_.capacity() + to_client_.capacity() + to_server_.capacity() +
         (server_ ? server_->in.capacity() : 0) + (back_ ? back_->held_bytes() : 0) +
         (reading_ ? reading_->bytes() : 0) + trace_bytes_ + kept_bytes();
}

/// That stays while nothing is said.
std::size_t PostgresSession::kept_bytes() const noexcept {
  return talk_.memory_bytes() + (masks_ ? masks_->memory_bytes() : 0);
}

void PostgresSession::rest() noexcept {
  from_client_.release();
  to_client_.release();
  to_server_.release();
  if (server_) {
    server_->in.release();
  }
  talk_.rest();
  charge_.set(kept_bytes());
}

void PostgresSession::follow_drain() {
  const bool inbound = down_.plan->side == inspect::Side::kIngress;
  const bool draining = worker_.drain == DrainStep::kAll || (worker_.drain == DrainStep::kInbound && inbound);
  if (draining && !busy()) {
    refuse(Reason::kDrained, {});
  }
}

bool PostgresSession::busy() const noexcept {
  switch (phase_) {
    case Phase::kOpening:
    case Phase::kSecuring:
    case Phase::kOver:
      return false;
    case Phase::kTalking:
      return !talk_.is_quiet() || talk_.in_transaction() || !from_client_.empty();
    case Phase::kWaiting:
    case Phase::kConnecting:
    case Phase::kLogin:
    case Phase::kCancelled:
    case Phase::kLeaving:
    case Phase::kEnding:
      return true;
  }
  return false;
}

}  // namespace gabion::proxy
