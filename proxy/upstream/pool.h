// Connections to destinations, kept between exchanges: one pool a worker, one group for each destination and identity.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "proxy/admin/metrics.h"
#include "proxy/upstream/connection.h"

namespace gabion::proxy {

/// Who may share a connection: the same plan, asked by the same downstream identity (policy.md I4).
struct PoolKey {
  std::string plan_key;
  std::uint64_t identity = 0;
  friend bool operator==(const PoolKey&, const PoolKey&) = default;
};

struct PoolKeyView {
  std::string_view plan_key;
  std::uint64_t identity = 0;
};

struct PoolGroup {
  std::vector<std::unique_ptr<UpstreamConnection>> idle;  ///< last used last
  std::uint32_t open = 0;                                 ///< idle and in use
  std::deque<Wakeable*> waiters;                          ///< first come first served
  std::vector<Wakeable*> called;                          ///< waiters woken for a place they have not taken yet
  std::shared_ptr<tls::SessionSlot> session;              ///< of `contexts`
  std::weak_ptr<const tls::Contexts> contexts;            ///< an address alone may come back with other contexts
  EventLoop::Clock::time_point last_used{};
  bool reachable = false;  ///< some plan of the last snapshot seen may still use it: reachable_pool_keys()
};

/// Belongs to one worker.
class UpstreamPool {
 public:
  UpstreamPool(EventLoop& loop, BufferPool& buffers, WorkerMetrics& metrics) noexcept
      : loop_(loop), buffers_(buffers), metrics_(metrics) {}
  ~UpstreamPool();
  UpstreamPool(const UpstreamPool&) = delete;
  UpstreamPool& operator=(const UpstreamPool&) = delete;

  struct Wanted {
    const UpstreamPlan& plan;
    const std::shared_ptr<const Snapshot>& snapshot;
    std::uint64_t identity;
    bool fresh_only = false;  ///< a retry after a pooled connection was found dead
  };
  /// A connection (idle, or newly started: call progress()), owned by `owner` for wakes; or null: the group is at
  /// limits.upstream_connections and `owner` waits, woken when a place is free; cancel_wait() when it gives up.
  [[nodiscard]] std::unique_ptr<UpstreamConnection> acquire(const Wanted& wanted, Wakeable& owner);
  void cancel_wait(const Wakeable& owner) noexcept;

  /// Takes an unusable connection back: it closes.
  void discard(std::unique_ptr<UpstreamConnection> connection) noexcept;
  /// Takes a connection between two exchanges back for the next one; closes it when nobody should use it again.
  void release(std::unique_ptr<UpstreamConnection> connection, const Snapshot& current);

  /// Once a second, and after a new snapshot: closes what idled too long, rests on outdated trust, or leads where no
  /// route of `current` leads or no egress rule lets anything go (policy.md §4.4).
  void sweep(const Snapshot& current);
  [[nodiscard]] std::size_t idle_count() const noexcept { return idle_count_; }
  [[nodiscard]] std::uint64_t open_count() const noexcept { return open_count_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const PoolKeyView& key) const noexcept;
    std::size_t operator()(const PoolKey& key) const noexcept {
      return (*this)(PoolKeyView{key.plan_key, key.identity});
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const PoolKey& a, const PoolKey& b) const noexcept { return a == b; }
    bool operator()(const PoolKeyView& a, const PoolKey& b) const noexcept {
      return a.identity == b.identity && a.plan_key == b.plan_key;
    }
    bool operator()(const PoolKey& a, const PoolKeyView& b) const noexcept { return (*this)(b, a); }
  };

  void follow(const Snapshot& current);
  [[nodiscard]] PoolGroup& group_for(const PoolKeyView& key);
  [[nodiscard]] std::unique_ptr<UpstreamConnection> take_idle(PoolGroup& group, Wakeable& owner);
  [[nodiscard]] std::unique_ptr<UpstreamConnection> open_new(PoolGroup& group, const Wanted& wanted, Wakeable& owner);
  void close_idle(UpstreamConnection& connection) noexcept;
  static void idle_event(void* pool, UpstreamConnection& connection);
  void wake_waiter(PoolGroup& group) noexcept;
  void wait(PoolGroup& group, Wakeable& owner);
  static void stop_waiting(PoolGroup& group, const Wakeable& owner) noexcept;

  EventLoop& loop_;
  BufferPool& buffers_;
  WorkerMetrics& metrics_;
  std::unordered_map<PoolKey, std::unique_ptr<PoolGroup>, Hash, Equal> groups_;
  std::optional<std::uint64_t> generation_;    ///< of the last snapshot seen
  std::unordered_set<std::string> reachable_;  ///< its pool keys
  std::size_t idle_count_ = 0;
  std::uint64_t open_count_ = 0;
};

[[nodiscard]] http1::DecoderLimits decoder_limits(const config::Limits& limits) noexcept;

}  // namespace gabion::proxy
