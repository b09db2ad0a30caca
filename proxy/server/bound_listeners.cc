// Listening sockets on their way to the workers: see bound_listeners.h.
#include "proxy/server/bound_listeners.h"

#include <unistd.h>

namespace gabion::proxy {

BoundListeners::~BoundListeners() {
  for (const auto& fds : by_worker_) {
    for (const auto& [endpoint, fd] : fds) {
      ::close(fd);
    }
  }
}

config::Result<void> BoundListeners::add(const ListeningSocket& socket) {
  const auto addresses = socket.mode == config::CaptureMode::kTproxy ? Addresses::kAnybodys : Addresses::kOwn;
  for (auto& fds : by_worker_) {
    const auto fd = open_listener(socket.listen, addresses);
    if (fd.has_error()) {
      return fd.error();
    }
    fds.emplace_back(socket.listen, *fd);
  }
  return {};
}

}  // namespace gabion::proxy
