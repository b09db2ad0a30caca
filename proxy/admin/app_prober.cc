// One object a probe, alive as long as it waits for something; its stream's deadline ends whatever it waits for.
#include "proxy/admin/app_prober.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <utility>

#include "proxy/protocol/http2/health_call.h"

namespace gabion::proxy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using config::inject::AppProbe;
using config::inject::ProbeForm;
using http2::HealthCall;

constexpr std::uint32_t kHeaderBytes = 64 * 1024;
constexpr std::uint16_t kNotReached = 500;
constexpr std::uint16_t kUnwell = 503;

class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(asio::io_context& io, AppProbe probe, std::string host, std::shared_ptr<std::size_t> under_way,
      std::function<void(ProbeOutcome)> done)
      : stream_(io, tls_),
        probe_(std::move(probe)),
        host_(std::move(host)),
        under_way_(std::move(under_way)),
        done_(std::move(done)) {
    tls_.set_verify_mode(asio::ssl::verify_none);
    ++*under_way_;
  }
  ~Run() { --*under_way_; }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void start() {
    plain().expires_after(probe_.timeout);
    connect(asio::ip::address_v4::loopback());
  }

 private:
  beast::tcp_stream& plain() { return stream_.next_layer(); }

  void connect(const asio::ip::address& address) {
    plain().async_connect(tcp::endpoint(address, probe_.port),
                          [self = shared_from_this(), address](error_code failure) {
                            if (failure == asio::error::connection_refused && address.is_v4()) {
                              beast::error_code ignored;
                              self->plain().socket().close(ignored);
                              self->connect(asio::ip::address_v6::loopback());
                            } else if (!self->fails(failure, "connect")) {
                              self->connected();
                            }
                          });
  }

  void connected() {
    switch (probe_.form) {
      case ProbeForm::kTcp:
        finish({200, "connected"});
        return;
      case ProbeForm::kHttp:
        ask(plain());
        return;
      case ProbeForm::kHttps:
        stream_.async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](error_code failure) {
          if (!self->fails(failure, "TLS")) {
            self->ask(self->stream_);
          }
        });
        return;
      case ProbeForm::kGrpc:
        call_.emplace(probe_.service, host_);
        write_call();
        return;
    }
  }

  template <class Stream>
  void ask(Stream& stream) {
    request_ = http::request<http::empty_body>(http::verb::get, probe_.target, 11);
    request_.set(http::field::host, host_);
    request_.set(http::field::user_agent, "kube-probe/gabion");
    request_.set(http::field::accept, "*/*");
    for (const auto& [name, value] : probe_.headers) {
      request_.set(name, value);
    }
    request_.set(http::field::connection, "close");
    http::async_write(stream, request_, [self = shared_from_this(), &stream](error_code failure, std::size_t) {
      if (!self->fails(failure, "send")) {
        self->read_head(stream);
      }
    });
  }

  template <class Stream>
  void read_head(Stream& stream) {
    parser_.header_limit(kHeaderBytes);
    parser_.skip(true);  // of the body nobody asks
    http::async_read_header(stream, buffer_, parser_, [self = shared_from_this()](error_code failure, std::size_t) {
      if (!self->fails(failure, "receive")) {
        const auto status = static_cast<std::uint16_t>(self->parser_.get().result_int());
        self->finish({status, fmt::format("the application answered {}", status)});
      }
    });
  }

  void write_call() {
    output_ = call_->take_output();
    if (judge_call()) {
      return;
    }
    asio::async_write(plain(), asio::buffer(output_), [self = shared_from_this()](error_code failure, std::size_t) {
      if (!self->fails(failure, "send")) {
        self->read_call();
      }
    });
  }

  void read_call() {
    plain().async_read_some(asio::buffer(input_), [self = shared_from_this()](error_code failure, std::size_t count) {
      if (self->fails(failure, "receive")) {
        return;
      }
      self->call_->feed(std::span<const char>(self->input_.data(), count), std::chrono::steady_clock::now());
      if (!self->judge_call()) {
        self->write_call();
      }
    });
  }

  bool judge_call() {
    switch (call_->verdict()) {
      case HealthCall::Verdict::kWaiting:
        return false;
      case HealthCall::Verdict::kServing:
        finish({200, "SERVING"});
        return true;
      case HealthCall::Verdict::kNotServing:
        finish({kUnwell, "not SERVING"});
        return true;
      case HealthCall::Verdict::kFailed:
        finish({kUnwell, "no answer of a health service"});
        return true;
    }
    return true;
  }

  bool fails(const error_code& failure, std::string_view step) {
    if (failure) {
      finish({kNotReached, fmt::format("{}: {}", step, failure.message())});
    }
    return static_cast<bool>(failure);
  }

  void finish(ProbeOutcome outcome) {
    plain().close();
    if (done_) {
      std::exchange(done_, {})(std::move(outcome));
    }
  }

  asio::ssl::context tls_{asio::ssl::context::tls_client};
  asio::ssl::stream<beast::tcp_stream> stream_;
  AppProbe probe_;
  std::string host_;
  std::shared_ptr<std::size_t> under_way_;
  std::function<void(ProbeOutcome)> done_;
  http::request<http::empty_body> request_;
  http::response_parser<http::empty_body> parser_;
  beast::flat_buffer buffer_;
  std::optional<HealthCall> call_;
  std::string output_;
  std::array<char, 4096> input_{};
};

}  // namespace

void AppProber::ask(const AppProbe& probe, const std::string& host, std::function<void(ProbeOutcome)> done) {
  if (*under_way_ >= kMost) {
    asio::post(io_, [done = std::move(done)] { done({kUnwell, "too many probes at once"}); });
    return;
  }
  std::make_shared<Run>(io_, probe, host, under_way_, std::move(done))->start();
}

}  // namespace gabion::proxy
