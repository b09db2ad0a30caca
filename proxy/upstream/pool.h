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
#include "proxy/upstream/http2_connection.h"

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

/// What is waited for: a connection of one's own, or a stream on any.
enum class PoolPlace : std::uint8_t { kOwn, kShared };

struct PoolWaiter {
  Wakeable* owner = nullptr;
  PoolPlace place = PoolPlace::kOwn;
};

struct PoolGroup {
  static constexpr std::uint32_t kStreamsUntilTold = 100;  // RFC 9113 §6.5.2: no server should take fewer

  std::vector<std::unique_ptr<UpstreamConnection>> idle;  ///< last used last
  std::vector<std::unique_ptr<Http2Connection>> shared;   ///< idle and in use, all of them
  std::uint32_t open = 0;                                 ///< idle and in use, shared ones too
  std::uint32_t streams_each = kStreamsUntilTold;         ///< that a shared one may carry at once
  bool speaks_http1 = false;                              ///< said by the last server that was offered both
  std::deque<PoolWaiter> waiters;                         ///< first come first served
  std::vector<Wakeable*> called;                          ///< waiters woken for a place they have not taken yet
  std::shared_ptr<tls::SessionSlot> session;              ///< of `contexts`
  std::weak_ptr<const tls::Contexts> contexts;            ///< an address alone may come back with other contexts
  EventLoop::Clock::time_point last_used{};
  bool of_one_caller = false;  ///< its connections have their caller's address: UpstreamPlan::source_is_foreign
  bool reachable = false;      ///< some plan of the last snapshot seen may still use it: reachable_pool_keys()
};

/// Belongs to one worker.
class UpstreamPool final : private Http2ConnectionOwner {
 public:
  /// `dials` (null: nobody asks) outlives it.
  UpstreamPool(EventLoop& loop, BufferPool& buffers, WorkerMetrics& metrics, DialShare* dials = nullptr) noexcept
      : loop_(loop), buffers_(buffers), metrics_(metrics), dials_(dials) {}
  ~UpstreamPool();
  UpstreamPool(const UpstreamPool&) = delete;
  UpstreamPool& operator=(const UpstreamPool&) = delete;

  struct Wanted {
    const UpstreamPlan& plan;
    const std::shared_ptr<const Snapshot>& snapshot;
    std::uint64_t identity;
    bool fresh_only = false;  ///< a retry after a pooled connection was found dead, or a protocol that shares none
    tls::Offer offer = tls::Offer::kHttp1;  ///< of a connection of one's own
    std::uint16_t caller_port = 0;          ///< of who calls, for a new hop
  };
  /// A connection (idle, or newly started: call progress()), owned by `owner` for wakes; or null: the group is at
  /// limits.upstream_connections and `owner` waits, woken when a place is free; cancel_wait() when it gives up.
  [[nodiscard]] std::unique_ptr<UpstreamConnection> acquire(const Wanted& wanted, Wakeable& owner);
  void cancel_wait(const Wakeable& owner) noexcept;

  enum class Joining : std::uint8_t {
    kJoined,
    kWaiting,  ///< as acquire() says with null
    kHttp1,    ///< not here: acquire()
  };
  /// A place for `stream` on a shared connection (an open one, or one that still connects). REQUIRES: the plan is not
  /// kHttp1.
  [[nodiscard]] Joining join(const Wanted& wanted, Http2Upstream& stream, Wakeable& owner);

  /// Takes an unusable connection back: it closes.
  void discard(std::unique_ptr<UpstreamConnection> connection) noexcept;
  /// Takes a connection between two exchanges back for the next one; closes it when nobody should use it again.
  void release(std::unique_ptr<UpstreamConnection> connection, const Snapshot& current);

  /// Once a second, and after a new snapshot: closes what idled too long, rests on outdated trust, or leads where no
  /// route of `current` leads or no egress rule lets anything go (policy.md §4.4).
  void sweep(const Snapshot& current);
  [[nodiscard]] std::size_t idle_count() const noexcept;
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
  [[nodiscard]] std::unique_ptr<UpstreamConnection> open_new(PoolGroup& group, const Wanted& wanted, tls::Offer offer);
  [[nodiscard]] bool find_place(PoolGroup& group, const Wanted& wanted, PoolPlace place, Wakeable& owner);
  [[nodiscard]] Http2Connection& open_shared(PoolGroup& group, const Wanted& wanted);
  void sweep_shared(PoolGroup& group, const Snapshot& current, std::size_t& callers_idle);
  void count_idle(const PoolGroup& group, int change) noexcept;
  [[nodiscard]] bool is_crowded(const PoolGroup& group, const config::Limits& limits) const noexcept;
  void keep_idle(PoolGroup& group, std::unique_ptr<UpstreamConnection> connection);
  void on_room(Http2Connection& connection) noexcept override;
  void on_http1(Http2Connection& connection, std::unique_ptr<UpstreamConnection> link) noexcept override;
  void on_over(Http2Connection& connection) noexcept override;
  void close_idle(UpstreamConnection& connection) noexcept;
  static void idle_event(void* pool, UpstreamConnection& connection);
  void wake_waiter(PoolGroup& group) noexcept;
  void call(std::deque<PoolWaiter>::iterator waiter, PoolGroup& group) noexcept;
  void wait(PoolGroup& group, PoolPlace place, Wakeable& owner);
  static void stop_waiting(PoolGroup& group, const Wakeable& owner) noexcept;

  EventLoop& loop_;
  BufferPool& buffers_;
  WorkerMetrics& metrics_;
  DialShare* dials_;
  std::unordered_map<PoolKey, std::unique_ptr<PoolGroup>, Hash, Equal> groups_;
  std::optional<std::uint64_t> generation_;    ///< of the last snapshot seen
  std::unordered_set<std::string> reachable_;  ///< its pool keys
  std::size_t idle_count_ = 0;
  std::size_t callers_idle_ = 0;  ///< of idle_count_, those of groups of one caller
  std::uint64_t open_count_ = 0;
};

[[nodiscard]] http1::DecoderLimits decoder_limits(const config::Limits& limits) noexcept;

}  // namespace gabion::proxy
