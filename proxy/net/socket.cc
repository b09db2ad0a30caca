// A non-blocking TCP socket that remembers what it is ready for: see socket.h.
#include "proxy/net/socket.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace gabion::proxy {
namespace {

/// recv() and send(), by the calls themselves: in a process of threads glibc's lock the bus twice each, to be points of
/// cancellation, and nobody cancels a worker. Sanitizers look at what those two are given.
ssize_t receive_from(int fd, char* into, std::size_t most, int flags) noexcept {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return ::recv(fd, into, most, flags);
#else
  return ::syscall(SYS_recvfrom, fd, into, most, flags, nullptr, nullptr);
#endif
}

ssize_t send_to(int fd, std::span<const char> bytes) noexcept {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
#else
  return ::syscall(SYS_sendto, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
#endif
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const config::Endpoint& endpoint) noexcept {
  SocketAddress result;
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, endpoint.address.bytes().data(), 4);
    result.length = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, endpoint.address.bytes().data(), 16);
    result.length = sizeof v6;
  }
  return result;
}

config::Endpoint from_socket_address(const sockaddr_storage& storage) noexcept {
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return {config::IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, 16);
    return {config::IpAddress::v6(bytes), ntohs(v6.sin6_port)};
  }
  return {};
}

config::Error system_error(const char* what, int error, const config::Endpoint& endpoint) {
  return {std::string(what) + ": " + std::strerror(error), endpoint.to_string()};
}

constexpr int kOne = 1;

constexpr int kIpv6Transparent = 75;  // linux/in6.h, which does not go together with netinet/in.h

/// An application in our own network namespace sees (address, port) of its caller's connection to us and of ours to
/// it: towards it we leave the ports alone that Linux gives to callers, 32768 and up, or one would be taken for the
/// other.
constexpr std::uint16_t kFirstPortOfNoCaller = 1'024;
constexpr std::uint16_t kFirstPortOfCallers = 32'768;
constexpr std::size_t kPortsTried = 16;  // then any will do

bool make_transparent(int fd, int family) noexcept {
  return family == AF_INET ? ::setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &kOne, sizeof kOne) == 0
                           : ::setsockopt(fd, IPPROTO_IPV6, kIpv6Transparent, &kOne, sizeof kOne) == 0;
}

bool bind_to(int fd, const config::Endpoint& source) noexcept {
  auto local = to_socket_address(source);
  return ::bind(fd, local.get(), local.length) == 0;
}

/// The port is chosen at connect, per destination: binding one here would run out at 28,000 connections.
bool bind_to_any_port(int fd, const config::IpAddress& source) noexcept {
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &kOne, sizeof kOne);
  return bind_to(fd, {source, 0});
}

/// By chance: IP_LOCAL_PORT_RANGE leads to none outside the range of all. One port for one address here is enough, its
/// caller has no more.
bool bind_apart_from_callers(int fd, const config::IpAddress& source) noexcept {
  std::array<std::uint16_t, kPortsTried> chances{};
  if (::getrandom(chances.data(), sizeof chances, 0) == sizeof chances) {
    for (const auto chance : chances) {
      const auto port =
          static_cast<std::uint16_t>(kFirstPortOfNoCaller + chance % (kFirstPortOfCallers - kFirstPortOfNoCaller));
      if (bind_to(fd, {source, port})) {
        return true;
      }
      if (errno != EADDRINUSE) {
        return false;
      }
    }
  }
  return bind_to_any_port(fd, source);
}

/// Null, or what failed; errno says how.
const char* depart(int fd, const Departure& from) noexcept {
  if (from.mark != 0 && ::setsockopt(fd, SOL_SOCKET, SO_MARK, &from.mark, sizeof from.mark) != 0) {
    return "mark socket";
  }
  if (from.source == nullptr) {
    return nullptr;
  }
  if (from.addresses == Addresses::kOwn) {
    return bind_to_any_port(fd, *from.source) ? nullptr : "bind source address";
  }
  if (!make_transparent(fd, from.source->is_v4() ? AF_INET : AF_INET6)) {
    return "take another's source address";
  }
  return bind_apart_from_callers(fd, *from.source) ? nullptr : "bind another's source address";
}

/// Answering kBlocked to EINTR would wait for a wake that no edge announces.
template <class Call>
ssize_t retried(Call call) noexcept {
  while (true) {
    const ssize_t result = call();
    if (result >= 0 || errno != EINTR) {
      return result;
    }
  }
}

}  // namespace

Socket::Socket(EventLoop& loop, int fd) noexcept {
  [[maybe_unused]] const bool opened = open(loop, fd);
}

bool Socket::open(EventLoop& loop, int fd) noexcept {
  close();
  loop_ = &loop;
  fd_ = fd;
  readable_ = writable_ = true;
  peer_closed_ = dead_ = false;
  if (!loop.watch(fd, *this, EventLoop::Trigger::kEdge)) {
    ::close(fd_);
    fd_ = -1;
    return false;
  }
  return true;
}

void Socket::close() noexcept {
  if (fd_ >= 0) {
    loop_->unwatch(fd_, *this);
    ::close(fd_);
    fd_ = -1;
  }
}

int Socket::release() noexcept {
  const int fd = fd_;
  if (fd >= 0) {
    loop_->unwatch(fd, *this);
    fd_ = -1;
  }
  return fd;
}

IoResult Socket::read(std::span<char> into) noexcept {
  return receive(into.data(), into.size(), 0);
}

/// tcp(7): with MSG_TRUNC received bytes are dropped.
IoResult Socket::discard(std::size_t most) noexcept {
  return receive(nullptr, most, MSG_TRUNC);
}

IoResult Socket::receive(char* into, std::size_t most, int flags) noexcept {
  if (fd_ < 0) {
    return {IoStatus::kError, 0};
  }
  if (!readable_) {
    return {IoStatus::kBlocked, 0};
  }
  const ssize_t got = retried([&] { return receive_from(fd_, into, most, flags); });
  if (got > 0) {
    // A short read has emptied the socket; the next byte is a new edge. Unless the end is near: then read on to see it.
    if (static_cast<std::size_t>(got) < most && !peer_closed_) {
      readable_ = false;
    }
    return {IoStatus::kOk, static_cast<std::size_t>(got)};
  }
  if (got == 0) {
    return {IoStatus::kClosed, 0};
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    readable_ = false;
    return {IoStatus::kBlocked, 0};
  }
  return {IoStatus::kError, 0};
}

IoResult Socket::peek(std::span<char> into) noexcept {
  if (fd_ < 0) {
    return {IoStatus::kError, 0};
  }
  const ssize_t got = retried([&] { return ::recv(fd_, into.data(), into.size(), MSG_PEEK); });
  if (got > 0) {
    return {IoStatus::kOk, static_cast<std::size_t>(got)};
  }
  if (got == 0) {
    return {IoStatus::kClosed, 0};
  }
  return {errno == EAGAIN || errno == EWOULDBLOCK ? IoStatus::kBlocked : IoStatus::kError, 0};
}

IoResult Socket::write(std::span<const char> bytes) noexcept {
  if (fd_ < 0) {
    return {IoStatus::kError, 0};
  }
  if (!writable_) {
    return {IoStatus::kBlocked, 0};
  }
  const ssize_t put = retried([&] { return send_to(fd_, bytes); });
  if (put > 0) {
    return {IoStatus::kOk, static_cast<std::size_t>(put)};
  }
  if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)) {
    writable_ = false;
    return {IoStatus::kBlocked, 0};
  }
  return {IoStatus::kError, 0};
}

std::uint64_t Socket::unconfirmed() const noexcept {
  int bytes = 0;
  return fd_ >= 0 && ::ioctl(fd_, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

void Socket::tell_from(std::size_t bytes) noexcept {
  if (fd_ >= 0) {
    const auto least = static_cast<int>(bytes);
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
  }
}

void Socket::shutdown_write() noexcept {
  if (fd_ >= 0) {
    ::shutdown(fd_, SHUT_WR);
  }
}

void Socket::reset_on_close() noexcept {
  if (fd_ >= 0) {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
}

int Socket::connect_error() noexcept {
  if (!writable_) {
    return EINPROGRESS;
  }
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

void Socket::on_ready(std::uint32_t events) noexcept {
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    readable_ = true;
  }
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    writable_ = true;
  }
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    peer_closed_ = true;
    dead_ = dead_ || (events & (EPOLLHUP | EPOLLERR)) != 0;
  }
  if (owner_ != nullptr) {
    loop_->wake(*owner_);
  }
}

config::Result<int> start_connect(const config::Endpoint& destination, const Departure& from) {
  const int family = destination.address.is_v4() ? AF_INET : AF_INET6;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return system_error("socket", errno, destination);
  }
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOne, sizeof kOne);
  if (const char* failed = depart(fd, from); failed != nullptr) {
    const int error = errno;
    ::close(fd);
    return system_error(failed, error, {from.source == nullptr ? destination.address : *from.source, 0});
  }
  auto address = to_socket_address(destination);
  if (::connect(fd, address.get(), address.length) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return system_error("connect", error, destination);
  }
  return fd;
}

config::Result<int> start_connect(const config::Endpoint& destination, const config::IpAddress* source) {
  return start_connect(destination, Departure{.source = source});
}

config::Result<int> open_listener(const config::Endpoint& endpoint, Addresses addresses) {
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return system_error("socket", errno, endpoint);
  }
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &kOne, sizeof kOne);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &kOne, sizeof kOne);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOne, sizeof kOne);  // accepted sockets inherit it
  if (addresses == Addresses::kAnybodys && !make_transparent(fd, family)) {
    const int error = errno;
    ::close(fd);
    return system_error("listen for TPROXY (mode: tproxy needs CAP_NET_ADMIN)", error, endpoint);
  }
  auto address = to_socket_address(endpoint);
  if (::bind(fd, address.get(), address.length) != 0 || ::listen(fd, SOMAXCONN) != 0) {
    const int error = errno;
    ::close(fd);
    return system_error("listen", error, endpoint);
  }
  return fd;
}

config::Endpoint local_endpoint(int fd) noexcept {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0 ? from_socket_address(storage)
                                                                                : config::Endpoint{};
}

config::Endpoint remote_endpoint(int fd) noexcept {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0 ? from_socket_address(storage)
                                                                                : config::Endpoint{};
}

}  // namespace gabion::proxy
