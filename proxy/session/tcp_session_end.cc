// How a connection that is carried as it is ends, and what is told of it. See tcp_session.h.
#include <algorithm>
#include <utility>

#include "proxy/session/tcp_session.h"

namespace gabion::proxy {
namespace {

/// Rules of messages make a port one of their protocol: that is its own reason, whichever rule it was.
Reason reason_of(const inspect::Verdict& verdict) noexcept {
  return verdict.basis == "protocol_mismatch" ? Reason::kProtocolMismatch : to_reason(verdict.reason);
}

}  // namespace

void TcpSession::on_broken(End whose) {
  const tls::TlsStream* tls = server_ ? server_->tls() : nullptr;
  if (whose == End::kClient) {
    finish(Reason::kClientClosed, {}, Progress::kReset);
  } else if (tls != nullptr && !tls->alert().empty() && to_client_.bytes == 0) {
    worker_.metrics.counters().upstream.tls.failed += 1;
    const std::string alert(tls->alert());
    finish(Reason::kUpstreamTlsFailed, alert, Progress::kReset);
  } else {
    finish(Reason::kUpstreamReset, {}, Progress::kReset);
  }
}

/// REQUIRES: `verdict` views judged_under_.
void TcpSession::deny(inspect::Verdict verdict) {
  const Reason reason = phase_ == Phase::kAdmitting ? reason_of(verdict) : Reason::kPolicyChanged;
  worker_.metrics.counters().protocol_mismatch += reason == Reason::kProtocolMismatch ? 1 : 0;
  verdict_ = std::move(verdict);
  const std::string detail = verdict_.detail;
  finish(reason, detail, Progress::kReset);
}

void TcpSession::on_deadline(Reason reason) {
  if (reason != Reason::kUpstreamConnectTimeout || phase_ != Phase::kConnecting || !connect_elsewhere()) {
    end(reason);
  }
}

void TcpSession::end(Reason reason) {
  const bool quiet = reason == Reason::kIdleTimeout && to_server_.queue.empty() && to_client_.queue.empty();
  finish(reason, {}, quiet ? Progress::kClose : Progress::kReset);
}

/// The first reason is the reason.
void TcpSession::finish(Reason reason, std::string_view detail, Progress outcome) {
  if (phase_ == Phase::kOver) {
    return;
  }
  reason_ = reason;
  detail_ = detail;
  outcome_ = outcome;
  release_server(outcome);
  if (outcome == Progress::kClose && !to_client_.is_finished) {
    client_.transport->shutdown_write();
  }
  record();
  for (Lane* lane : {&to_server_, &to_client_}) {
    lane->queue.clear();
    lane->queue.release();
  }
}

void TcpSession::release_server(Progress outcome) noexcept {
  if (phase_ == Phase::kWaiting) {
    worker_.pool.cancel_wait(sleeper_);
  }
  if (!server_) {
    return;
  }
  if (outcome == Progress::kReset && server_->socket() != nullptr) {
    server_->socket()->reset_on_close();
  } else if (outcome == Progress::kClose && !to_server_.is_finished) {
    server_->transport().shutdown_write();
  }
  worker_.pool.discard(std::move(server_));
  endpoint_.release();
}

TcpSession::Deadline TcpSession::deadline() const noexcept {
  const auto& timeouts = down_.snapshot->config.timeouts;
  switch (phase_) {
    case Phase::kWaiting:
      return {since_ + timeouts.connection_wait, Reason::kUpstreamOverflow};
    case Phase::kConnecting:
      return {since_ + timeouts.connect, Reason::kUpstreamConnectTimeout};
    case Phase::kTalking:
      if (!to_client_.queue.empty()) {
        return {last_move_ + timeouts.response_body, Reason::kReaderTooSlow};
      }
      if (!to_server_.queue.empty()) {
        return {last_move_ + timeouts.response_body, Reason::kResponseBodyTimeout};
      }
      break;
    case Phase::kAdmitting:
    case Phase::kOver:
      break;
  }
  return {last_move_ + timeouts.idle, Reason::kIdleTimeout};
}

std::uint64_t TcpSession::held_bytes() const noexcept {
  return to_server_.queue.capacity() + to_client_.queue.capacity();
}

void TcpSession::revalidate(std::chrono::system_clock::time_point now, const TcpTarget* target) {
  if (phase_ == Phase::kAdmitting || phase_ == Phase::kOver) {
    return;  // not judged yet, or no more
  }
  if (phase_ == Phase::kTalking) {
    tell_progress({});
  }
  if (!is_server_trusted(now)) {
    end(Reason::kRootRemoved);
  } else if (target != nullptr && !fits(*target)) {
    end(Reason::kPolicyChanged);
  } else if (target != nullptr) {
    const EndpointPlan* endpoint = endpoint_of(*target);
    if (endpoint != nullptr) {
      target_.facts = endpoint->facts;
    } else if (target->service == nullptr) {
      target_.facts = target->facts;
    }
    judged_under_ = worker_.newest_of(down_.snapshot);
    auto verdict = judged_under_->inspection->policy().decide_tcp(target_.facts);
    if (verdict.allowed()) {
      verdict_ = std::move(verdict);
    } else {
      deny(std::move(verdict));
    }
  }
  if (phase_ == Phase::kOver) {
    worker_.loop.wake(sleeper_);
  }
}

bool TcpSession::is_server_trusted(std::chrono::system_clock::time_point now) const noexcept {
  if (phase_ != Phase::kTalking || server_->tls() == nullptr) {
    return true;
  }
  const auto& peer = server_->tls()->peer();
  return peer.expires > now && worker_.snapshot->tls && worker_.snapshot->tls->trusts_root(peer.root);
}

/// What `target` has in the place of the endpoint that was picked. Null: it has none, or leads to no service.
const EndpointPlan* TcpSession::endpoint_of(const TcpTarget& target) const noexcept {
  return target.service == nullptr ? nullptr : target.service->find(target_.upstream.destination);
}

/// Whether what was dialled, or will be, is what `target` would dial. Who talks already stays where it is when a target
/// has moved; those that come go to the new one.
bool TcpSession::fits(const TcpTarget& target) const noexcept {
  const EndpointPlan* endpoint = endpoint_of(target);
  if ((target.service == nullptr) != (target_.service == nullptr) ||
      (target.service != nullptr && endpoint == nullptr && phase_ != Phase::kTalking)) {
    return false;
  }
  const UpstreamPlan& plan = endpoint == nullptr ? target.upstream : endpoint->plan;
  if (plan.tls != target_.upstream.tls) {
    return false;
  }
  if (phase_ != Phase::kTalking) {
    return plan.pool_key == target_.upstream.pool_key;
  }
  return server_->tls() == nullptr ||
         std::find(plan.server_ids.begin(), plan.server_ids.end(), server_->tls()->peer().id) != plan.server_ids.end();
}

/// What the metrics do not know yet.
void TcpSession::tell_progress(std::string_view flags) {
  const TcpTotals all{1, phase_ == Phase::kOver ? 1U : 0U, to_server_.bytes, to_client_.queue.total_sent()};
  const TcpTotals more{all.opened - told_.opened, all.closed - told_.closed, all.received - told_.received,
                       all.sent - told_.sent};
  told_ = all;
  const bool inbound = down_.plan->side == inspect::Side::kIngress;
  RequestSeriesView series;
  series.side = down_.plan->side;
  series.peer_principal = inbound ? std::string_view(client_.peer_spiffe) : server_spiffe_;
  series.listener = down_.plan->name;
  series.route = target_.upstream.name;
  series.response_flags = flags;
  series.mutual_tls = !series.peer_principal.empty();
  const bool news = (more.opened | more.closed | more.received | more.sent) != 0;
  if (news) {
    worker_.metrics.count(series, more);
  }
}

void TcpSession::record() {
  phase_ = Phase::kOver;
  tell_progress(traits(reason_).flag);
  ExchangeRecord record;
  record.start_time = start_wall_;
  record.duration = std::chrono::duration_cast<std::chrono::microseconds>(EventLoop::Clock::now() - start_);
  record.side = down_.plan->side;
  record.pod = down_.snapshot->pod_name();
  record.listener = down_.plan->name;
  record.route_name = target_.upstream.name;
  record.upstream_host = target_.upstream.destination_text;
  record.protocol = "TCP";
  record.is_tcp = true;
  record.reason = reason_;
  record.detail = detail_;
  record.cut = outcome_ == Progress::kReset;
  record.bytes_received = to_server_.bytes;
  record.bytes_sent = to_client_.queue.total_sent();
  record.downstream_local = client_.local;
  record.downstream_remote = client_.remote;
  record.requested_server_name = client_.server_name;
  record.peer_spiffe =
      down_.plan->side == inspect::Side::kIngress ? std::string_view(client_.peer_spiffe) : server_spiffe_;
  record.mutual_tls = !record.peer_spiffe.empty();
  record.generation = down_.snapshot->generation;
  record.verdict = judged_under_ ? &verdict_ : nullptr;
  worker_.metrics.count(record);
  worker_.logs.access(record);
  if (reason_ != Reason::kNone || verdict_.dry_run_differs) {
    worker_.logs.audit(record);
  }
}

}  // namespace gabion::proxy
