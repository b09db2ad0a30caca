// `gabion wait`: hooks of a classic sidecar, which has no shell, wait for the proxy or for the application to end.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "config/units.h"
#include "proxy/commands/commands.h"

namespace gabion::proxy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr auto kPause = std::chrono::milliseconds(100);
constexpr auto kOneTry = std::chrono::seconds(2);
constexpr std::uint16_t kAgentPort = 15020;

struct Options {
  std::string timeout = "60s";
  std::uint16_t port = kAgentPort;
  std::vector<std::uint16_t> ports;
};

/// One GET /ready of the agent, from connect to head; 0: no answer.
class ReadyCall {
 public:
  explicit ReadyCall(std::uint16_t port) : port_(port) {}

  unsigned run() {
    stream_.expires_after(kOneTry);
    stream_.async_connect(tcp::endpoint(asio::ip::address_v4::loopback(), port_), [this](error_code failure) {
      if (!failure) {
        ask();
      }
    });
    io_.run();
    return status_;
  }

 private:
  void ask() {
    request_.set(http::field::host, "localhost");
    http::async_write(stream_, request_, [this](error_code failure, std::size_t) {
      if (!failure) {
        http::async_read_header(stream_, buffer_, parser_, [this](error_code broken, std::size_t) {
          status_ = broken ? 0 : parser_.get().result_int();
        });
      }
    });
  }

  std::uint16_t port_;
  asio::io_context io_{1};
  beast::tcp_stream stream_{io_};
  http::request<http::empty_body> request_{http::verb::get, "/ready", 11};
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
  unsigned status_ = 0;
};

bool is_closed(std::uint16_t port) {
  asio::io_context io{1};
  tcp::socket socket(io);
  error_code failure;
  socket.connect({asio::ip::address_v4::loopback(), port}, failure);
  return static_cast<bool>(failure);
}

int wait_until(const Options& options, const std::function<bool()>& is_so, const std::string& what) {
  const auto timeout = config::parse_duration(options.timeout);
  if (timeout.has_error()) {
    std::cerr << "--timeout: " << timeout.error().what << '\n';
    return kExitConfiguration;
  }
  const auto deadline = steady_clock::now() + *timeout;
  while (!is_so()) {
    if (steady_clock::now() + kPause >= deadline) {
      std::cerr << what << " within " << options.timeout << '\n';
      return kExitFailed;
    }
    std::this_thread::sleep_for(kPause);
  }
  return kExitOk;
}

void add_timeout(CLI::App& command, Options& options) {
  command.add_option("--timeout", options.timeout, "How long at most: 500ms, 20s, 1m")->capture_default_str();
}

}  // namespace

void add_wait(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("wait", "Wait for the proxy, or for the end of the application");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  auto* ready = command->add_subcommand("ready", "Until the agent's /ready is 200");
  add_timeout(*ready, *options);
  ready->add_option("--port", options->port, "The agent's")->capture_default_str();
  ready->footer("Exit: 0 it is, 1 it was not in time.\nExample:\n  gabion wait ready --timeout 60s");
  ready->callback([options, &chosen] {
    chosen = [options] {
      return wait_until(
          *options, [&] { return ReadyCall(options->port).run() == 200; }, "the proxy is not ready");
    };
  });
  auto* closed = command->add_subcommand("closed", "Until nobody listens on 127.0.0.1 at these ports");
  add_timeout(*closed, *options);
  closed->add_option("port", options->ports, "Ports of the application")->required();
  closed->footer("Exit: 0 nobody does, 1 somebody still did.\nExample:\n  gabion wait closed --timeout 20s 8080");
  closed->callback([options, &chosen] {
    chosen = [options] {
      const auto all_closed = [&] { return std::all_of(options->ports.begin(), options->ports.end(), &is_closed); };
      return wait_until(*options, all_closed, "somebody still listens");
    };
  });
}

}  // namespace gabion::proxy
