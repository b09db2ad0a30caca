// A gateway's connection until it has said whose it is: see hop_reception.h.
#include "proxy/gateway/hop_reception.h"

#include <utility>

#include "proxy/capture/captured_plan.h"
#include "proxy/net/socket.h"

namespace gabion::proxy {
namespace {

constexpr char kTlsHandshakeRecord = 0x16;  // RFC 8446 §5.1

}  // namespace

HopReception::HopReception(WorkerState& worker, HopReceptionOwner& owner, int fd)
    : worker_(worker),
      owner_(owner),
      remote_(remote_endpoint(fd)),
      local_(local_endpoint(fd)),
      stream_(tls::TlsStream::accept(worker.loop, fd, worker.snapshot->tls, tls::ServerRole::kHop)),
      since_(worker.loop.now()) {
  if (stream_) {
    stream_->socket().set_owner(this);
  }
}

HopReception::~HopReception() {
  worker_.held_connections -= is_held_ ? 1 : 0;
}

void HopReception::on_expired() noexcept {
  timed_out_ = true;
  worker_.loop.wake(*this);
}

void HopReception::on_wake() noexcept {
  if (step() == Progress::kOver) {
    owner_.on_received(*this, std::move(arrived_));
  }
}

HopReception::Progress HopReception::step() {
  if (!stream_ || !stream_->socket().is_open()) {
    return refuse(Reason::kHopRefused, "out of memory or descriptors");
  }
  if (timed_out_ && !is_held_) {
    return refuse(is_tls_ ? Reason::kTlsHandshakeTimeout : Reason::kHopRefused, "said nothing in time");
  }
  for (const auto next : {&HopReception::look_at_first_byte, &HopReception::handshake, &HopReception::read_header}) {
    const Progress made = (this->*next)();
    if (made == Progress::kWait && !is_held_) {
      Timer::set(worker_.loop.timers(), since_ + worker_.snapshot->config.timeouts.tls_handshake);
    }
    if (made != Progress::kGo) {
      return made;
    }
  }
  return judge();
}

HopReception::Progress HopReception::look_at_first_byte() {
  if (is_tls_) {
    return Progress::kGo;
  }
  char first = 0;
  const auto peeked = stream_->socket().peek({&first, 1});
  if (peeked.status == IoStatus::kBlocked) {
    return Progress::kWait;
  }
  if (peeked.status != IoStatus::kOk) {
    return refuse(Reason::kHopRefused, "closed before the TLS handshake");
  }
  if (first != kTlsHandshakeRecord) {
    return refuse(Reason::kHopRefused, "plain text where gateways speak TLS");
  }
  is_tls_ = true;
  return Progress::kGo;
}

HopReception::Progress HopReception::handshake() {
  switch (stream_->handshake()) {
    case tls::TlsStream::Handshake::kBlocked:
      return Progress::kWait;
    case tls::TlsStream::Handshake::kFailed:
      worker_.metrics.counters().downstream.tls.failed += 1;
      return refuse(stream_->failure(), stream_->failure_detail());
    case tls::TlsStream::Handshake::kDone:
      is_shaken_ = true;
      break;
  }
  return is_gateway(*worker_.snapshot, stream_->peer().id) ? Progress::kGo
                                                           : refuse(Reason::kHopRefused, "the peer is no gateway");
}

/// No byte behind it is taken: they are the pod's.
HopReception::Progress HopReception::read_header() {
  while (header_.state() == proxy2::HeaderReader::State::kNeedMore) {
    const auto got = stream_->read(header_.room());
    switch (got.status) {
      case IoStatus::kOk:
        header_.commit(got.bytes);
        break;
      case IoStatus::kBlocked:
        return Progress::kWait;
      case IoStatus::kClosed:
      case IoStatus::kError:
        return refuse(Reason::kHopRefused, "closed in the middle of its PROXY header");
    }
  }
  return header_.state() == proxy2::HeaderReader::State::kWhole
             ? Progress::kGo
             : refuse(Reason::kHopRefused, proxy2::to_string(header_.error()));
}

HopReception::Progress HopReception::judge() {
  auto verdict = judge_hop(*worker_.snapshot, stream_->peer().id, remote_.address, header_.header());
  if (verdict.view != nullptr) {
    return take(std::move(verdict));
  }
  return verdict.may_come_to_be_true && !timed_out_ ? wait_for_news(verdict.refusal)
                                                    : refuse(Reason::kHopRefused, verdict.refusal);
}

/// The gateway of another node may have heard of a pod before this one has.
HopReception::Progress HopReception::wait_for_news(std::string_view why) {
  const auto& config = worker_.snapshot->config;
  if (is_held_) {
    return Progress::kWait;
  }
  if (config.timeouts.unknown_peer.count() == 0) {
    return refuse(Reason::kHopRefused, why);
  }
  if (worker_.held_connections >= config.limits.held_connections) {
    worker_.metrics.reached(Limit::kHeldConnections);
    return refuse(Reason::kHopRefused, why);
  }
  is_held_ = true;
  worker_.held_connections += 1;
  Timer::set(worker_.loop.timers(), worker_.loop.now() + config.timeouts.unknown_peer);
  return Progress::kWait;
}

HopReception::Progress HopReception::take(HopVerdict verdict) {
  const auto& header = header_.header();
  auto captured = plan_for_pod(*verdict.view, inspect::Side::kIngress, header.destination, header.source.address,
                               worker_.kept_plans);
  if (captured.plan == nullptr) {
    return refuse(captured.refusal, captured.detail, verdict.view->pod_name());
  }
  auto place = worker_.pod_shares.take(verdict.view->calls->key(), inspect::Side::kIngress,
                                       worker_.snapshot->config.limits.connections_per_pod);
  if (!place) {
    worker_.metrics.reached(Limit::kConnectionsPerPod);
    return refuse(Reason::kPodConnectionLimit, {}, verdict.view->pod_name());
  }
  auto& tls = worker_.metrics.counters().downstream.tls;
  tls.ok += 1;
  tls.resumed += stream_->peer().resumed ? 1 : 0;
  arrived_ = std::make_unique<Arrived>(Arrived{std::move(captured.plan),
                                               std::move(verdict.view),
                                               -1,
                                               {nullptr, header.source, std::move(verdict.caller)},
                                               std::move(place)});
  arrived_->hop.stream = std::move(stream_);
  return Progress::kOver;
}

HopReception::Progress HopReception::refuse(Reason reason, std::string_view detail, std::string_view pod) {
  ConnectionEvent event;
  event.pod = pod;
  event.time = std::chrono::system_clock::now();
  event.listener = "hop";
  event.reason = reason;
  event.detail = detail;
  event.downstream_local = local_;
  event.downstream_remote = remote_;
  std::string peer;
  if (is_shaken_) {
    peer = stream_->peer().id.to_string();
    event.peer_spiffe = peer;
  }
  worker_.metrics.count(event);
  worker_.logs.audit(event);
  if (stream_) {
    stream_->shutdown_write();
  }
  return Progress::kOver;
}

}  // namespace gabion::proxy
