// A client's connection from accept to close: its way, and what happens between and during exchanges. See connection.h.
#include "proxy/session/connection.h"

#include "proxy/capture/captured_plan.h"
#include "proxy/net/plain.h"

namespace gabion::proxy {
namespace {

constexpr auto kQuietBeforeDrainClose = std::chrono::seconds(1);  // a request may be on its way until then
constexpr std::size_t kHeadReadBytes = 4096;
constexpr std::uint32_t kExchangesPerTurn = 32;  // then others have theirs

/// What a request may begin with: a method's letter, or the empty line that RFC 9112 §2.2 forgives.
bool can_begin_request(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || c == '\r';
}

/// A connection of one of these may go on as one of another, as far as it speaks what is declared now.
bool is_http(config::Protocol protocol) noexcept {
  return protocol == config::Protocol::kHttp || protocol == config::Protocol::kHttp1 ||
         protocol == config::Protocol::kHttp2;
}

}  // namespace

Connection::Connection(WorkerState& worker, ConnectionOwner& owner, Arrived arrived)
    : worker_(worker),
      owner_(owner),
      side_(arrived.plan->side),
      place_(std::move(arrived.place)),
      http1_(worker, client_),
      down_(worker, client_, http1_),
      exchange_(worker, down_, *this),
      since_(worker.loop.now()) {
  down_.plan = std::move(arrived.plan);
  down_.snapshot = std::move(arrived.snapshot);
  client_.local = down_.plan->arrival == config::Arrival::kCaptured ? down_.plan->listen : local_endpoint(arrived.fd);
  client_.remote = arrived.hop.stream ? arrived.hop.caller : remote_endpoint(arrived.fd);
  client_.ends = {client_.remote.address.to_string(), client_.remote.port, client_.local.address.to_string(),
                  client_.local.port};
  worker_.metrics.counters().downstream.opened += 1;
  if (arrived.hop.stream) {
    go_on_from(std::move(arrived.hop));
  } else {
    listen_on(arrived.fd);
  }
  fiber_ = run();
}

/// What the gateways shook hands about is over: here begins what the pods say to each other.
void Connection::go_on_from(HopArrival hop) {
  hop_ = hop.stream.get();
  peer_id_ = std::move(hop.identity);
  client_.identity = &peer_id_;
  client_.peer_spiffe = peer_id_.to_string();
  client_.client_certificate = "By=" + hop_->contexts().material().id.to_string() + ";URI=" + client_.peer_spiffe;
  if (!adopt(std::move(hop.stream))) {
    hop_ = nullptr;
  }
}

void Connection::listen_on(int fd) {
  if (down_.plan->tls == config::TlsMode::kPermissive) {
    [[maybe_unused]] const bool opened = probe_.open(worker_.loop, fd);
    probe_.set_owner(this);
  } else if (down_.plan->tls == config::TlsMode::kStrict) {
    auto stream =
        tls::TlsStream::accept(worker_.loop, fd, down_.snapshot->tls, tls::ServerRole::kStrict, down_.plan->protocol);
    tls_ = stream.get();
    [[maybe_unused]] const bool adopted = adopt(std::move(stream));
  } else {
    [[maybe_unused]] const bool adopted = adopt(std::make_unique<PlainTransport>(worker_.loop, fd));
  }
}

Connection::~Connection() {
  worker_.metrics.counters().downstream.closed += 1;
  worker_.held_connections -= held_ ? 1 : 0;
  if (entered_) {
    worker_.identities.leave(client_.peer_spiffe);
  }
}

bool Connection::adopt(std::unique_ptr<Transport> transport) {
  if (!transport || !transport->socket().is_open()) {
    tls_ = nullptr;
    return false;
  }
  client_.transport = std::move(transport);
  client_.transport->socket().set_owner(this);
  return true;
}

void Connection::on_wake() noexcept {
  fiber_.resume();
  if (fiber_.done()) {
    owner_.on_finished(*this);
  }
}

void Connection::on_expired() noexcept {
  timed_out_ = true;
  worker_.loop.wake(*this);
}

Fiber Connection::run() {
  Progress opening = open();
  while (opening == Progress::kWait) {
    co_await std::suspend_always{};
    opening = open();
  }
  Progress knowing = opening == Progress::kGo ? know_peer() : Progress::kStop;
  while (knowing == Progress::kWait) {
    co_await std::suspend_always{};
    knowing = know_peer();
  }
  Progress choosing = knowing == Progress::kGo && admit() ? choose_protocol() : Progress::kStop;
  while (choosing == Progress::kWait) {
    co_await std::suspend_always{};
    choosing = choose_protocol();
  }
  Progress talking = postgres_ || tcp_ ? step_session() : Progress::kStop;
  while (talking == Progress::kWait) {
    co_await std::suspend_always{};
    talking = step_session();
  }
  speaks_http1_ = choosing == Progress::kGo && !link_ && !postgres_ && !tcp_;
  bool going = speaks_http1_;
  while (going) {
    Progress reading = read_head();
    while (reading == Progress::kWait) {
      co_await std::suspend_always{};
      reading = read_head();
    }
    if (reading == Progress::kStop) {
      break;
    }
    Exchange::Outcome outcome = step_exchange();
    while (outcome == Exchange::Outcome::kWaiting) {
      co_await std::suspend_always{};
      outcome = step_exchange();
    }
    going = end_exchange(outcome);
    if (going && had_its_turn()) {
      co_await std::suspend_always{};
    }
  }
  Progress speaking = link_ ? step_http2() : Progress::kStop;  // from the start, or since an upgrade
  while (speaking == Progress::kWait) {
    co_await std::suspend_always{};
    speaking = step_http2();
  }
  while (lingering()) {
    co_await std::suspend_always{};
  }
}

// Between exchanges: the next head.

Connection::Progress Connection::read_head() {
  if (doom_ != Reason::kNone) {
    return Progress::kStop;
  }
  if (timed_out_) {
    timed_out_ = false;
    if (http1_.in.empty() && !head_begun_) {  // it never asked: nothing to answer
      report(timeout_reason_, {});
      return Progress::kStop;
    }
    return reject_head(Reason::kRequestHeaderTimeout, {});
  }
  while (true) {
    const auto step = http1_.decoder.next(http1_.in.bytes());
    http1_.in.consume(step.consumed);
    switch (step.event) {
      case http1::Decoder::Event::kHead:
        return begin_exchange();
      case http1::Decoder::Event::kError:
        return reject_head(reason_of_request(http1_.decoder.error()), http1_.decoder.detail());
      case http1::Decoder::Event::kNeedMore:
        break;
      case http1::Decoder::Event::kBody:
      case http1::Decoder::Event::kEnd:
        continue;
    }
    if (!http1_.in.empty() && !can_begin_request(http1_.in.bytes().front())) {
      if (client_.requests == 0 && http1_.in.bytes().front() == kTlsHandshakeRecord) {
        report(Reason::kProtocolMismatch, "TLS on a plain-text port");
        worker_.metrics.counters().protocol_mismatch += 1;
        return Progress::kStop;
      }
      return reject_head(Reason::kMalformedRequest, "does not begin with a method");
    }
    if (const auto more = read_more(); more != Progress::kGo) {
      return more;
    }
  }
}

Connection::Progress Connection::read_more() {
  const auto result = client_.transport->read(http1_.in.prepare(kHeadReadBytes));
  switch (result.status) {
    case IoStatus::kOk:
      http1_.in.commit(result.bytes);
      worker_.metrics.counters().downstream.bytes_received += result.bytes;
      if (!head_begun_) {
        head_begun_ = true;
        since_ = worker_.loop.now();
      }
      return Progress::kGo;
    case IoStatus::kClosed:
    case IoStatus::kError:
      if (!http1_.decoder.at_message_start()) {
        report(Reason::kClientClosed, "closed in the middle of a request's head");
      }
      return Progress::kStop;
    case IoStatus::kBlocked:
      break;
  }
  const auto& timeouts = down_.snapshot->config.timeouts;
  const bool draining =
      worker_.drain == DrainStep::kAll || (worker_.drain == DrainStep::kInbound && side_ == inspect::Side::kIngress);
  http1_.in.release();
  http1_.out.release();
  if (http1_.decoder.at_message_start()) {
    http1_.decoder.release();
    exchange_.release();
  }
  if (!head_begun_ && draining) {
    timeout_reason_ = Reason::kIdleTimeout;
    arm(since_ + kQuietBeforeDrainClose);
  } else if (head_begun_ || client_.requests == 0) {
    timeout_reason_ = Reason::kRequestHeaderTimeout;
    arm(since_ + timeouts.request_header);
  } else {
    timeout_reason_ = Reason::kIdleTimeout;
    arm(since_ + timeouts.idle);
  }
  return Progress::kWait;
}

Connection::Progress Connection::reject_head(Reason reason, std::string_view detail) {
  Timer::cancel();
  exchange_.begin_rejected(reason, detail);
  return Progress::kGo;
}

Connection::Progress Connection::begin_exchange() {
  if (!refresh_snapshot()) {
    return Progress::kStop;
  }
  head_begun_ = false;
  if (upgrade_to_http2()) {
    return Progress::kStop;
  }
  ++client_.requests;
  exchange_.begin();
  return Progress::kGo;
}

/// Every request is judged by the newest rules.
bool Connection::refresh_snapshot() {
  const auto& newest = worker_.newest_of(down_.snapshot);
  if (down_.snapshot == newest) {
    return true;
  }
  PlanRef plan = current_plan(*newest, *down_.plan, worker_.kept_plans);
  const bool fits =
      plan != nullptr && plan->side == side_ && (plan->tls != config::TlsMode::kStrict || tls_ != nullptr) &&
      (plan->tls != config::TlsMode::kDisable || tls_ == nullptr) &&
      (plan->protocol == down_.plan->protocol || (is_http(plan->protocol) && is_http(down_.plan->protocol))) &&
      (plan->protocol != config::Protocol::kHttp1 || !link_) &&
      (plan->protocol != config::Protocol::kHttp2 || !speaks_http1_);
  if (!fits) {
    report(Reason::kPolicyChanged, "the listener was removed, or changed its TLS mode or protocol");
    return false;
  }
  down_.snapshot = newest;
  down_.plan = std::move(plan);
  return true;
}

// During an exchange.

Exchange::Outcome Connection::step_exchange() {
  if (doom_ != Reason::kNone) {
    exchange_.abort(doom_);
  } else if (timed_out_) {
    if (const auto deadline = exchange_.renewed_deadline(); deadline.at <= worker_.loop.now()) {
      exchange_.abort(deadline.reason);
    }
  }
  timed_out_ = false;
  const auto outcome = exchange_.step();
  if (outcome == Exchange::Outcome::kWaiting) {
    const auto deadline = exchange_.deadline();
    timeout_reason_ = deadline.reason;
    arm(deadline.at);
  }
  return outcome;
}

/// Refusals wait for nobody: who sends request upon request would keep the worker for itself. True: the next turn of
/// the loop goes on here.
bool Connection::had_its_turn() {
  const auto turn = worker_.loop.turns();
  exchanges_in_turn_ = turn == turn_ ? exchanges_in_turn_ + 1 : 1;
  turn_ = turn;
  if (exchanges_in_turn_ < kExchangesPerTurn) {
    return false;
  }
  Timer::cancel();  // of the exchange that is over
  worker_.loop.wake(*this);
  return true;
}

bool Connection::end_exchange(Exchange::Outcome outcome) {
  since_ = worker_.loop.now();
  head_begun_ = !http1_.in.empty();
  switch (outcome) {
    case Exchange::Outcome::kKeepAlive:
      return doom_ == Reason::kNone;
    case Exchange::Outcome::kReset:
      client_.transport->socket().reset_on_close();
      return false;
    case Exchange::Outcome::kLinger:
    case Exchange::Outcome::kClose:
    case Exchange::Outcome::kWaiting:
      begin_lingering();
      return false;
  }
  return false;
}

}  // namespace gabion::proxy
