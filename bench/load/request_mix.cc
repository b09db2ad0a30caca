// The requests of a run, rendered to bytes once: see request_mix.h.
#include "bench/load/request_mix.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "proxy/protocol/http1/field_id.h"

namespace gabion::bench {
namespace {

using proxy::http1::equals_lower;

bool has_header(const RequestSpec& spec, std::string_view lower_name) {
  return std::any_of(spec.headers.begin(), spec.headers.end(),
                     [&](const auto& header) { return equals_lower(header.first, lower_name); });
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
  request.fields = {
      {":method", spec.method}, {":scheme", setting.scheme}, {":authority", setting.authority}, {":path", spec.path}};
  for (const auto& [name, value] : spec.headers) {
    if (equals_lower(name, "host")) {
      request.fields[2].second = value;
    } else {
      request.fields.emplace_back(lower(name), value);
    }
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
  if (setting.version == HttpVersion::kHttp2) {
    render_fields(spec, setting, request);
    return request;
  }
  std::string& out = request.bytes;
  out.reserve(spec.body.size() + 512);
  out += fmt::format("{} {} HTTP/1.1\r\n", spec.method, spec.path);
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
