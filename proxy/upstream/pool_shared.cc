// Connections that many exchanges share: how one is found, opened and given up. See pool.h.
#include <algorithm>

#include "proxy/upstream/http2_half.h"
#include "proxy/upstream/pool.h"

namespace gabion::proxy {
namespace {

http2::SessionLimits session_limits(const config::Limits& limits) noexcept {
  http2::SessionLimits found;
  found.header_bytes = limits.header_bytes;
  found.header_count = limits.header_count + 1;  // :status
  found.trailer_bytes = limits.trailer_bytes;
  return found;
}

}  // namespace

UpstreamPool::Joining UpstreamPool::join(const Wanted& wanted, Http2Upstream& stream, Wakeable& owner) {
  PoolGroup& group = group_for({wanted.plan.pool_key, wanted.identity});
  group.last_used = loop_.now();
  if (group.open == 0) {
    group.speaks_http1 = false;  // another server may answer the next time
    group.streams_each = PoolGroup::kStreamsUntilTold;
  }
  if (group.speaks_http1) {
    return Joining::kHttp1;
  }
  for (const auto& connection : group.shared) {
    if (connection->has_room()) {
      stop_waiting(group, owner);
      metrics_.counters().pool_hits += 1;
      connection->attach(stream);
      return Joining::kJoined;
    }
  }
  if (!find_place(group, wanted, PoolPlace::kShared, owner)) {
    return Joining::kWaiting;
  }
  open_shared(group, wanted).attach(stream);
  return Joining::kJoined;
}

Http2Connection& UpstreamPool::open_shared(PoolGroup& group, const Wanted& wanted) {
  const bool declared = wanted.plan.protocol == config::UpstreamProtocol::kHttp2;
  auto link = open_new(group, wanted, declared ? tls::Offer::kHttp2 : tls::Offer::kEither);
  Http2ConnectionOwner& owner = *this;
  auto connection = std::make_unique<Http2Connection>(
      loop_, buffers_, metrics_, owner, std::move(link),
      declared ? Http2Connection::Negotiation::kDeclared : Http2Connection::Negotiation::kOffered,
      session_limits(wanted.snapshot->config.limits), group.streams_each);
  connection->group = &group;
  group.shared.push_back(std::move(connection));
  return *group.shared.back();
}

/// As many are called as there is room for.
void UpstreamPool::on_room(Http2Connection& connection) noexcept {
  PoolGroup& group = *connection.group;
  group.streams_each = std::max(1U, connection.most_streams());
  for (std::size_t calls = std::min(connection.room(), group.waiters.size()); calls != 0; --calls) {
    wake_waiter(group);
  }
}

void UpstreamPool::on_http1(Http2Connection& connection, std::unique_ptr<UpstreamConnection> link) noexcept {
  connection.group->speaks_http1 = true;
  keep_idle(*connection.group, std::move(link));
}

void UpstreamPool::on_over(Http2Connection& connection) noexcept {
  PoolGroup& group = *connection.group;
  const bool has_link = connection.stage() != Http2Connection::Stage::kElsewhere;
  std::erase_if(group.shared, [&](const auto& owned) { return owned.get() == &connection; });
  if (has_link) {
    --group.open;
    --open_count_;
    metrics_.counters().upstream.closed += 1;
    wake_waiter(group);
  }
}

/// Streams that are under way go on: their exchanges end by themselves what may not.
/// `callers_idle` counts what is idle in groups of one caller, in this sweep.
void UpstreamPool::sweep_shared(PoolGroup& group, const Snapshot& current, std::size_t& callers_idle) {
  const auto wall = std::chrono::system_clock::now();
  for (const auto& connection : group.shared) {
    const tls::TlsStream* tls = connection->tls();
    const bool outdated =
        tls != nullptr && (&tls->contexts() != current.tls.get() ||
                           (connection->stage() == Http2Connection::Stage::kOpen && tls->peer().expires <= wall));
    const bool unused =
        connection->is_idle() && loop_.now() - connection->idle_since() >= current.config.timeouts.upstream_idle;
    callers_idle += group.of_one_caller && connection->is_idle() ? 1 : 0;
    const bool crowded =
        group.of_one_caller && connection->is_idle() && callers_idle > current.config.limits.upstream_connections;
    if (outdated || unused || crowded || !group.reachable) {
      connection->retire();
    }
  }
}

}  // namespace gabion::proxy
