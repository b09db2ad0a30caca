// How a connection ends: by the client, by lost trust or permission, by a stop. See connection.h.
#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "proxy/capture/captured_plan.h"
#include "proxy/gateway/hop_claim.h"
#include "proxy/session/connection.h"

namespace gabion::proxy {
namespace {

constexpr auto kLingerTime = std::chrono::seconds(30);   // for the client to read our last answer
constexpr auto kLingerQuiet = std::chrono::seconds(2);   // without a byte from it
constexpr std::size_t kLingerBytesPerTurn = 256 * 1024;  // then others have their turn

}  // namespace

void Connection::begin_lingering() {
  linger_ = true;
  timed_out_ = false;
  http1_.in.drop();
  http1_.out.release();
  exchange_.release();
  client_.transport->shutdown_write();
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
  Socket& socket = client_.transport->socket();
  const auto result = socket.discard(kLingerBytesPerTurn);
  if (result.status != IoStatus::kOk) {
    return result.status == IoStatus::kBlocked;
  }
  arm(now + kLingerQuiet);
  if (socket.readable()) {
    worker_.loop.wake_later(*this);
  }
  return true;
}

void Connection::revalidate(std::chrono::system_clock::time_point now, bool new_snapshot) {
  const tls::TlsStream* const proof = hop_ == nullptr ? tls_ : hop_;
  if (client_.identity != nullptr && proof != nullptr) {
    const auto& peer = proof->peer();
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
  if (new_snapshot && (peer_is_gone() || pod_is_gone())) {
    cut(Reason::kPeerGone);
    return;
  }
  if (new_snapshot && hop_ != nullptr && !is_gateway(*worker_.snapshot, proof->peer().id)) {
    cut(Reason::kHopRefused);
    return;
  }
  if (link_) {
    link_->revalidate(now, new_snapshot);
  }
  if (postgres_) {
    postgres_->revalidate(now, new_snapshot);
  }
  if (tcp_) {
    const PlanRef plan =
        new_snapshot ? current_plan(*worker_.newest_of(down_.snapshot), *down_.plan, worker_.kept_plans) : nullptr;
    const bool fits = plan != nullptr && plan->side == side_;  // else refresh_snapshot() ends it
    const auto target = fits ? std::optional(target_of(*plan)) : std::nullopt;
    tcp_->revalidate(now, target ? &*target : nullptr);
  }
  if (!exchange_.running()) {
    if (new_snapshot && entered_) {
      follow_snapshot();
    } else if (new_snapshot && held_) {
      worker_.loop.wake(*this);
    }
    return;
  }
  if (!exchange_.upstream_trusted(*worker_.snapshot, now)) {
    exchange_.abort(Reason::kRootRemoved);
    worker_.loop.wake(*this);
  } else if (new_snapshot && !exchange_.still_allowed(*worker_.newest_of(down_.snapshot))) {
    exchange_.abort(Reason::kPolicyChanged);
    worker_.loop.wake(*this);
  }
}

/// Its address is nobody's now, or another pod's, which must not inherit the connection (policy I1).
bool Connection::peer_is_gone() const noexcept {
  return peer_pod_ != nullptr &&
         !worker_.newest_of(down_.snapshot)->inspection->policy().is_still_at(*peer_pod_, client_.remote.address);
}

/// Of a gateway: the pod whose connection this is has left the node, or its address is another's.
bool Connection::pod_is_gone() const noexcept {
  if (down_.snapshot->calls == nullptr) {
    return false;
  }
  const auto& address = side_ == inspect::Side::kIngress ? client_.local.address : client_.remote.address;
  const auto& pods = worker_.snapshot->pods;
  if (pods == nullptr) {
    return true;
  }
  const auto found = pods->by_address.find(address);
  return found == pods->by_address.end() || found->second->calls->key() != down_.snapshot->calls->key();
}

/// A quiet connection keeps no old snapshot alive, and ends if the new one has no place for it.
void Connection::follow_snapshot() {
  if (doom_ == Reason::kNone && !refresh_snapshot()) {
    doom_ = Reason::kPolicyChanged;
    worker_.loop.wake(*this);
  }
  down_.inspection.forget_snapshot();
}

ConnectionSummary Connection::summary() {
  std::vector<HeldMemory> streams;
  if (link_) {
    link_->list_holders(streams);
  }
  const std::uint64_t held_bytes =
      std::accumulate(streams.begin(), streams.end(), own_held_bytes(),
                      [](std::uint64_t sum, const HeldMemory& stream) { return sum + stream.bytes; });
  return {down_.plan->name, client_.remote, client_.peer_spiffe, client_.requests, held_bytes, busy()};
}

std::uint64_t Connection::own_held_bytes() const noexcept {
  return http1_.held_bytes() + (exchange_.running() ? exchange_.held_bytes() : 0) +
         (postgres_ ? postgres_->held_bytes() : 0) + (tcp_ ? tcp_->held_bytes() : 0);
}

/// What the connection of HTTP/2 holds by itself is little, and many rest on it: its exchanges are ended first. Where
/// none of them holds much, what its client does not read is the connection's.
void Connection::list_holders(std::vector<HeldMemory>& held) {
  const std::size_t before = held.size();
  if (link_) {
    link_->list_holders(held);
  }
  const bool is_stuck = link_ != nullptr && !http1_.out.empty() && http1_.out.capacity() >= kLeastHeldBytes &&
                        std::none_of(held.begin() + static_cast<std::ptrdiff_t>(before), held.end(),
                                     [](const HeldMemory& stream) { return stream.bytes >= kLeastHeldBytes; });
  if (const auto own = own_held_bytes(); own != 0 && (held.size() == before || is_stuck)) {
    const auto moved_at = exchange_.running() ? exchange_.moved_at()
                          : postgres_         ? postgres_->moved_at()
                          : tcp_              ? tcp_->moved_at()
                                              : since_;
    held.push_back({this, own, moved_at});
  }
}

bool Connection::end_for_memory(std::uint64_t held_bytes) noexcept {
  if (!exchange_.running()) {
    const bool is_first = doom_ == Reason::kNone;
    cut(Reason::kOverloadEnded);
    return is_first;
  }
  worker_.loop.wake(*this);
  return exchange_.end_for_memory(held_bytes);
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
  event.pod = down_.snapshot->pod_name();
  event.listener = down_.plan->name;
  event.reason = reason;
  event.detail = detail;
  event.downstream_local = client_.local;
  event.downstream_remote = client_.remote;
  event.peer_spiffe = client_.peer_spiffe;
  worker_.metrics.count(event);
  if (reason != Reason::kIdleTimeout) {
    worker_.logs.audit(event);
  }
}

}  // namespace gabion::proxy
