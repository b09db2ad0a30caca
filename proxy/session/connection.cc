// A client's connection from accept to close: see connection.h.
#include "proxy/session/connection.h"

#include <array>

#include "proxy/net/plain.h"

namespace gabion::proxy {
namespace {

constexpr char kTlsHandshakeRecord = 0x16;                        // RFC 8446 §5.1
constexpr auto kLingerTime = std::chrono::seconds(30);            // for the client to read our last answer
constexpr auto kLingerQuiet = std::chrono::seconds(2);            // without a byte from it
constexpr int kLingerReadsPerTurn = 64;                           // then others have their turn
constexpr auto kQuietBeforeDrainClose = std::chrono::seconds(1);  // a request may be on its way until then
constexpr std::size_t kHeadReadBytes = 4096;

Reason reason_of(http1::DecodeError error) noexcept {
  switch (error) {
    case http1::DecodeError::kStartLineTooLong:
      return Reason::kUriTooLong;
    case http1::DecodeError::kHeaderTooLarge:
      return Reason::kHeaderTooLarge;
    case http1::DecodeError::kTooManyHeaders:
      return Reason::kTooManyHeaders;
    case http1::DecodeError::kTrailerTooLarge:
      return Reason::kTrailerTooLarge;
    case http1::DecodeError::kUnsupportedVersion:
      return Reason::kUnsupportedVersion;
    case http1::DecodeError::kTruncated:
      return Reason::kClientClosed;
    case http1::DecodeError::kNone:
    case http1::DecodeError::kMalformed:
      return Reason::kMalformedRequest;
  }
  return Reason::kMalformedRequest;
}

/// What a request may begin with: a method's letter, or the empty line that RFC 9112 §2.2 forgives.
bool can_begin_request(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || c == '\r';
}

}  // namespace

Connection::Connection(WorkerState& worker, ConnectionOwner& owner, const ListenerPlan& plan, int fd)
    : worker_(worker),
      owner_(owner),
      side_(plan.side),
      down_(worker),
      exchange_(worker, down_, *this),
      since_(worker.loop.now()) {
  down_.plan = &plan;
  down_.local = local_endpoint(fd);
  down_.remote = remote_endpoint(fd);
  worker_.metrics.counters().downstream.opened += 1;
  if (plan.tls == config::TlsMode::kPermissive) {
    [[maybe_unused]] const bool opened = probe_.open(worker_.loop, fd);
    probe_.set_owner(this);
  } else if (plan.tls == config::TlsMode::kStrict) {
    auto stream = tls::TlsStream::accept(worker_.loop, fd, down_.snapshot->tls, tls::ServerRole::kStrict);
    tls_ = stream.get();
    [[maybe_unused]] const bool adopted = adopt(std::move(stream));
  } else {
    [[maybe_unused]] const bool adopted = adopt(std::make_unique<PlainTransport>(worker_.loop, fd));
  }
  fiber_ = run();
}

Connection::~Connection() {
  worker_.metrics.counters().downstream.closed += 1;
  if (entered_) {
    worker_.identities.leave(down_.peer_spiffe);
  }
}

bool Connection::adopt(std::unique_ptr<Transport> transport) {
  if (!transport || !transport->socket().is_open()) {
    tls_ = nullptr;
    return false;
  }
  down_.transport = std::move(transport);
  down_.transport->socket().set_owner(this);
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
  bool going = opening == Progress::kGo && admit();
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
  }
  while (lingering()) {
    co_await std::suspend_always{};
  }
}

// Opening: who is it, and in which language.

Connection::Progress Connection::open() {
  if (doom_ != Reason::kNone) {
    return Progress::kStop;
  }
  if (timed_out_) {
    report(Reason::kTlsHandshakeTimeout, {});
    return Progress::kStop;
  }
  switch (down_.plan->tls) {
    case config::TlsMode::kDisable:
      return down_.transport ? Progress::kGo : Progress::kStop;
    case config::TlsMode::kStrict:
      return down_.transport ? open_tls() : Progress::kStop;
    case config::TlsMode::kPermissive:
      return down_.transport ? handshake() : probe_permissive();
  }
  return Progress::kStop;
}

Connection::Progress Connection::open_tls() {
  if (!handshaken_) {
    char first = 0;
    const auto peeked = down_.transport->socket().peek({&first, 1});
    if (peeked.status == IoStatus::kBlocked) {
      arm(since_ + down_.snapshot->config.timeouts.tls_handshake);
      return Progress::kWait;
    }
    if (peeked.status != IoStatus::kOk) {
      report(Reason::kClientClosed, "closed before the TLS handshake");
      return Progress::kStop;
    }
    if (first != kTlsHandshakeRecord) {
      return refuse_plain_text();
    }
    handshaken_ = true;  // begun: not peeked at again
  }
  return handshake();
}

Connection::Progress Connection::refuse_plain_text() {
  report(Reason::kMtlsRequired, "the first byte is not a TLS handshake record");
  worker_.metrics.counters().downstream.tls.failed += 1;
  begin_lingering();
  return Progress::kStop;
}

Connection::Progress Connection::probe_permissive() {
  if (!probe_.is_open()) {
    return Progress::kStop;
  }
  char first = 0;
  const auto peeked = probe_.peek({&first, 1});
  if (peeked.status == IoStatus::kBlocked) {
    arm(since_ + down_.snapshot->config.timeouts.tls_handshake);
    return Progress::kWait;
  }
  if (peeked.status != IoStatus::kOk) {
    return Progress::kStop;
  }
  const int fd = probe_.release();
  if (first != kTlsHandshakeRecord) {
    return adopt(std::make_unique<PlainTransport>(worker_.loop, fd)) ? Progress::kGo : Progress::kStop;
  }
  auto stream = tls::TlsStream::accept(worker_.loop, fd, down_.snapshot->tls, tls::ServerRole::kPermissive);
  tls_ = stream.get();
  return adopt(std::move(stream)) ? handshake() : Progress::kStop;
}

Connection::Progress Connection::handshake() {
  if (tls_ == nullptr) {
    return Progress::kGo;  // PERMISSIVE, plain text
  }
  switch (tls_->handshake()) {
    case tls::TlsStream::Handshake::kBlocked:
      arm(since_ + down_.snapshot->config.timeouts.tls_handshake);
      return Progress::kWait;
    case tls::TlsStream::Handshake::kFailed:
      worker_.metrics.counters().downstream.tls.failed += 1;
      report(tls_->failure(), tls_->failure_detail());
      begin_lingering();
      return Progress::kStop;
    case tls::TlsStream::Handshake::kDone:
      break;
  }
  auto& counters = worker_.metrics.counters().downstream.tls;
  counters.ok += 1;
  counters.resumed += tls_->peer().resumed ? 1 : 0;
  peer_id_ = tls_->peer().id;
  down_.identity = &peer_id_;
  down_.peer_spiffe = peer_id_.to_string();
  down_.server_name = tls_->server_name();
  down_.client_certificate = "By=" + tls_->contexts().material().id.to_string() + ";URI=" + down_.peer_spiffe;
  return Progress::kGo;
}

bool Connection::admit() {
  Timer::cancel();
  const auto entry = worker_.identities.enter(down_.peer_spiffe);
  entered_ = true;
  down_.identity_number = entry.number;
  const auto limit = down_.snapshot->config.limits.connections_per_identity;
  if (!down_.peer_spiffe.empty() && entry.connections > limit) {
    worker_.metrics.reached(Limit::kConnectionsPerIdentity);
    report(Reason::kIdentityConnectionLimit, {});
    return false;
  }
  since_ = worker_.loop.now();
  return true;
}

// Between exchanges: the next head.

Connection::Progress Connection::read_head() {
  if (doom_ != Reason::kNone) {
    return Progress::kStop;
  }
  if (timed_out_) {
    timed_out_ = false;
    if (down_.in.empty() && !head_begun_) {  // it never asked: nothing to answer
      report(timeout_reason_, {});
      return Progress::kStop;
    }
    return reject_head(Reason::kRequestHeaderTimeout, {});
  }
  while (true) {
    const auto step = down_.decoder.next(down_.in.bytes());
    down_.in.consume(step.consumed);
    switch (step.event) {
      case http1::Decoder::Event::kHead:
        return begin_exchange();
      case http1::Decoder::Event::kError:
        return reject_head(reason_of(down_.decoder.error()), down_.decoder.detail());
      case http1::Decoder::Event::kNeedMore:
        break;
      case http1::Decoder::Event::kBody:
      case http1::Decoder::Event::kEnd:
        continue;
    }
    if (!down_.in.empty() && !can_begin_request(down_.in.bytes().front())) {
      if (down_.requests == 0 && down_.in.bytes().front() == kTlsHandshakeRecord) {
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
  const auto result = down_.transport->read(down_.in.prepare(kHeadReadBytes));
  switch (result.status) {
    case IoStatus::kOk:
      down_.in.commit(result.bytes);
      worker_.metrics.counters().downstream.bytes_received += result.bytes;
      if (!head_begun_) {
        head_begun_ = true;
        since_ = worker_.loop.now();
      }
      return Progress::kGo;
    case IoStatus::kClosed:
    case IoStatus::kError:
      if (!down_.decoder.at_message_start()) {
        report(Reason::kClientClosed, "closed in the middle of a request's head");
      }
      return Progress::kStop;
    case IoStatus::kBlocked:
      break;
  }
  const auto& timeouts = down_.snapshot->config.timeouts;
  const bool first = down_.requests == 0;
  down_.in.release();
  down_.out.release();
  if (head_begun_ || first) {
    timeout_reason_ = Reason::kRequestHeaderTimeout;
    arm(since_ + timeouts.request_header);
  } else {
    timeout_reason_ = Reason::kIdleTimeout;
    const bool draining =
        worker_.drain == DrainStep::kAll || (worker_.drain == DrainStep::kInbound && side_ == inspect::Side::kIngress);
    arm(since_ + (draining ? std::chrono::milliseconds(kQuietBeforeDrainClose) : timeouts.idle));
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
  ++down_.requests;
  exchange_.begin();
  return Progress::kGo;
}

/// Every request is judged by the newest rules.
bool Connection::refresh_snapshot() {
  if (down_.snapshot == worker_.snapshot) {
    return true;
  }
  const auto* plan = worker_.snapshot->listener_at(down_.plan->listen);
  const bool fits = plan != nullptr && plan->side == side_ &&
                    (plan->tls != config::TlsMode::kStrict || tls_ != nullptr) &&
                    (plan->tls != config::TlsMode::kDisable || tls_ == nullptr);
  if (!fits) {
    report(Reason::kPolicyChanged, "the listener was removed or changed its TLS mode");
    return false;
  }
  down_.snapshot = worker_.snapshot;
  down_.plan = plan;
  return true;
}

// During an exchange.

Exchange::Outcome Connection::step_exchange() {
  if (doom_ != Reason::kNone) {
    exchange_.abort(doom_);
  } else if (timed_out_) {
    exchange_.time_out(timeout_reason_);
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

bool Connection::end_exchange(Exchange::Outcome outcome) {
  since_ = worker_.loop.now();
  head_begun_ = !down_.in.empty();
  switch (outcome) {
    case Exchange::Outcome::kKeepAlive:
      return doom_ == Reason::kNone;
    case Exchange::Outcome::kReset:
      down_.transport->socket().reset_on_close();
      return false;
    case Exchange::Outcome::kLinger:
    case Exchange::Outcome::kClose:
    case Exchange::Outcome::kWaiting:
      begin_lingering();
      return false;
  }
  return false;
}

// The end.

void Connection::begin_lingering() {
  linger_ = true;
  timed_out_ = false;
  down_.in.clear();
  down_.transport->shutdown_write();
  since_ = worker_.loop.now();
  arm(since_ + kLingerQuiet);
}

/// Closing with unread bytes in the socket sends RST, which may overtake our last answer: read on for a while.
bool Connection::lingering() {
  if (!linger_ || timed_out_ || doom_ != Reason::kNone) {
    return false;
  }
  const auto now = worker_.loop.now();
  if (now - since_ >= kLingerTime) {
    return false;
  }
  std::array<char, 4096> waste;
  for (int i = 0; i < kLingerReadsPerTurn; ++i) {
    const auto result = down_.transport->socket().read(waste);
    if (result.status != IoStatus::kOk) {
      return result.status == IoStatus::kBlocked;
    }
    arm(now + kLingerQuiet);
  }
  worker_.loop.wake(*this);
  return true;
}

void Connection::revalidate(std::chrono::system_clock::time_point now, bool new_snapshot) {
  if (down_.identity != nullptr && tls_ != nullptr) {
    const auto& peer = tls_->peer();
    if (peer.expires <= now) {
      cut(Reason::kIdentityExpired);
      return;
    }
    // Not only after a new snapshot: a handshake may have begun before it and ended after.
    if (!worker_.snapshot->tls || !worker_.snapshot->tls->trusts_root(peer.root)) {
      cut(Reason::kRootRemoved);
      return;
    }
  }
  if (!exchange_.running()) {
    return;
  }
  if (!exchange_.upstream_trusted(*worker_.snapshot, now)) {
    exchange_.abort(Reason::kRootRemoved);
    worker_.loop.wake(*this);
  } else if (new_snapshot && !exchange_.still_allowed(*worker_.snapshot)) {
    exchange_.abort(Reason::kPolicyChanged);
    worker_.loop.wake(*this);
  }
}

ConnectionSummary Connection::summary() const {
  return {down_.plan->name, down_.remote, down_.peer_spiffe, down_.requests, busy()};
}

void Connection::on_drain() noexcept {
  worker_.loop.wake(*this);
}

void Connection::cut(Reason reason) noexcept {
  if (doom_ == Reason::kNone) {
    doom_ = reason;
    if (!exchange_.running()) {
      report(reason, {});
    }
    worker_.loop.wake(*this);
  }
}

void Connection::report(Reason reason, std::string_view detail) {
  ConnectionEvent event;
  event.time = std::chrono::system_clock::now();
  event.listener = down_.plan->name;
  event.reason = reason;
  event.detail = detail;
  event.downstream_local = down_.local;
  event.downstream_remote = down_.remote;
  event.peer_spiffe = down_.peer_spiffe;
  worker_.metrics.count(event);
  if (reason != Reason::kIdleTimeout) {
    worker_.logs.audit(event);
  }
}

}  // namespace gabion::proxy
