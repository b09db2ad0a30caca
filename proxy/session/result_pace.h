// How a long result is read: not each time a little of it has come, but when much has, or when some time has passed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "proxy/net/event_loop.h"
#include "proxy/net/short_timers.h"
#include "proxy/net/socket.h"

namespace gabion::proxy {

struct ResultPauses;

/// A server sends a result as its buffer fills, 8 KiB at a time, and each time would wake us to read and to send that.
/// Once two pieces of one result came within `longest`, the socket is asked to tell of much only (SO_RCVLOWAT); what
/// it tells of is read at once, anything else `longest` after the last read, the end of the result too. Nothing is held
/// by us meanwhile: it waits in the kernel. Where nothing came for so long the socket tells of every byte again, so
/// that a slow result is not delayed, nor asked after in vain more than once. Belongs to one session, used on its
/// worker.
class ResultPace final : private ShortTimer {
 public:
  /// `sleeper` is woken when it is time to read; `pauses` counts. Borrows all.
  ResultPace(EventLoop& loop, Wakeable& sleeper, ResultPauses& pauses) noexcept
      : loop_(loop), sleeper_(sleeper), pauses_(pauses) {}

  struct Bounds {
    std::chrono::microseconds longest;  ///< 0: never pauses
    std::size_t bytes;                  ///< that are much
  };
  enum class Within : std::uint8_t {
    kResult,   ///< the last byte was of a row, more will come
    kNothing,  ///< anything else: whoever waits for it shall have it at once
  };
  void took(std::size_t bytes) noexcept { taken_ += bytes; }
  /// For who has read all that waited in `socket`, always the same one, or has found nothing there.
  void settle(Socket& socket, Within within, const Bounds& bounds) noexcept;

  [[nodiscard]] bool is_pausing() const noexcept { return socket_ != nullptr; }
  /// The socket is about to be closed.
  void forget() noexcept;

 private:
  using TimePoint = ShortTimer::TimePoint;
  void on_expired() noexcept override;
  void stop(Socket& socket) noexcept;

  EventLoop& loop_;
  Wakeable& sleeper_;
  ResultPauses& pauses_;
  Socket* socket_ = nullptr;  // that tells of much only; null: it tells of all
  std::size_t taken_ = 0;     // since the last settle()
  TimePoint last_{};          // when some of a result was read; the epoch: not of this one
};

}  // namespace gabion::proxy
