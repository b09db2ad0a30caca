// Listening sockets on their way to the workers: bound for all of them, or closed again.
#pragma once

#include <vector>

#include "proxy/worker.h"

namespace gabion::proxy {

/// One socket for each worker and address. Closes what nobody took.
class BoundListeners {
 public:
  explicit BoundListeners(std::size_t workers) : by_worker_(workers) {}
  ~BoundListeners();
  BoundListeners(const BoundListeners&) = delete;
  BoundListeners& operator=(const BoundListeners&) = delete;

  [[nodiscard]] std::size_t workers() const noexcept { return by_worker_.size(); }
  [[nodiscard]] config::Result<void> add(const ListeningSocket& socket);
  [[nodiscard]] Worker::ListenerFds take(std::size_t worker) { return std::exchange(by_worker_[worker], {}); }

 private:
  std::vector<Worker::ListenerFds> by_worker_;
};

}  // namespace gabion::proxy
