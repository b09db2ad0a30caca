// How many connections of a worker each of a gateway's pods has: none may take them all.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "inspect/policy/decide.h"

namespace gabion::proxy {

/// Belongs to one worker, and outlives its connections. No larger than the pods that have connections.
class PodShares {
 public:
  /// One connection of a pod, given back with it.
  class Place {
   public:
    Place(Place&& from) noexcept : shares_(std::exchange(from.shares_, nullptr)), pod_(from.pod_), side_(from.side_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (shares_ != nullptr) {
        shares_->leave(*pod_, side_);
      }
    }

   private:
    friend class PodShares;
    using Counts = std::array<std::uint32_t, 2>;  ///< by side
    using Pod = std::pair<const std::string, Counts>;
    Place(PodShares& shares, Pod& pod, std::size_t side) noexcept : shares_(&shares), pod_(&pod), side_(side) {}

    PodShares* shares_;
    Pod* pod_;
    std::size_t side_;
  };

  /// `pod` is PodCalls::key(). Nothing: it has `most` on that side.
  [[nodiscard]] std::optional<Place> take(const std::string& pod, inspect::Side side, std::uint32_t most) {
    auto& entry = *pods_.try_emplace(pod).first;
    const std::size_t index = side == inspect::Side::kIngress ? 0 : 1;
    if (entry.second[index] >= most) {
      return std::nullopt;
    }
    entry.second[index] += 1;
    return Place(*this, entry, index);
  }

  [[nodiscard]] std::size_t pods() const noexcept { return pods_.size(); }

 private:
  void leave(Place::Pod& pod, std::size_t side) {
    pod.second[side] -= 1;
    if (pod.second[0] == 0 && pod.second[1] == 0) {
      pods_.erase(pods_.find(pod.first));
    }
  }

  std::unordered_map<std::string, Place::Counts> pods_;
};

}  // namespace gabion::proxy
