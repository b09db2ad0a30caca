// A client that asks one thing over one connection: see client.h.
#include "proxy/commands/demo/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace gabion::proxy::demo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr auto kTimeout = std::chrono::seconds(5);

}  // namespace

Answer ask(const config::Endpoint& endpoint, const Question& question) {
  asio::io_context io(1);
  beast::tcp_stream stream(io);
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  http::response<http::string_body> response;
  request.method_string(question.method);
  request.target(question.target);
  request.set(http::field::host, question.host);
  request.set(http::field::user_agent, "gabion-demo");
  if (!question.request_id.empty()) {
    request.set("x-request-id", question.request_id);
  }
  if (!question.body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = question.body;
  }
  request.prepare_payload();
  Answer answer;
  const auto failed = [&answer](const boost::system::error_code& error) {
    if (error) {
      answer.error = error.message();
    }
    return static_cast<bool>(error);
  };
  stream.expires_after(kTimeout);
  const asio::ip::tcp::endpoint remote(asio::ip::make_address(endpoint.address.to_string()), endpoint.port);
  stream.async_connect(remote, [&](beast::error_code connected) {
    if (failed(connected)) {
      return;
    }
    http::async_write(stream, request, [&](beast::error_code written, std::size_t) {
      if (failed(written)) {
        return;
      }
      http::async_read(stream, buffer, response, [&](beast::error_code read, std::size_t) {
        if (!failed(read)) {
          answer.status = response.result_int();
          answer.body = response.body();
        }
      });
    });
  });
  io.run();
  return answer;
}

}  // namespace gabion::proxy::demo
