// A non-blocking TCP socket that remembers what it is ready for, so that no system call is made to find out.
#pragma once

#include <cstdint>
#include <span>

#include "config/ip_address.h"
#include "config/result.h"
#include "proxy/net/event_loop.h"
#include "proxy/net/transport.h"

namespace gabion::proxy {

/// Owns a descriptor. Reads and writes are tried only while the socket is believed ready; epoll's edge makes it so
/// again and wakes the owner. Used on one worker only.
class Socket final : public Watcher {
 public:
  Socket() noexcept = default;
  Socket(EventLoop& loop, int fd) noexcept;
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Takes the descriptor over and starts watching. False: the descriptor was closed again.
  [[nodiscard]] bool open(EventLoop& loop, int fd) noexcept;
  void close() noexcept;
  /// Stops watching and gives the descriptor away.
  [[nodiscard]] int release() noexcept;
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

  /// Who is woken on readiness; may change hands (a pooled connection does). Null: nobody.
  void set_owner(Wakeable* owner) noexcept { owner_ = owner; }

  [[nodiscard]] IoResult read(std::span<char> into) noexcept;
  [[nodiscard]] IoResult write(std::span<const char> bytes) noexcept;
  /// Like read of `most` bytes, which nobody wants: the kernel copies none.
  [[nodiscard]] IoResult discard(std::size_t most) noexcept;
  /// Like read, but the bytes stay in the socket. Asks the kernel each time; changes nothing.
  [[nodiscard]] IoResult peek(std::span<char> into) noexcept;
  /// Until so many bytes wait no edge tells of them, but one tells of the stream's end (SO_RCVLOWAT); 1: of any, and of
  /// those that wait already. The kernel may make less of it. Nothing where there is no TCP.
  void tell_from(std::size_t bytes) noexcept;
  /// A read is worth a try, though no edge said so.
  void look_again() noexcept { readable_ = true; }
  void shutdown_write() noexcept;
  /// The next close() sends RST instead of FIN: the peer shall see that what it got is incomplete.
  void reset_on_close() noexcept;

  /// Written bytes that the peer's kernel has not confirmed.
  [[nodiscard]] std::uint64_t unconfirmed() const noexcept;
  [[nodiscard]] bool peer_closed() const noexcept { return peer_closed_; }
  /// Both directions are gone: reset, or closed on both ends.
  [[nodiscard]] bool is_dead() const noexcept { return dead_; }
  [[nodiscard]] bool readable() const noexcept { return readable_; }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] EventLoop& loop() noexcept { return *loop_; }

  /// For a socket whose connect() is under way: not ready for anything until epoll says how it ended. (Asking the
  /// socket itself does not tell: not every kernel reports ENOTCONN while it is connecting.)
  void expect_connect() noexcept { readable_ = writable_ = false; }
  /// 0, or errno; EINPROGRESS while it is not decided. REQUIRES: expect_connect().
  [[nodiscard]] int connect_error() noexcept;

  void on_ready(std::uint32_t events) noexcept override;

 private:
  [[nodiscard]] IoResult receive(char* into, std::size_t most, int flags) noexcept;

  EventLoop* loop_ = nullptr;
  Wakeable* owner_ = nullptr;
  int fd_ = -1;
  bool readable_ = true;
  bool writable_ = true;
  bool dead_ = false;
  bool peer_closed_ = false;  // EPOLLRDHUP, EPOLLHUP or EPOLLERR seen: reads must run to the end
};

/// Whose addresses a socket may have.
enum class Addresses : std::uint8_t {
  kOwn,
  kAnybodys,  ///< IP_TRANSPARENT, IPV6_TRANSPARENT: those of others too, which takes CAP_NET_ADMIN or CAP_NET_RAW
};

/// Where a connection leaves from.
struct Departure {
  const config::IpAddress* source = nullptr;  ///< null: the kernel chooses. Only the address; the port is any
  Addresses addresses = Addresses::kOwn;
  std::uint32_t mark = 0;  ///< SO_MARK, for rules of the kernel; 0: none. Takes the same capability
};

/// A connecting, non-blocking socket with TCP_NODELAY.
[[nodiscard]] config::Result<int> start_connect(const config::Endpoint& destination, const Departure& from);
/// The same from an address of our own, or null.
[[nodiscard]] config::Result<int> start_connect(const config::Endpoint& destination, const config::IpAddress* source);

/// A listening socket with SO_REUSEPORT.
[[nodiscard]] config::Result<int> open_listener(const config::Endpoint& endpoint,
                                                Addresses addresses = Addresses::kOwn);

[[nodiscard]] config::Endpoint local_endpoint(int fd) noexcept;
[[nodiscard]] config::Endpoint remote_endpoint(int fd) noexcept;

}  // namespace gabion::proxy
