// What calls of a gateway's pods to services are served under: endpoints are planned once, not for each call.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "proxy/admin/metrics.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

/// Plans of one worker, for one generation of snapshots. Holds at most limits.planned_endpoints: a plan counts
/// as many as it has endpoints, and one more; beyond that the one that was asked for longest ago goes, counted as
/// Limit::kPlannedEndpoints. (Whoever is served under it keeps it.)
class KeptPlans {
 public:
  /// `metrics` must outlive this.
  explicit KeptPlans(WorkerMetrics& metrics) noexcept : metrics_(metrics) {}

  /// For a call to `original` judged by `view`; null: none is kept.
  [[nodiscard]] std::shared_ptr<const ListenerPlan> find(const Snapshot& view, const config::Endpoint& original);
  /// `plan` was made of `view`, for `original`. One of an older generation, or larger than the limit, is not kept.
  void keep(const Snapshot& view, const config::Endpoint& original, std::shared_ptr<const ListenerPlan> plan);
  /// All of them. What a newer generation asks for does it too; this does it at once.
  void forget() noexcept;

  [[nodiscard]] std::uint64_t endpoints() const noexcept { return endpoints_; }

 private:
  /// By address of the view: views of one generation live as long as it is in force, and none is made meanwhile.
  struct Key {
    const Snapshot* view = nullptr;
    config::Endpoint original;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    [[nodiscard]] std::size_t operator()(const Key& key) const noexcept;
  };
  struct Kept {
    Key key;
    std::shared_ptr<const ListenerPlan> plan;
    std::uint64_t endpoints = 0;
  };

  [[nodiscard]] bool follow(const Snapshot& view) noexcept;
  void make_room(std::uint64_t endpoints, std::uint64_t most) noexcept;

  WorkerMetrics& metrics_;
  std::uint64_t generation_ = 0;
  std::uint64_t endpoints_ = 0;
  std::list<Kept> kept_;  ///< the one asked for last first
  std::unordered_map<Key, std::list<Kept>::iterator, KeyHash> by_key_;
};

}  // namespace gabion::proxy
