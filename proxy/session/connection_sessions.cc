// Connections that are one session from first byte to last, of PostgreSQL or of TCP: see connection.h.
#include <algorithm>

#include "proxy/protocol/sniff/first_bytes.h"
#include "proxy/session/connection.h"

namespace gabion::proxy {

inspect::ConnectionFacts Connection::facts_of(const ListenerPlan& plan) const noexcept {
  if (plan.side == inspect::Side::kEgress) {
    return egress_facts(plan.routes.front());
  }
  inspect::ConnectionFacts facts;
  facts.peer_address = client_.remote.address;
  facts.peer_identity = client_.identity;
  facts.port = plan.port;
  return facts;
}

TcpTarget Connection::target_of(const ListenerPlan& plan) const {
  return {plan.upstreams.front(), facts_of(plan), plan.services.empty() ? nullptr : plan.services.front()};
}

/// Who waits for a client that waits for its server waits for ever.
std::chrono::milliseconds Connection::patience_for_first_byte() const noexcept {
  constexpr auto kServerFirst = std::chrono::milliseconds(100);
  return sniff::is_server_first(facts_of(*down_.plan).port) ? kServerFirst : down_.snapshot->config.timeouts.sniff;
}

/// Of what is not declared. What HTTP and PostgreSQL are not is carried as it is, where no rule speaks of messages.
Connection::Progress Connection::choose_auto() {
  const std::string_view agreed = tls_ != nullptr ? tls_->agreed_protocol() : std::string_view();
  if (agreed == "h2" || agreed == "istio-h2") {
    begin_http2();
    return Progress::kGo;
  }
  if (agreed == "http/1.1" || agreed == "istio-http/1.1") {
    return Progress::kGo;
  }
  return agreed == "postgresql" ? begin_postgres() : sniff_first_bytes();
}

Connection::Progress Connection::sniff_first_bytes() {
  while (doom_ == Reason::kNone) {
    is_silent_ = is_silent_ || timed_out_ || sniff::is_server_first(facts_of(*down_.plan).port);
    switch (is_silent_ ? sniff::Spoken::kOther : sniff::spoken(http1_.in.view())) {
      case sniff::Spoken::kHttp1:
        return Progress::kGo;
      case sniff::Spoken::kHttp2:
        begin_http2();
        return Progress::kGo;
      case sniff::Spoken::kPostgres:
        return begin_postgres();
      case sniff::Spoken::kTls:
      case sniff::Spoken::kOther:
        return begin_tcp(target_of(*down_.plan));
      case sniff::Spoken::kNeedMore:
        break;
    }
    if (const Progress more = read_first_bytes(); more != Progress::kGo) {
      return more;
    }
  }
  return Progress::kStop;
}

/// All that is there, in whatever pieces: it is looked at again from its beginning.
Connection::Progress Connection::read_first_bytes() {
  constexpr std::size_t kFirstRead = 4096;
  const auto result = client_.transport->read(http1_.in.prepare(kFirstRead).first(kFirstRead));
  switch (result.status) {
    case IoStatus::kOk:
      http1_.in.commit(result.bytes);
      worker_.metrics.counters().downstream.bytes_received += result.bytes;
      head_begun_ = true;
      return Progress::kGo;
    case IoStatus::kBlocked:
      arm(since_ + down_.snapshot->config.timeouts.sniff);
      return Progress::kWait;
    case IoStatus::kClosed:
      is_silent_ = true;  // nothing follows: what there is, is all
      return http1_.in.empty() ? Progress::kStop : Progress::kGo;
    case IoStatus::kError:
      break;
  }
  return Progress::kStop;
}

Connection::Progress Connection::choose_postgres() {
  if (tls_ != nullptr && tls_->agreed_protocol() != "postgresql") {
    return refuse_protocol("TLS without the ALPN postgresql on a PostgreSQL port");
  }
  return begin_postgres();
}

/// What is not PostgreSQL's own start is found by the session.
Connection::Progress Connection::begin_postgres() {
  Timer::cancel();
  timed_out_ = false;
  postgres_ = std::make_unique<PostgresSession>(worker_, client_, down_, *this, http1_.in.view());
  http1_.in.drop();
  return Progress::kGo;
}

Connection::Progress Connection::begin_tcp(TcpTarget target) {
  Timer::cancel();
  timed_out_ = false;
  tcp_ = std::make_unique<TcpSession>(worker_, client_, down_, *this, std::move(target), http1_.in.view());
  http1_.in.drop();
  return Progress::kGo;
}

/// What must end it, and what it waited too long for.
template <class Session>
void Connection::hurry(Session& session) {
  if (doom_ != Reason::kNone) {
    session.end(doom_);
  } else if (timed_out_) {
    timed_out_ = false;
    if (const auto deadline = session.deadline(); deadline.at <= worker_.loop.now()) {
      session.on_deadline(deadline.reason);
    }
  }
}

template <class Session>
Connection::Progress Connection::rest(Session& session) {
  const auto deadline = session.deadline();
  timeout_reason_ = deadline.reason;
  arm(deadline.at);
  return Progress::kWait;
}

Connection::Progress Connection::step_session() {
  return postgres_ ? step_postgres() : step_tcp();
}

Connection::Progress Connection::step_postgres() {
  hurry(*postgres_);
  switch (postgres_->step()) {
    case PostgresSession::Progress::kWait:
      return rest(*postgres_);
    case PostgresSession::Progress::kClose:
      begin_lingering();
      return Progress::kStop;
    case PostgresSession::Progress::kReset:
      client_.transport->socket().reset_on_close();
      return Progress::kStop;
  }
  return Progress::kStop;
}

Connection::Progress Connection::step_tcp() {
  hurry(*tcp_);
  switch (tcp_->step()) {
    case TcpSession::Progress::kWait:
      return rest(*tcp_);
    case TcpSession::Progress::kClose:
      return Progress::kStop;
    case TcpSession::Progress::kReset:
      client_.transport->socket().reset_on_close();
      return Progress::kStop;
  }
  return Progress::kStop;
}

}  // namespace gabion::proxy
