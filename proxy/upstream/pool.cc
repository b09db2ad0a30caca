// Connections to destinations, kept between exchanges: see pool.h.
#include "proxy/upstream/pool.h"

#include <algorithm>
#include <functional>

#include "proxy/upstream/http2_half.h"

namespace gabion::proxy {

http1::DecoderLimits decoder_limits(const config::Limits& limits) noexcept {
  return {limits.request_line_bytes, limits.header_bytes, limits.header_count, limits.trailer_bytes};
}

std::size_t UpstreamPool::Hash::operator()(const PoolKeyView& key) const noexcept {
  return std::hash<std::string_view>()(key.plan_key) ^ (key.identity * 0x9e3779b97f4a7c15ULL);
}

UpstreamPool::~UpstreamPool() {
  // Groups die with their idle connections; those in use were given back or destroyed by their exchanges before.
  for (auto& [key, group] : groups_) {
    group->idle.clear();
    group->shared.clear();
  }
}

PoolGroup& UpstreamPool::group_for(const PoolKeyView& key) {
  if (const auto found = groups_.find(key); found != groups_.end()) {
    return *found->second;
  }
  PoolKey own{std::string(key.plan_key), key.identity};
  auto group = std::make_unique<PoolGroup>();
  group->reachable = is_reachable(reachable_, own.plan_key);
  return *groups_.emplace(std::move(own), std::move(group)).first->second;
}

void UpstreamPool::follow(const Snapshot& current) {
  if (generation_ == current.generation) {
    return;
  }
  generation_ = current.generation;
  reachable_ = reachable_pool_keys(current);
  for (const auto& [key, group] : groups_) {
    group->reachable = is_reachable(reachable_, key.plan_key);
  }
}

std::unique_ptr<UpstreamConnection> UpstreamPool::acquire(const Wanted& wanted, Wakeable& owner) {
  PoolGroup& group = group_for({wanted.plan.pool_key, wanted.identity});
  group.last_used = loop_.now();
  if (!wanted.fresh_only) {
    if (auto connection = take_idle(group, owner)) {
      stop_waiting(group, owner);
      metrics_.counters().pool_hits += 1;
      return connection;
    }
  }
  if (!find_place(group, wanted, PoolPlace::kOwn, owner)) {
    return nullptr;
  }
  auto connection = open_new(group, wanted, wanted.offer);
  connection->set_owner(&owner);
  return connection;
}

/// For a new connection. False: `owner` waits.
bool UpstreamPool::find_place(PoolGroup& group, const Wanted& wanted, PoolPlace place, Wakeable& owner) {
  if (group.open >= wanted.snapshot->config.limits.upstream_connections) {
    if (group.idle.empty()) {
      const auto unused = std::find_if(group.shared.begin(), group.shared.end(),
                                       [](const auto& connection) { return connection->is_idle(); });
      if (place == PoolPlace::kOwn && unused != group.shared.end()) {
        (*unused)->retire();  // its end calls who waits
      }
      wait(group, place, owner);
      return false;
    }
    close_idle(*group.idle.front());
  }
  stop_waiting(group, owner);
  metrics_.counters().pool_misses += 1;
  return true;
}

namespace {

/// Nothing was said since the last exchange. Bytes nobody asked for would be read as the next answer; an end means the
/// next request would be lost. TLS may have something of its own to say (a session ticket): that is quiet.
bool is_quiet(UpstreamConnection& connection) noexcept {
  if (connection.socket()->peer_closed()) {
    return false;
  }
  char byte = 0;
  return connection.transport().read({&byte, 1}).status == IoStatus::kBlocked;
}

}  // namespace

std::unique_ptr<UpstreamConnection> UpstreamPool::take_idle(PoolGroup& group, Wakeable& owner) {
  while (!group.idle.empty()) {
    auto connection = std::move(group.idle.back());
    group.idle.pop_back();
    count_idle(group, -1);
    if (!is_quiet(*connection)) {
      discard(std::move(connection));
      continue;
    }
    connection->on_idle_event = nullptr;
    connection->set_owner(&owner);
    return connection;
  }
  return nullptr;
}

std::unique_ptr<UpstreamConnection> UpstreamPool::open_new(PoolGroup& group, const Wanted& wanted, tls::Offer offer) {
  if (wanted.snapshot->tls != group.contexts.lock() || !group.session) {
    group.session = std::make_shared<tls::SessionSlot>();
    group.contexts = wanted.snapshot->tls;
  }
  auto connection =
      std::make_unique<UpstreamConnection>(loop_, buffers_, decoder_limits(wanted.snapshot->config.limits));
  connection->group = &group;
  group.of_one_caller = wanted.plan.source_is_foreign;  // as all plans of this key
  ++group.open;
  ++open_count_;
  metrics_.counters().upstream.opened += 1;
  connection->start(wanted.plan, wanted.snapshot, group.session, offer, dials_, wanted.caller_port);
  return connection;
}

/// Who was called and found the place gone again keeps its turn. If the place was a stream, which is no use to it, the
/// next one that waits for a stream takes it.
void UpstreamPool::wait(PoolGroup& group, PoolPlace place, Wakeable& owner) {
  if (std::erase(group.called, &owner) != 0) {
    group.waiters.push_front({&owner, place});
    const auto next = std::find_if(group.waiters.begin(), group.waiters.end(),
                                   [](const PoolWaiter& waiter) { return waiter.place == PoolPlace::kShared; });
    if (place == PoolPlace::kOwn && next != group.waiters.end()) {
      call(next, group);
    }
  } else if (std::none_of(group.waiters.begin(), group.waiters.end(),
                          [&](const PoolWaiter& waiter) { return waiter.owner == &owner; })) {
    group.waiters.push_back({&owner, place});
    metrics_.reached(Limit::kUpstreamConnections);
  }
}

/// An owner woken by something else may find a place before its turn: nothing may point to it afterwards.
void UpstreamPool::stop_waiting(PoolGroup& group, const Wakeable& owner) noexcept {
  std::erase(group.called, &owner);
  std::erase_if(group.waiters, [&](const PoolWaiter& waiter) { return waiter.owner == &owner; });
}

void UpstreamPool::cancel_wait(const Wakeable& owner) noexcept {
  for (auto& [key, group] : groups_) {
    std::erase_if(group->waiters, [&](const PoolWaiter& waiter) { return waiter.owner == &owner; });
    if (std::erase(group->called, &owner) != 0) {
      wake_waiter(*group);  // the place it was called for is the next one's
    }
  }
}

void UpstreamPool::wake_waiter(PoolGroup& group) noexcept {
  if (!group.waiters.empty()) {
    call(group.waiters.begin(), group);
  }
}

void UpstreamPool::call(std::deque<PoolWaiter>::iterator waiter, PoolGroup& group) noexcept {
  Wakeable* owner = waiter->owner;
  group.waiters.erase(waiter);
  group.called.push_back(owner);
  loop_.wake(*owner);
}

void UpstreamPool::discard(std::unique_ptr<UpstreamConnection> connection) noexcept {
  PoolGroup& group = *connection->group;
  --group.open;
  --open_count_;
  metrics_.counters().upstream.closed += 1;
  connection.reset();
  wake_waiter(group);
}

void UpstreamPool::release(std::unique_ptr<UpstreamConnection> connection, const Snapshot& current) {
  follow(current);
  PoolGroup& group = *connection->group;
  const bool old_contexts = connection->tls() != nullptr && &connection->tls()->contexts() != current.tls.get();
  if (connection->socket()->peer_closed() || old_contexts || !group.reachable) {
    discard(std::move(connection));
    return;
  }
  if (is_crowded(group, current.config.limits)) {
    metrics_.reached(Limit::kIdleUpstreamConnections);
    discard(std::move(connection));
    return;
  }
  connection->in.drop();
  connection->decoder.release();
  connection->reused = true;
  keep_idle(group, std::move(connection));
}

/// Where each caller has a group of its own, a group's limit alone would bound nothing.
bool UpstreamPool::is_crowded(const PoolGroup& group, const config::Limits& limits) const noexcept {
  return group.idle.size() >= limits.idle_upstream_connections ||
         (group.of_one_caller && callers_idle_ >= limits.upstream_connections);
}

void UpstreamPool::count_idle(const PoolGroup& group, int change) noexcept {
  idle_count_ += static_cast<std::size_t>(change);
  callers_idle_ += group.of_one_caller ? static_cast<std::size_t>(change) : 0;
}

void UpstreamPool::keep_idle(PoolGroup& group, std::unique_ptr<UpstreamConnection> connection) {
  connection->idle_since = loop_.now();
  connection->pool = this;
  connection->on_idle_event = &UpstreamPool::idle_event;
  connection->set_owner(connection.get());
  group.last_used = loop_.now();
  group.idle.push_back(std::move(connection));
  count_idle(group, 1);
  wake_waiter(group);
}

void UpstreamPool::idle_event(void* pool, UpstreamConnection& connection) {
  if (!is_quiet(connection)) {
    static_cast<UpstreamPool*>(pool)->close_idle(connection);
  }
}

void UpstreamPool::close_idle(UpstreamConnection& connection) noexcept {
  auto& idle = connection.group->idle;
  const auto found =
      std::find_if(idle.begin(), idle.end(), [&](const auto& owned) { return owned.get() == &connection; });
  if (found == idle.end()) {
    return;
  }
  auto owned = std::move(*found);
  idle.erase(found);
  count_idle(*connection.group, -1);
  owned->transport().shutdown_write();  // the service shall not read it as a cut
  discard(std::move(owned));
}

std::size_t UpstreamPool::idle_count() const noexcept {
  std::size_t count = idle_count_;
  for (const auto& [key, group] : groups_) {
    count += static_cast<std::size_t>(std::count_if(group->shared.begin(), group->shared.end(),
                                                    [](const auto& connection) { return connection->is_idle(); }));
  }
  return count;
}

void UpstreamPool::sweep(const Snapshot& current) {
  follow(current);
  const auto now = loop_.now();
  std::size_t callers_idle = callers_idle_;
  const auto wall = std::chrono::system_clock::now();
  for (auto group = groups_.begin(); group != groups_.end();) {
    auto& idle = group->second->idle;
    for (std::size_t i = idle.size(); i-- > 0;) {
      tls::TlsStream* tls = idle[i]->tls();
      const bool outdated = tls != nullptr && (&tls->contexts() != current.tls.get() || tls->peer().expires <= wall);
      if (outdated || !group->second->reachable || now - idle[i]->idle_since >= current.config.timeouts.upstream_idle) {
        close_idle(*idle[i]);
      }
    }
    sweep_shared(*group->second, current, callers_idle);
    const PoolGroup& swept = *group->second;
    const bool unused = swept.open == 0 && swept.shared.empty() && swept.waiters.empty() && swept.called.empty() &&
                        (swept.of_one_caller || now - swept.last_used >= current.config.timeouts.upstream_idle);
    group = unused ? groups_.erase(group) : std::next(group);
  }
}

}  // namespace gabion::proxy
