// Sheds a worker's load as its memory runs out: new connections, then new requests, then who holds most.
#pragma once

#include <vector>

#include "proxy/admin/json_log.h"
#include "proxy/admin/metrics.h"
#include "proxy/net/buffer.h"
#include "proxy/net/event_loop.h"
#include "proxy/overload/holders.h"
#include "proxy/overload/ladder.h"

namespace gabion::proxy {

/// Belongs to one worker. The pool tells it when memory in use passes a mark, so a byte costs nothing. Whoever takes a
/// connection or a request asks; the largest holders are ended from here, a pass at a time while that step lasts.
class OverloadGuard final : private PoolWatcher, private Wakeable, private Timer {
 public:
  OverloadGuard(EventLoop& loop, BufferPool& pool, WorkerMetrics& metrics, LogSinks& logs, std::size_t worker_index,
                const config::ProxyConfig& config);
  ~OverloadGuard();

  /// `source` outlives every turn of the loop. Without one nobody is ended.
  void set_source(HolderSource& source) noexcept { source_ = &source; }
  /// A new snapshot's limits.
  void configure(const config::ProxyConfig& config) noexcept;

  [[nodiscard]] OverloadStep step() const noexcept { return ladder_.step(); }
  [[nodiscard]] std::uint64_t limit_bytes() const noexcept { return ladder_.limit_bytes(); }
  [[nodiscard]] bool refuses_connections() const noexcept { return step() >= OverloadStep::kRefuseConnections; }
  [[nodiscard]] bool refuses_requests() const noexcept { return step() >= OverloadStep::kRefuseRequests; }

 private:
  void on_outside() noexcept override;
  void on_wake() noexcept override { end_largest(); }
  void on_expired() noexcept override { end_largest(); }
  void note_step(OverloadStep before) noexcept;
  void end_largest() noexcept;

  EventLoop& loop_;
  BufferPool& pool_;
  WorkerMetrics& metrics_;
  LogSinks& logs_;
  const std::size_t worker_index_;
  OverloadLadder ladder_;
  HolderSource* source_ = nullptr;
  std::vector<HeldMemory> held_;  // of a pass; kept for the next
};

}  // namespace gabion::proxy
