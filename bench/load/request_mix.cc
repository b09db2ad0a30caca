// The requests of a run, rendered to bytes once: see request_mix.h.
#include "bench/load/request_mix.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "bench/load/grpc_answer.h"
#include "bench/load/websocket_request.h"
#include "proxy/protocol/http1/field_id.h"

namespace gabion::bench {
namespace {

using proxy::http1::equals_lower;

bool has_header(const RequestSpec& spec, std::string_view lower_name) {
  return std::any_of(spec.headers.begin(), spec.headers.end(),
                     [&](const auto& header) { return equals_lower(header.first, lower_name); });
}

std::string_view method_of(const RequestSpec& spec, Exchange exchange) noexcept {
  if (!spec.method.empty()) {
    return spec.method;
  }
  return exchange == Exchange::kGrpc ? "POST" : "GET";
}

/// POST, PUT and PATCH say how long their body is even when it is empty (RFC 9110 §8.6).
bool announces_length(const RequestSpec& spec) {
  return !spec.body.empty() || spec.method == "POST" || spec.method == "PUT" || spec.method == "PATCH";
}

std::string lower(std::string_view name) {
  std::string found(name);
  std::transform(found.begin(), found.end(), found.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return found;
}

/// RFC 9113 §8.3.1: the pseudo-header fields, then the others in lower case; Host is :authority.
void render_fields(const RequestSpec& spec, const RenderSetting& setting, Request& request) {
  request.fields = {{":method", std::string(method_of(spec, setting.exchange))},
                    {":scheme", setting.scheme},
                    {":authority", setting.authority},
                    {":path", spec.path}};
  for (const auto& [name, value] : spec.headers) {
    if (equals_lower(name, "host")) {
      request.fields[2].second = value;
    } else {
      request.fields.emplace_back(lower(name), value);
    }
  }
  if (setting.exchange == Exchange::kGrpc) {
    if (!has_header(spec, "content-type")) {
      request.fields.emplace_back("content-type", "application/grpc");
    }
    request.fields.emplace_back("te", "trailers");
    request.body = grpc_framed(spec.body);  // clients of gRPC do not announce its length
    return;
  }
  if (announces_length(spec)) {
    request.fields.emplace_back("content-length", std::to_string(spec.body.size()));
  }
  request.body = spec.body;
}

Request render_one(const RequestSpec& spec, const RenderSetting& setting) {
  Request request;
  request.is_head = spec.method == "HEAD";
  request.expect = spec.expect.value_or(setting.expect);
  if (setting.exchange == Exchange::kWebSocket) {
    request.bytes = websocket_frame(spec.body);
    request.body = spec.body;
    request.is_text = is_websocket_text(spec.body);
    return request;
  }
  if (setting.version == HttpVersion::kHttp2) {
    render_fields(spec, setting, request);
    return request;
  }
  std::string& out = request.bytes;
  out.reserve(spec.body.size() + 512);
  out += fmt::format("{} {} HTTP/1.1\r\n", method_of(spec, setting.exchange), spec.path);
  if (!has_header(spec, "host")) {
    out += fmt::format("Host: {}\r\n", setting.authority);
  }
  for (const auto& [name, value] : spec.headers) {
    out += fmt::format("{}: {}\r\n", name, value);
  }
  if (setting.reuse == Reuse::kChurn) {
    out += "Connection: close\r\n";
  }
  if (announces_length(spec)) {
    out += fmt::format("Content-Length: {}\r\n", spec.body.size());
  }
  out += "\r\n";
  out += spec.body;
  return request;
}

/// "/package.Service/Method".
bool is_grpc_path(std::string_view path) {
  const auto slash = path.find('/', 1);
  return slash != std::string_view::npos && slash > 1 && slash + 1 < path.size() &&
         path.find_first_of("/?", slash + 1) == std::string_view::npos;
}

/// What the exchange asks of a request beyond HTTP; `first` is the mix's first.
config::Result<void> check_exchange(const RequestSpec& spec, const RequestSpec& first, const RenderSetting& setting) {
  const auto expect = spec.expect.value_or(setting.expect);
  switch (setting.exchange) {
    case Exchange::kHttp:
      break;
    case Exchange::kGrpc:
      if (!is_grpc_path(spec.path)) {
        return config::Error{fmt::format("{} is not the path of a call, /package.Service/Method", spec.path),
                             spec.name};
      }
      if (method_of(spec, setting.exchange) != "POST") {
        return config::Error{"a gRPC call is a POST", spec.name};
      }
      if (expect.names_http()) {
        return config::Error{"a gRPC call is answered with a grpc-status: 0 to 16 is to be expected", spec.name};
      }
      return {};
    case Exchange::kWebSocket:
      if (method_of(spec, setting.exchange) != "GET") {
        return config::Error{"WebSocket begins with a GET", spec.name};
      }
      if (spec.path != first.path || spec.headers != first.headers) {
        return config::Error{"all messages of a WebSocket have the path and the headers of the first", spec.name};
      }
      if (std::any_of(spec.headers.begin(), spec.headers.end(),
                      [](const auto& header) { return lower(header.first).starts_with("sec-websocket-"); })) {
        return config::Error{"Sec-WebSocket headers are made by the load generator itself", spec.name};
      }
      break;
  }
  return expect.names_grpc() ? config::Error{"0 to 16 is a grpc-status: only --grpc has them", spec.name}
                             : config::Result<void>();
}

/// Smooth weighted round robin: who has waited longest for its share is next.
std::vector<std::uint32_t> spread(const std::vector<std::int64_t>& weights, std::int64_t turns) {
  std::vector<std::uint32_t> order;
  std::vector<std::int64_t> credit(weights.size());
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      credit[i] += weights[i];
    }
    const auto next = std::max_element(credit.begin(), credit.end());
    *next -= turns;
    order.push_back(static_cast<std::uint32_t>(next - credit.begin()));
  }
  return order;
}

}  // namespace

config::Result<RequestMix> RequestMix::render(const std::vector<RequestSpec>& specs, const RenderSetting& setting) {
  RequestMix mix;
  if (specs.empty()) {
    return config::Error{"there is no request", ""};
  }
  std::vector<std::int64_t> weights;
  std::int64_t divisor = specs.front().weight;
  for (const auto& spec : specs) {
    if (std::count_if(spec.headers.begin(), spec.headers.end(),
                      [](const auto& header) { return equals_lower(header.first, "host"); }) > 1) {
      return config::Error{"more than one Host header", spec.name};
    }
    if (const auto checked = check_exchange(spec, specs.front(), setting); checked.has_error()) {
      return checked.error();
    }
    mix.requests_.push_back(render_one(spec, setting));
    weights.push_back(spec.weight);
    divisor = std::gcd(divisor, std::int64_t{spec.weight});
  }
  for (auto& weight : weights) {
    weight /= divisor;
  }
  const auto turns = std::accumulate(weights.begin(), weights.end(), std::int64_t{0});
  if (turns > kMaxTurns) {
    return config::Error{fmt::format("the weights sum up to {}; at most {} is possible", turns, kMaxTurns), ""};
  }
  if (setting.exchange == Exchange::kWebSocket) {
    mix.upgrade_ = websocket_upgrade(specs.front(), setting.authority);
  }
  mix.order_ = spread(weights, turns);
  return mix;
}

config::Result<void> check_header(std::string_view name, std::string_view value) {
  if (!proxy::http1::is_token(name)) {
    return config::Error{fmt::format("\"{}\" is not a header's name", name.substr(0, 64)), ""};
  }
  for (const std::string_view own : {"content-length", "transfer-encoding", "connection", "upgrade", "te", "expect"}) {
    if (equals_lower(name, own)) {
      return config::Error{fmt::format("{} is made by the load generator itself", name), ""};
    }
  }
  const bool clean = std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  });
  if (!clean) {
    return config::Error{fmt::format("the value of {} must not hold control characters", name), ""};
  }
  return {};
}

config::Result<void> check_method(std::string_view method) {
  if (!proxy::http1::is_token(method) || method == "CONNECT") {
    return config::Error{fmt::format("\"{}\" is not a method that can be sent", method.substr(0, 64)), ""};
  }
  return {};
}

}  // namespace gabion::bench
