// How a connection that is carried as it is goes: admitted, dialled, both directions relayed. See tcp_session.h.
#include "proxy/session/tcp_session.h"

#include <algorithm>
#include <utility>

namespace gabion::proxy {
namespace {

constexpr std::size_t kReadBytes = BufferPool::kBlockBytes;
constexpr int kRoundsPerTurn = 16;  // then others have theirs

}  // namespace

TcpSession::TcpSession(WorkerState& worker, Client& client, const Downstream& down, Wakeable& sleeper, TcpTarget target,
                       std::string_view first)
    : worker_(worker),
      client_(client),
      down_(down),
      sleeper_(sleeper),
      target_(std::move(target)),
      to_server_(worker.buffers, down.snapshot->config.limits.buffer_bytes),
      to_client_(worker.buffers, down.snapshot->config.limits.buffer_bytes),
      endpoint_(worker, sleeper),
      start_(worker.loop.now()),
      start_wall_(std::chrono::system_clock::now()),
      since_(start_),
      last_move_(start_) {
  to_server_.queue.append(first);
  to_server_.bytes = first.size();
}

TcpSession::~TcpSession() {
  finish(Reason::kClientClosed, {}, Progress::kReset);
}

TcpSession::Progress TcpSession::step() {
  for (int i = 0; phase_ != Phase::kOver; ++i) {
    if (i == kRoundsPerTurn) {
      worker_.loop.wake(sleeper_);
      break;
    }
    if (!advance()) {
      break;
    }
    last_move_ = worker_.loop.now();
  }
  return outcome_;
}

bool TcpSession::advance() {
  bool moved = false;
  switch (phase_) {
    case Phase::kAdmitting:
      moved = admit();
      break;
    case Phase::kWaiting:
      moved = dial();
      break;
    case Phase::kConnecting:
      moved = connect();
      break;
    case Phase::kTalking:
      return talk();
    case Phase::kOver:
      return false;
  }
  if (!moved && is_reset(*client_.transport, to_client_)) {
    on_broken(End::kClient);
    return true;
  }
  return moved;
}

bool TcpSession::admit() {
  judged_under_ = down_.snapshot;
  if (target_.service != nullptr) {
    if (!endpoint_.pick(*target_.service, down_.snapshot)) {
      finish(Reason::kNoEndpoint, {}, Progress::kReset);
      return true;
    }
    go_to_endpoint();
  }
  auto verdict = worker_.metrics.timed(
      InspectStage::kRequestHead, [this] { return judged_under_->inspection->policy().decide_tcp(target_.facts); });
  if (!verdict.allowed()) {
    deny(std::move(verdict));
    return true;
  }
  verdict_ = std::move(verdict);
  if (!endpoint_.is_affordable(*down_.snapshot)) {
    finish(Reason::kOverload, {}, Progress::kReset);
    return true;
  }
  phase_ = Phase::kWaiting;
  since_ = worker_.loop.now();
  return true;
}

void TcpSession::go_to_endpoint() {
  target_.upstream = endpoint_.plan()->plan;
  target_.facts = endpoint_.plan()->facts;
}

bool TcpSession::dial() {
  server_ = endpoint_.dial(target_.upstream, down_.snapshot, {client_.identity_number, client_.remote.port},
                           tls::Offer::kTcp);
  if (!server_) {
    return false;
  }
  phase_ = Phase::kConnecting;
  since_ = worker_.loop.now();
  return true;
}

bool TcpSession::connect() {
  switch (endpoint_.step(*server_)) {
    case SessionEndpoint::Dialled::kGoing:
      return false;
    case SessionEndpoint::Dialled::kFailed:
      if (!connect_elsewhere()) {
        const std::string detail = server_->failure_detail();
        finish(server_->failure(), detail, Progress::kReset);
      }
      return true;
    case SessionEndpoint::Dialled::kReady:
      on_connected();
      return true;
  }
  return false;
}

bool TcpSession::connect_elsewhere() {
  if (!endpoint_.turn_elsewhere(target_.service.get(), down_.snapshot)) {
    return false;
  }
  go_to_endpoint();
  worker_.pool.discard(std::move(server_));
  phase_ = Phase::kWaiting;
  since_ = worker_.loop.now();
  return true;
}

void TcpSession::on_connected() {
  endpoint_.report(EndpointOutcome::kServed, target_.service.get(), *down_.snapshot);
  endpoint_.settle();
  server_spiffe_ = server_->peer_spiffe;
  phase_ = Phase::kTalking;
  since_ = last_move_ = worker_.loop.now();
  tell_progress({});
}

bool TcpSession::talk() {
  Transport& client = *client_.transport;
  Transport& server = server_->transport();
  bool moved = fill(to_server_, client, End::kClient);
  moved = (phase_ == Phase::kTalking && drain(to_server_, server, End::kServer)) || moved;
  moved = (phase_ == Phase::kTalking && fill(to_client_, server, End::kServer)) || moved;
  moved = (phase_ == Phase::kTalking && drain(to_client_, client, End::kClient)) || moved;
  if (phase_ != Phase::kTalking) {
    return true;
  }
  if (to_server_.is_finished && to_client_.is_finished) {
    finish(Reason::kNone, {}, Progress::kClose);
    return true;
  }
  if (!moved && is_reset(client, to_client_)) {
    on_broken(End::kClient);
  } else if (!moved && is_reset(server, to_server_)) {
    on_broken(End::kServer);
  } else if (!moved) {
    rest();
  }
  return moved;
}

/// What it reads waits in the lane until its other end takes it: a full one is not read for, and the sender's window
/// closes.
bool TcpSession::fill(Lane& lane, Transport& from, End source) {
  if (lane.has_ended || lane.queue.is_full()) {
    return false;
  }
  const std::size_t room = down_.snapshot->config.limits.buffer_bytes;
  const std::size_t wanted = room > lane.queue.pending() ? std::min(kReadBytes, room - lane.queue.pending()) : 1;
  const auto result = from.read(lane.queue.prepare(wanted).first(wanted));
  auto& counters = worker_.metrics.counters();
  switch (result.status) {
    case IoStatus::kOk:
      lane.queue.commit(result.bytes);
      lane.bytes += result.bytes;
      (source == End::kClient ? counters.downstream : counters.upstream).bytes_received += result.bytes;
      return true;
    case IoStatus::kBlocked:
      return false;
    case IoStatus::kClosed:
      lane.has_ended = true;
      return true;
    case IoStatus::kError:
      on_broken(source);
      return true;
  }
  return false;
}

bool TcpSession::drain(Lane& lane, Transport& to, End sink) {
  const auto before = lane.queue.total_sent();
  const auto flushed = lane.queue.flush(to);
  const auto sent = lane.queue.total_sent() - before;
  auto& counters = worker_.metrics.counters();
  (sink == End::kClient ? counters.downstream : counters.upstream).bytes_sent += sent;
  if (flushed == SendQueue::Flush::kClosed) {
    on_broken(sink);
    return true;
  }
  if (!lane.has_ended || lane.is_finished || !lane.queue.empty()) {
    return sent != 0;
  }
  switch (to.finish_write()) {
    case IoStatus::kOk:
      lane.is_finished = true;
      return true;
    case IoStatus::kBlocked:
      return sent != 0;
    case IoStatus::kClosed:
    case IoStatus::kError:
      on_broken(sink);
      return true;
  }
  return sent != 0;
}

/// A quiet session keeps no memory.
void TcpSession::rest() noexcept {
  to_server_.queue.release();
  to_client_.queue.release();
}

/// Both directions of a socket are gone while we have not closed ours: nobody is left at its other end. Where bytes of
/// it are still to be read, reading tells.
bool TcpSession::is_reset(Transport& end, const Lane& towards_it) const noexcept {
  return !towards_it.is_finished && end.socket().is_dead();
}

}  // namespace gabion::proxy
