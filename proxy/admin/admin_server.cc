// Boost.Beast with callbacks: accept, read one request, answer, again.
#include "proxy/admin/admin_server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace gabion::proxy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

config::IpAddress from_asio(const asio::ip::address& address) noexcept {
  if (address.is_v4()) {
    return config::IpAddress::v4(address.to_v4().to_uint());
  }
  return config::IpAddress::v6(address.to_v6().to_bytes());
}

tcp::endpoint to_asio(const config::Endpoint& endpoint) {
  const auto& bytes = endpoint.address.bytes();
  if (!endpoint.address.is_v4()) {
    return {asio::ip::address_v6(bytes), endpoint.port};
  }
  return {asio::ip::address_v4({bytes[0], bytes[1], bytes[2], bytes[3]}), endpoint.port};
}

/// What a request that cannot be read is told.
AdminAnswer answer_to(const error_code& failure) {
  if (failure == http::error::body_limit) {
    return admin_error(413, "the body is too large");
  }
  if (failure == http::error::header_limit) {
    return admin_error(431, "the header is too large");
  }
  return admin_error(400, "this is not an HTTP request we understand");
}

bool is_http_error(const error_code& failure) {
  return failure.category() == make_error_code(http::error::body_limit).category() &&
         failure != http::error::end_of_stream && failure != http::error::partial_message;
}

/// What all connections share; it outlives the server while one of them is still winding up.
struct Shared {
  AdminResponder responder;
  std::function<void()> quit;
  AdminLimits limits;
  std::size_t open = 0;
  std::map<config::IpAddress, std::size_t> open_by_address;
  bool stopped = false;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)), answer_deadline_(stream_.get_executor()), shared_(std::move(shared)) {
    error_code ignored;
    const tcp::endpoint local = stream_.socket().local_endpoint(ignored);
    local_address_ = from_asio(local.address());
    const tcp::endpoint peer = stream_.socket().remote_endpoint(ignored);
    peer_address_ = from_asio(peer.address());
    ++shared_->open;
    ++shared_->open_by_address[peer_address_];
  }
  ~Session() {
    --shared_->open;
    if (--shared_->open_by_address[peer_address_] == 0) {
      shared_->open_by_address.erase(peer_address_);
    }
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void read() {
    parser_.emplace();
    parser_->body_limit(shared_->limits.body_bytes);
    parser_->header_limit(shared_->limits.header_bytes);
    stream_.expires_after(shared_->limits.timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code failure, std::size_t) { self->on_read(failure); });
  }

  void close() noexcept {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
    answer_deadline_.cancel();
  }

 private:
  void on_read(const error_code& failure) {
    if (shared_->stopped) {
      return;
    }
    if (failure) {
      keep_alive_ = false;
      if (is_http_error(failure)) {
        send(answer_to(failure));
      } else {
        close();
      }
      return;
    }
    keep_alive_ = parser_->get().keep_alive();
    AdminAnswer answer = shared_->responder(request_of(parser_->get()));
    if (answer.step == AdminStep::kAsk) {
      ask_workers(std::move(answer));
      return;
    }
    if (answer.step == AdminStep::kLater) {
      wait_for(answer);
      return;
    }
    send(std::move(answer));
  }

  [[nodiscard]] AdminRequest request_of(const http::request<http::string_body>& message) const {
    AdminRequest request;
    request.method = {message.method_string().data(), message.method_string().size()};
    request.target = {message.target().data(), message.target().size()};
    const auto hosts = message.equal_range(http::field::host);
    for (auto host = hosts.first; host != hosts.second; ++host) {
      request.hosts.emplace_back(host->value().data(), host->value().size());
    }
    const auto origin = message[http::field::origin];
    request.origin = {origin.data(), origin.size()};
    request.local_address = local_address_;
    return request;
  }

  /// Whichever comes first is sent: the workers' answer or the deadline.
  void ask_workers(AdminAnswer answer) {
    waits_for_answer_ = true;
    answer_deadline_.expires_after(shared_->limits.timeout);
    answer_deadline_.async_wait([self = shared_from_this()](error_code failure) {
      if (!failure) {
        self->send_once(admin_error(503, "the workers did not answer in time"));
      }
    });
    try {
      (*answer.question)([weak = weak_from_this(), content_type = answer.content_type](std::string text) {
        if (const std::shared_ptr<Session> self = weak.lock()) {
          AdminAnswer told;
          told.content_type = content_type;
          told.body = std::move(text);
          self->send_once(std::move(told));
        }
      });
    } catch (const std::exception&) {
      send_once(admin_error(500, "the workers could not be asked"));
    }
  }

  void wait_for(const AdminAnswer& answer) {
    waits_for_answer_ = true;
    stream_.expires_never();
    answer.later([self = shared_from_this()](AdminAnswer told) { self->send_once(std::move(told)); });
  }

  void send_once(AdminAnswer answer) {
    if (!std::exchange(waits_for_answer_, false) || shared_->stopped) {
      return;
    }
    answer_deadline_.cancel();
    send(std::move(answer));
  }

  void send(AdminAnswer answer) {
    response_ = {};
    response_.result(answer.status);
    response_.set(http::field::content_type, answer.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("Content-Security-Policy", "default-src 'none'");
    if (!answer.allow.empty()) {
      response_.set(http::field::allow, answer.allow);
    }
    response_.keep_alive(keep_alive_ && answer.step != AdminStep::kQuit);
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    stream_.expires_after(shared_->limits.timeout);
    http::async_write(stream_, response_,
                      [self = shared_from_this(), step = answer.step](error_code failure, std::size_t) {
                        self->on_sent(failure, step);
                      });
  }

  void on_sent(const error_code& failure, AdminStep step) {
    if (shared_->stopped) {
      return;
    }
    if (step == AdminStep::kQuit) {
      close();
      shared_->quit();
      return;
    }
    if (failure || !response_.keep_alive()) {
      close();
      return;
    }
    read();
  }

  beast::tcp_stream stream_;
  asio::steady_timer answer_deadline_;
  std::shared_ptr<Shared> shared_;
  config::IpAddress local_address_;
  config::IpAddress peer_address_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  bool keep_alive_ = false;
  bool waits_for_answer_ = false;
};

}  // namespace

struct AdminServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, AdminResponder responder, std::function<void()> quit, const AdminLimits& limits)
      : acceptor(io), pause(io), shared(std::make_shared<Shared>()) {
    shared->responder = std::move(responder);
    shared->quit = std::move(quit);
    shared->limits = limits;
  }

  void listen(const tcp::endpoint& endpoint) {
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    const tcp::endpoint bound = acceptor.local_endpoint();
    local = {from_asio(bound.address()), bound.port()};
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code failure, tcp::socket socket) {
      self->on_accept(failure, std::move(socket));
    });
  }

  void on_accept(const error_code& failure, tcp::socket socket) {
    if (shared->stopped) {
      return;
    }
    if (failure) {
      accept_after_pause();
      return;
    }
    std::erase_if(sessions, [](const std::weak_ptr<Session>& session) { return session.expired(); });
    if (has_room_for(socket)) {
      const auto session = std::make_shared<Session>(std::move(socket), shared);
      sessions.push_back(session);
      session->read();
    }
    accept();
  }

  [[nodiscard]] bool has_room_for(const tcp::socket& socket) const {
    error_code ignored;
    const auto known = shared->open_by_address.find(from_asio(socket.remote_endpoint(ignored).address()));
    return shared->open < shared->limits.connections &&
           (known == shared->open_by_address.end() || known->second < shared->limits.connections_per_address);
  }

  /// Without file descriptors accept fails at once, again and again.
  void accept_after_pause() {
    constexpr std::chrono::milliseconds kPause{100};
    pause.expires_after(kPause);
    pause.async_wait([self = shared_from_this()](error_code failure) {
      if (!failure && !self->shared->stopped) {
        self->accept();
      }
    });
  }

  void stop() noexcept {
    if (std::exchange(shared->stopped, true)) {
      return;
    }
    error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    for (const std::weak_ptr<Session>& each : sessions) {
      if (const std::shared_ptr<Session> session = each.lock()) {
        session->close();
      }
    }
  }

  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::shared_ptr<Shared> shared;
  std::vector<std::weak_ptr<Session>> sessions;
  config::Endpoint local;
};

config::Result<std::unique_ptr<AdminServer>> AdminServer::start(asio::io_context& io, const config::Endpoint& listen,
                                                                AdminActions actions, const AdminLimits& limits) {
  const auto kept = std::make_shared<const AdminActions>(std::move(actions));
  return start(
      io, listen, [kept](const AdminRequest& request) { return answer_admin(request, *kept); },
      [kept] { kept->quit(); }, limits);
}

config::Result<std::unique_ptr<AdminServer>> AdminServer::start(asio::io_context& io, const config::Endpoint& listen,
                                                                AdminResponder responder, std::function<void()> quit,
                                                                const AdminLimits& limits) {
  auto impl = std::make_shared<Impl>(io, std::move(responder), std::move(quit), limits);
  try {
    impl->listen(to_asio(listen));
  } catch (const boost::system::system_error& failure) {
    return config::Error{"cannot listen at " + listen.to_string() + ": " + failure.code().message(), "admin.listen"};
  }
  impl->accept();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

AdminServer::AdminServer(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

AdminServer::~AdminServer() {
  stop();
}

config::Endpoint AdminServer::local_endpoint() const noexcept {
  return impl_->local;
}

void AdminServer::stop() noexcept {
  impl_->stop();
}

}  // namespace gabion::proxy
