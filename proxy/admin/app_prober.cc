// One object a probe, alive as long as it waits for something; its stream's deadline ends whatever it waits for.
#include "proxy/admin/app_prober.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
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
#include <vector>

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

}  // namespace

class ProbeRun : public std::enable_shared_from_this<ProbeRun> {
 public:
  ProbeRun(asio::io_context& io, AppProbe probe, std::string host)
      : plain_(io), probe_(std::move(probe)), host_(std::move(host)) {}
  ProbeRun(const ProbeRun&) = delete;
  ProbeRun& operator=(const ProbeRun&) = delete;

  /// False: it is over, and nobody will call `done`.
  [[nodiscard]] bool join(const std::function<void(ProbeOutcome)>& done) {
    if (!over_) {
      waiting_.push_back(done);
    }
    return !over_;
  }

  void start() {
    plain_.expires_after(probe_.timeout);
    connect(asio::ip::address_v4::loopback());
  }

 private:
  struct Secure {
    asio::ssl::context context{asio::ssl::context::tls_client};
    asio::ssl::stream<beast::tcp_stream&> stream;
    explicit Secure(beast::tcp_stream& plain) : stream(plain, context) {
      stream.set_verify_mode(asio::ssl::verify_none);
    }
  };

  void connect(const asio::ip::address& address) {
    plain_.async_connect(tcp::endpoint(address, probe_.port), [self = shared_from_this(), address](error_code failure) {
      if (failure == asio::error::connection_refused && address.is_v4()) {
        beast::error_code ignored;
        self->plain_.socket().close(ignored);
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
        ask(plain_);
        return;
      case ProbeForm::kHttps:
        secure_ = std::make_unique<Secure>(plain_);
        secure_->stream.async_handshake(asio::ssl::stream_base::client,
                                        [self = shared_from_this()](error_code failure) {
                                          if (!self->fails(failure, "TLS")) {
                                            self->ask(self->secure_->stream);
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
    asio::async_write(plain_, asio::buffer(output_), [self = shared_from_this()](error_code failure, std::size_t) {
      if (!self->fails(failure, "send")) {
        self->read_call();
      }
    });
  }

  void read_call() {
    plain_.async_read_some(asio::buffer(input_), [self = shared_from_this()](error_code failure, std::size_t count) {
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

  void finish(const ProbeOutcome& outcome) {
    plain_.close();
    over_ = true;
    for (const auto& done : std::exchange(waiting_, {})) {
      done(outcome);
    }
  }

  beast::tcp_stream plain_;
  std::unique_ptr<Secure> secure_;
  AppProbe probe_;
  std::string host_;
  std::vector<std::function<void(ProbeOutcome)>> waiting_;
  bool over_ = false;
  http::request<http::empty_body> request_;
  http::response_parser<http::empty_body> parser_;
  beast::flat_buffer buffer_;
  std::optional<HealthCall> call_;
  std::string output_;
  std::array<char, 4096> input_{};
};

void AppProber::ask(const AppProbe& probe, const std::string& host, const std::function<void(ProbeOutcome)>& done) {
  std::erase_if(running_, [](const auto& entry) { return entry.second.expired(); });
  auto& entry = running_[{probe.path, host}];
  if (const auto run = entry.lock(); run && run->join(done)) {
    return;
  }
  const auto run = std::make_shared<ProbeRun>(io_, probe, host);
  entry = run;
  [[maybe_unused]] const bool joined = run->join(done);
  run->start();
}

}  // namespace gabion::proxy
