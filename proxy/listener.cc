// One worker's share of a listening address: see listener.h.
#include "proxy/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace gabion::proxy {
namespace {

constexpr int kAcceptsPerTurn = 64;  // then those already here have their turn

int open_spare() noexcept {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace

Listener::Listener(EventLoop& loop, Acceptor& acceptor, const config::Endpoint& listen, int fd) noexcept
    : loop_(loop), acceptor_(acceptor), listen_(listen), fd_(fd), spare_fd_(open_spare()) {
  if (!loop_.watch(fd_, *this, EventLoop::Trigger::kLevel)) {
    acceptor_.on_accept_failed(errno);
  }
}

Listener::~Listener() {
  loop_.unwatch(fd_, *this);
  ::close(fd_);
  if (spare_fd_ >= 0) {
    ::close(spare_fd_);
  }
}

void Listener::on_ready(std::uint32_t /*events*/) noexcept {
  for (int i = 0; i < kAcceptsPerTurn && accept_one(); ++i) {
  }
}

void Listener::accept_rest() noexcept {
  for (int i = 0; i < SOMAXCONN && accept_one(); ++i) {
  }
}

/// False when there is nobody more, for now.
bool Listener::accept_one() noexcept {
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    acceptor_.on_accepted(listen_, fd);
    return true;
  }
  const int error = errno;
  if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
    acceptor_.on_accept_failed(error);
    shed_one();
    return false;
  }
  return error == ECONNABORTED || error == EINTR;
}

void Listener::shed_one() noexcept {
  if (spare_fd_ >= 0) {
    ::close(spare_fd_);
  }
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    ::close(fd);
  }
  spare_fd_ = open_spare();
}

}  // namespace gabion::proxy
