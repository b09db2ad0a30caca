// How a long result is read: see result_pace.h.
#include "proxy/session/result_pace.h"

#include <utility>

#include "proxy/admin/metrics.h"

namespace gabion::proxy {

void ResultPace::settle(Socket& socket, Within within, const Bounds& bounds) noexcept {
  const std::size_t bytes = std::exchange(taken_, 0);
  const bool is_due = is_pausing() && !armed();
  if (within == Within::kNothing) {
    last_ = {};
    if (is_pausing()) {
      ++pauses_.end;
      stop(socket);
    }
    return;
  }
  if (bytes == 0) {
    if (is_due) {
      ++pauses_.empty;
      stop(socket);
    }
    return;
  }
  const TimePoint now = loop_.now();
  const bool is_quick = now - last_ < bounds.longest;
  last_ = now;
  if (is_pausing()) {
    ++(is_due ? pauses_.time : pauses_.full);
  } else if (is_quick) {
    socket.tell_from(bounds.bytes);
    socket_ = &socket;
  } else {
    return;
  }
  set(loop_.short_timers(), now + bounds.longest);
}

void ResultPace::stop(Socket& socket) noexcept {
  forget();
  socket.tell_from(1);
}

void ResultPace::forget() noexcept {
  cancel();
  socket_ = nullptr;
}

void ResultPace::on_expired() noexcept {
  socket_->look_again();
  loop_.wake(sleeper_);
}

}  // namespace gabion::proxy
