// A hash map in shards: a copy shares them all, and a change copies the one shard it touches.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

namespace gabion::config::policy {

/// Copies are cheap and independent. Reading allocates nothing; any number of threads may read one object.
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
class SharedMap {
 public:
  /// `key` is a Key, or what Hash and Equal take in its place.
  template <class Like>
  [[nodiscard]] const Value* find(const Like& key) const noexcept {
    const auto& shard = shards_[shard_of(key)];
    if (!shard) {
      return nullptr;
    }
    const auto found = shard->find(key);
    return found == shard->end() ? nullptr : &found->second;
  }

  void set(const Key& key, Value value) { own(shard_of(key)).insert_or_assign(key, std::move(value)); }
  void erase(const Key& key) {
    if (find(key) != nullptr) {
      own(shard_of(key)).erase(key);
    }
  }

  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t count = 0;
    for (const auto& shard : shards_) {
      count += shard ? shard->size() : 0;
    }
    return count;
  }

 private:
  using Shard = std::unordered_map<Key, Value, Hash, Equal>;
  static constexpr std::size_t kShards = 512;

  template <class Like>
  [[nodiscard]] static std::size_t shard_of(const Like& key) noexcept {
    const std::size_t hash = Hash{}(key);
    return (hash ^ (hash >> 17U) ^ (hash >> 41U)) % kShards;
  }

  /// The shard, copied first if another map still reads it.
  Shard& own(std::size_t index) {
    auto& shard = shards_[index];
    if (!shard) {
      shard = std::make_shared<Shard>();
    } else if (shard.use_count() > 1) {
      shard = std::make_shared<Shard>(*shard);
    }
    return *shard;
  }

  std::array<std::shared_ptr<Shard>, kShards> shards_;
};

}  // namespace gabion::config::policy
