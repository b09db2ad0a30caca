// The demo's web service: see service.h.
#include "proxy/commands/demo/service.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <thread>

namespace gabion::proxy::demo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

http::response<http::string_body> answer(const http::request<http::string_body>& request) {
  http::response<http::string_body> response(http::status::ok, request.version());
  response.set(http::field::server, "orders");
  response.set(http::field::content_type, "application/json");
  const std::string_view target(request.target().data(), request.target().size());
  if (request.method() == http::verb::delete_) {
    response.body() = R"({"deleted": true})";
  } else if (target.starts_with("/customers/7")) {
    response.body() = R"({"customer": 7, "name": "Ada", "card": "4111 1111 1111 1111", "city": "Cork"})";
  } else if (target.starts_with("/orders")) {
    response.body() = R"({"orders": [{"id": 1, "item": "lamp"}, {"id": 2, "item": "desk"}]})";
  } else {
    response.result(http::status::not_found);
    response.body() = R"({"error": "no such thing"})";
  }
  response.keep_alive(request.keep_alive());
  response.prepare_payload();
  return response;
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::ip::tcp::socket socket, std::atomic<std::uint64_t>& requests)
      : stream_(std::move(socket)), requests_(requests) {}

  void read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) {
        self->write();
      }
    });
  }

 private:
  void write() {
    requests_.fetch_add(1);
    response_ = answer(request_);
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error && self->response_.keep_alive()) {
        self->read();
      }
    });
  }

  beast::tcp_stream stream_;
  std::atomic<std::uint64_t>& requests_;
  beast::flat_buffer buffer_{1 << 16};
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

}  // namespace

struct Service::Impl {
  asio::io_context io{1};
  asio::ip::tcp::acceptor acceptor{io};
  std::atomic<std::uint64_t> requests{0};
  std::thread thread;

  void accept() {
    acceptor.async_accept([this](boost::system::error_code error, asio::ip::tcp::socket socket) {
      if (error) {
        return;
      }
      std::make_shared<Session>(std::move(socket), requests)->read();
      accept();
    });
  }
};

Service::Service(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

Service::~Service() {
  impl_->io.stop();
  if (impl_->thread.joinable()) {
    impl_->thread.join();
  }
}

config::Result<std::unique_ptr<Service>> Service::start() {
  auto impl = std::make_unique<Impl>();
  boost::system::error_code error;
  const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
  impl->acceptor.open(any.protocol(), error);
  if (!error) {
    impl->acceptor.bind(any, error);
  }
  if (!error) {
    impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return config::Error{"the demo's web service cannot listen: " + error.message(), ""};
  }
  impl->accept();
  impl->thread = std::thread([raw = impl.get()] { raw->io.run(); });
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

config::Endpoint Service::endpoint() const noexcept {
  boost::system::error_code ignored;
  return {config::IpAddress::v4(0x7f000001), impl_->acceptor.local_endpoint(ignored).port()};
}

std::uint64_t Service::requests() const noexcept {
  return impl_->requests.load();
}

}  // namespace gabion::proxy::demo
