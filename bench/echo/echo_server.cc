// The echo service on one address and one thread: see echo_server.h.
#include "bench/echo/echo_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "bench/echo/echo.h"
#include "proxy/net/plain.h"

namespace gabion::bench {

/// Reads nothing while an answer waits to be taken.
class EchoServer::Connection final : private proxy::Wakeable {
 public:
  Connection(EchoServer& server, int fd) noexcept
      : server_(server), transport_(*server.loop_, fd), echo_(server.pool_) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    transport_.socket().set_owner(this);
  }
  void begin() { server_.loop_->wake(*this); }

 private:
  void on_wake() noexcept override {
    if (!advance()) {
      server_.connections_.erase(this);
    }
  }

  /// False: it is over.
  [[nodiscard]] bool advance() {
    while (flush()) {
      if (closing_) {
        return false;
      }
      const auto result = transport_.read(server_.scratch_);
      switch (result.status) {
        case proxy::IoStatus::kBlocked:
          return true;
        case proxy::IoStatus::kClosed:
        case proxy::IoStatus::kError:
          return false;
        case proxy::IoStatus::kOk:
          break;
      }
      closing_ = !echo_.feed({server_.scratch_.data(), result.bytes});
    }
    return !broken_;
  }

  /// True: nothing waits any more.
  [[nodiscard]] bool flush() {
    std::string& out = echo_.out();
    while (sent_ < out.size()) {
      const auto result = transport_.write(std::string_view(out).substr(sent_));
      if (result.status != proxy::IoStatus::kOk) {
        broken_ = result.status != proxy::IoStatus::kBlocked;
        return false;
      }
      sent_ += result.bytes;
    }
    out.clear();
    sent_ = 0;
    return true;
  }

  EchoServer& server_;
  proxy::PlainTransport transport_;
  Echo echo_;
  std::size_t sent_ = 0;
  bool closing_ = false;
  bool broken_ = false;
};

EchoServer::EchoServer(std::unique_ptr<proxy::EventLoop> loop) : loop_(std::move(loop)), scratch_(kReadBytes) {}

config::Result<std::unique_ptr<EchoServer>> EchoServer::create(const config::Endpoint& listen) {
  auto loop = proxy::EventLoop::create();
  if (loop.has_error()) {
    return loop.error();
  }
  const auto fd = proxy::open_listener(listen);
  if (fd.has_error()) {
    return fd.error();
  }
  std::unique_ptr<EchoServer> server(new EchoServer(std::move(*loop)));
  proxy::Acceptor& acceptor = *server;
  server->listener_ = std::make_unique<proxy::Listener>(*server->loop_, acceptor, proxy::local_endpoint(*fd), *fd);
  return server;
}

EchoServer::~EchoServer() = default;

void EchoServer::on_accepted(const config::Endpoint& /*listen*/, int fd) noexcept {
  auto connection = std::make_unique<Connection>(*this, fd);
  Connection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
  key->begin();
}

}  // namespace gabion::bench
