// The calls that this process itself has under way, so that one which rules lead back to it is known as its own.
#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "config/ip_address.h"
#include "config/result.h"

namespace gabion::proxy {

/// Both ends of a TCP connection as its caller sees them. No two connections of a network namespace have the same.
struct DialledEnds {
  config::Endpoint source;
  config::Endpoint destination;
  friend bool operator==(const DialledEnds&, const DialledEnds&) = default;
};

/// Calls of one worker. Thread-safe: the worker dials, all workers ask.
class DialShare {
 public:
  /// Remembers a call for as long as it lives; moves, does not copy. The share outlives it. Empty: nothing.
  class Entry {
   public:
    Entry() noexcept = default;
    Entry(Entry&& other) noexcept { swap(other); }
    Entry& operator=(Entry&& other) noexcept {
      Entry taken(std::move(other));
      swap(taken);
      return *this;
    }
    ~Entry();

   private:
    friend class DialShare;
    void swap(Entry& other) noexcept {
      std::swap(share_, other.share_);
      std::swap(ends_, other.ends_);
    }
    DialShare* share_ = nullptr;
    DialledEnds ends_;
  };
  struct Dialled {
    int fd = -1;
    Entry entry;
  };

  DialShare() = default;
  DialShare(const DialShare&) = delete;
  DialShare& operator=(const DialShare&) = delete;

  /// As start_connect(). Over loopback the call may be accepted before connect() returns: whoever asks meanwhile waits.
  [[nodiscard]] config::Result<Dialled> connect(const config::Endpoint& destination, const config::IpAddress* source);
  [[nodiscard]] bool has(const DialledEnds& ends) const;

 private:
  struct Hash {
    [[nodiscard]] std::size_t operator()(const DialledEnds& ends) const noexcept;
  };
  void forget(const DialledEnds& ends) noexcept;

  mutable std::mutex mutex_;
  std::unordered_set<DialledEnds, Hash> calls_;  // guarded by mutex_; as many as there are connections to others
};

/// Of all workers.
class OwnDials {
 public:
  explicit OwnDials(std::size_t workers) : shares_(workers) {}

  [[nodiscard]] DialShare& of(std::size_t worker) noexcept { return shares_[worker]; }
  /// Whether a connection from `source`, on its way to `destination` when the kernel led it here, is a call of ours.
  [[nodiscard]] bool has(const config::Endpoint& source, const config::Endpoint& destination) const;

 private:
  std::vector<DialShare> shares_;
};

}  // namespace gabion::proxy
