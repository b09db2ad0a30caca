// One thread with its own loop, listeners, connections, pool and counters: see worker.h.
#include "proxy/worker.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <future>

#include "proxy/capture/capture_plans.h"
#include "proxy/capture/captured_plan.h"
#include "proxy/gateway/pod_connection.h"
#include "proxy/net/original_dst.h"

namespace gabion::proxy {
namespace {

constexpr auto kSweepInterval = std::chrono::seconds(1);  // mesh.md P8: what lost its reason ends within a second

std::string_view name_of_captured(inspect::Side side) noexcept {
  return side == inspect::Side::kIngress ? kCaptureInbound : kCaptureOutbound;
}

}  // namespace

config::Result<std::unique_ptr<Worker>> Worker::create(LogSinks& logs, std::size_t index, SharedByWorkers shared,
                                                       std::shared_ptr<const Snapshot> snapshot) {
  auto loop = EventLoop::create();
  if (loop.has_error()) {
    return loop.error();
  }
  std::unique_ptr<Worker> worker(new Worker(std::move(*loop), logs, index, std::move(shared), std::move(snapshot)));
  if (const auto ready = worker->state_.snapshot->inspection->prepare(worker->state_.scratch); ready.has_error()) {
    return ready.error();
  }
  return worker;
}

Worker::Worker(std::unique_ptr<EventLoop> loop, LogSinks& logs, std::size_t index, SharedByWorkers shared,
               std::shared_ptr<const Snapshot> snapshot)
    : loop_(std::move(loop)), state_(*loop_, logs, index, std::move(shared), std::move(snapshot)) {
  state_.overload.set_source(*this);
}

Worker::~Worker() {
  loop_->post([this] { loop_->stop(); });
  if (thread_.joinable()) {
    thread_.join();
  }
  listeners_.clear();
  receptions_.clear();
  connections_.clear();  // their exchanges give upstream connections back to the pool, which still lives
}

config::Result<void> Worker::start() {
  std::promise<config::Result<void>> ready;
  auto answer = ready.get_future();
  thread_ = std::thread([this, ready = std::move(ready)]() mutable {
    auto prepared = prepare(*state_.snapshot);
    const bool goes = prepared.has_value();
    ready.set_value(std::move(prepared));
    if (!goes) {
      return;
    }
    Timer::set(loop_->timers(), loop_->now() + kSweepInterval);
    loop_->run();
  });
  return answer.get();
}

/// Before anybody needs it: what cannot be made is no snapshot's to rest on.
config::Result<void> Worker::prepare(const Snapshot& snapshot) {
  if (const auto ready = snapshot.inspection->prepare(state_.scratch); ready.has_error()) {
    return ready.error();
  }
  if (config::speaks_sql(snapshot.config) && state_.sql_judges() == nullptr) {
    return config::Error{"no judge for SQL", ""};
  }
  return {};
}

void Worker::install(std::shared_ptr<const Snapshot> snapshot, ListenerFds added) {
  loop_->post([this, snapshot = std::move(snapshot), added = std::move(added)] { swap_snapshot(snapshot, added); });
}

void Worker::reserve(std::shared_ptr<const Snapshot> snapshot, std::function<void(std::optional<config::Error>)> done) {
  loop_->post([this, snapshot = std::move(snapshot), done = std::move(done)] {
    // The scratch only grows: what the present snapshot needs of it stays.
    const auto ready = prepare(*snapshot);
    done(ready.has_error() ? std::optional(ready.error()) : std::nullopt);
  });
}

void Worker::swap_snapshot(std::shared_ptr<const Snapshot> snapshot, const ListenerFds& added) {
  const bool first = listeners_.empty() && connections_.empty();
  state_.snapshot = std::move(snapshot);
  state_.known = known_endpoints(*state_.snapshot);
  state_.kept_plans.forget();
  state_.overload.configure(state_.snapshot->config);
  std::erase_if(listeners_,
                [&](const auto& listener) { return state_.snapshot->socket_at(listener->endpoint()) == nullptr; });
  for (const auto& [endpoint, fd] : added) {
    open_listener_at(endpoint, fd);
  }
  if (!first) {
    revalidate_all(true);
  }
  for (const auto& reception : receptions_) {
    reception->on_news();
  }
}

/// A reload during a drain opens nothing on a side that is already closed.
void Worker::open_listener_at(const config::Endpoint& endpoint, int fd) {
  const ListeningSocket* socket = state_.snapshot->socket_at(endpoint);
  const bool closed = socket == nullptr || state_.drain == DrainStep::kAll ||
                      (state_.drain == DrainStep::kInbound && socket->side == inspect::Side::kIngress);
  if (closed) {
    ::close(fd);
    return;
  }
  Acceptor& acceptor = *this;
  listeners_.push_back(std::make_unique<Listener>(*loop_, acceptor, endpoint, fd));
}

void Worker::revalidate_all(bool new_snapshot) {
  const auto now = std::chrono::system_clock::now();
  for (const auto& connection : connections_) {
    connection->revalidate(now, new_snapshot);
  }
  state_.pool.sweep(*state_.snapshot);
  state_.endpoints.keep_only(state_.known.endpoints, state_.known.services);
}

void Worker::on_expired() noexcept {
  revalidate_all(false);
  Timer::set(loop_->timers(), loop_->now() + kSweepInterval);
}

void Worker::on_accepted(const config::Endpoint& listen, int fd) noexcept {
  state_.metrics.counters().accepted += 1;
  const ListeningSocket* socket = state_.snapshot->socket_at(listen);
  if (socket == nullptr) {
    ::close(fd);
    return;
  }
  if (socket->arrival == config::Arrival::kHop) {
    receive_hop(fd);
    return;
  }
  auto arrived = arrive(*socket, fd);
  if (!arrived) {
    return;
  }
  if (const Reason refusal = refusal_of_connection(); refusal != Reason::kNone) {
    refuse(arrived->plan->name, fd, refusal);
    return;
  }
  keep(*std::move(arrived));
}

void Worker::keep(Arrived arrived) {
  ConnectionOwner& owner = *this;
  auto connection = std::make_unique<Connection>(state_, owner, std::move(arrived));
  connection->index_in_owner = connections_.size();
  count_of(connection->side()).fetch_add(1, std::memory_order_relaxed);
  connections_.push_back(std::move(connection));
  connections_.back()->start();
}

void Worker::receive_hop(int fd) {
  const config::IpAddress from = remote_endpoint(fd).address;
  if (const std::string_view why = refusal_of_hop(from); !why.empty()) {
    refuse("hop", fd, Reason::kHopRefused, why);
    return;
  }
  if (const Reason refusal = refusal_of_connection(); refusal != Reason::kNone) {
    refuse("hop", fd, refusal);
    return;
  }
  HopReceptionOwner& owner = *this;
  auto reception = std::make_unique<HopReception>(state_, owner, fd);
  pending_hops_[reception->from()] += 1;
  reception->index_in_owner = receptions_.size();
  receptions_.push_back(std::move(reception));
  count_of(inspect::Side::kIngress).fetch_add(1, std::memory_order_relaxed);
  receptions_.back()->start();
}

/// Who calls from nowhere that a gateway is, or leaves many handshakes unfinished, takes no place from others. Empty:
/// it may shake hands.
std::string_view Worker::refusal_of_hop(const config::IpAddress& from) noexcept {
  if (state_.snapshot->inspection->node()->inventory->node_at(from).empty()) {
    return kNoNodesAddress;
  }
  const auto pending = pending_hops_.find(from);
  if (pending != pending_hops_.end() && pending->second >= state_.snapshot->config.gateway->pending_hops) {
    state_.metrics.reached(Limit::kPendingHops);
    return "too many of this address are shaking hands";
  }
  return {};
}

void Worker::on_received(HopReception& reception, std::unique_ptr<Arrived> arrived) noexcept {
  if (const auto pending = pending_hops_.find(reception.from()); --pending->second == 0) {
    pending_hops_.erase(pending);
  }
  const std::size_t index = reception.index_in_owner;
  std::swap(receptions_[index], receptions_.back());
  receptions_[index]->index_in_owner = index;
  receptions_.pop_back();
  if (arrived) {
    keep(std::move(*arrived));
  }
  count_of(inspect::Side::kIngress).fetch_sub(1, std::memory_order_relaxed);  // now it counts as a connection
}

/// Nothing: refused, and `fd` closed.
std::optional<Arrived> Worker::arrive(const ListeningSocket& socket, int fd) {
  if (socket.arrival == config::Arrival::kDialled) {
    PlanRef plan{std::shared_ptr<void>(), state_.snapshot->listener_at(socket.listen)};
    return Arrived{std::move(plan), state_.snapshot, fd};
  }
  return arrive_captured(socket, fd);
}

std::optional<Arrived> Worker::arrive_captured(const ListeningSocket& socket, int fd) {
  if (state_.snapshot->pods != nullptr) {
    return arrive_at_pod(socket, fd);
  }
  const auto call = captured_call(socket, fd);
  if (is_own_call(socket, fd, call.original)) {
    refuse(kCaptureOutbound, fd, Reason::kLoopRefused, "our own call: the rules exempt another uid than this one");
    return std::nullopt;
  }
  auto captured = plan_captured(*state_.snapshot, socket.side, call, state_.kept_plans);
  if (captured.plan == nullptr) {
    refuse(name_of_captured(socket.side), fd, captured.refusal, captured.detail);
    return std::nullopt;
  }
  return Arrived{std::move(captured.plan), state_.snapshot, fd};
}

/// A pod of a gateway's.
std::optional<Arrived> Worker::arrive_at_pod(const ListeningSocket& socket, int fd) {
  auto found =
      find_pod(*state_.snapshot, socket.side, local_endpoint(fd), remote_endpoint(fd).address, state_.kept_plans);
  const std::string_view pod = found.view == nullptr ? std::string_view() : found.view->pod_name();
  if (found.plan == nullptr) {
    refuse(name_of_captured(socket.side), fd, found.refusal, found.detail, pod);
    return std::nullopt;
  }
  auto place =
      state_.pod_shares.take(found.view->calls->key(), socket.side, state_.snapshot->config.limits.connections_per_pod);
  if (!place) {
    state_.metrics.reached(Limit::kConnectionsPerPod);
    refuse(name_of_captured(socket.side), fd, Reason::kPodConnectionLimit, {}, pod);
    return std::nullopt;
  }
  return Arrived{std::move(found.plan), std::move(found.view), fd, {}, std::move(place)};
}

/// What we call out is not to be captured again: it would go round. (A call to our own pod is, on its way in.)
bool Worker::is_own_call(const ListeningSocket& socket, int fd, const config::Endpoint& original) const {
  return socket.side == inspect::Side::kEgress && state_.dials->has(remote_endpoint(fd), original);
}

/// Counted. kNone: there is room for one more.
Reason Worker::refusal_of_connection() noexcept {
  if (connections_.size() + receptions_.size() >= state_.snapshot->config.limits.connections) {
    state_.metrics.reached(Limit::kConnections);
    return Reason::kConnectionLimit;
  }
  if (state_.overload.refuses_connections()) {
    state_.metrics.reached(Limit::kInFlightBytes);
    state_.metrics.counters().overload_refused_connections += 1;
    return Reason::kOverloadRefused;
  }
  return Reason::kNone;
}

void Worker::list_holders(std::vector<HeldMemory>& held) {
  for (const auto& connection : connections_) {
    connection->list_holders(held);
  }
}

void Worker::refuse(std::string_view listener, int fd, Reason reason, std::string_view detail,
                    std::string_view pod) noexcept {
  ConnectionEvent event;
  event.time = std::chrono::system_clock::now();
  event.pod = pod;
  event.listener = listener;
  event.reason = reason;
  event.detail = detail;
  event.downstream_local = original_destination(fd).value_or(local_endpoint(fd));
  event.downstream_remote = remote_endpoint(fd);
  state_.metrics.count(event);
  state_.logs.audit(event);
  ::close(fd);
}

void Worker::on_accept_failed(int error) noexcept {
  state_.metrics.reached(Limit::kConnections);
  state_.logs.log(config::LogLevel::kError, "accept failed", {{"error", std::strerror(error)}});
}

void Worker::on_finished(Connection& connection) noexcept {
  count_of(connection.side()).fetch_sub(1, std::memory_order_relaxed);
  const std::size_t index = connection.index_in_owner;
  std::swap(connections_[index], connections_.back());
  connections_[index]->index_in_owner = index;
  connections_.pop_back();
}

void Worker::drain(DrainStep step) {
  loop_->post([this, step] { step_drain(step); });
}

void Worker::step_drain(DrainStep step) {
  state_.drain = step;
  if (step == DrainStep::kInbound || step == DrainStep::kAll) {
    close_listeners(inspect::Side::kIngress);
  }
  if (step == DrainStep::kAll) {
    close_listeners(inspect::Side::kEgress);
  }
  for (const auto& connection : connections_) {
    connection->on_drain();
  }
}

void Worker::close_listeners(inspect::Side side) {
  for (const auto& listener : listeners_) {
    listener->accept_rest();  // closing would reset who already waits in the backlog
  }
  std::erase_if(listeners_, [&](const auto& listener) {
    const auto* socket = state_.snapshot->socket_at(listener->endpoint());
    return socket == nullptr || socket->side == side;
  });
}

void Worker::cut(Reason reason, std::function<void(std::uint32_t)> done) {
  loop_->post([this, reason, done = std::move(done)] {
    std::uint32_t busy = 0;
    for (const auto& connection : connections_) {
      busy += connection->busy() ? 1 : 0;
      connection->cut(reason);
    }
    done(busy);
  });
}

void Worker::list(std::size_t limit, std::function<void(std::vector<ConnectionSummary>)> take) {
  loop_->post([this, limit, take = std::move(take)] {
    std::vector<ConnectionSummary> summaries;
    for (std::size_t i = 0; i < std::min(limit, connections_.size()); ++i) {
      summaries.push_back(connections_[i]->summary());
    }
    take(std::move(summaries));
  });
}

void Worker::list_ejected(std::function<void(std::vector<config::Endpoint>)> take) {
  loop_->post([this, take = std::move(take)] { take(state_.endpoints.ejected()); });
}

void Worker::sample(std::function<void(MetricsSample)> take) {
  loop_->post([this, take = std::move(take)] {
    auto& counters = state_.metrics.counters();
    counters.loop_iterations = loop_->turns();
    counters.buffered_bytes = state_.buffers.in_use_bytes();
    counters.memory_limit_bytes = state_.overload.limit_bytes();
    counters.overload_step = state_.overload.step();
    counters.idle_upstream = state_.pool.idle_count();
    counters.endpoints = state_.endpoints.counters();
    counters.ejected_endpoints = state_.endpoints.ejected_count();
    counters.evicted_scans = state_.scratch.evicted_scans();
    take(state_.metrics.sample());
  });
}

}  // namespace gabion::proxy
