// From what was typed to a plan: see plan_reader.h.
#include "bench/load/plan_reader.h"

#include <charconv>

#include "bench/load/mix_file.h"
#include "config/units.h"
#include "proxy/protocol/http1/field_id.h"

namespace gabion::bench {
namespace {

std::string_view without_per_second(std::string_view text) noexcept {
  return text.ends_with("/s") ? text.substr(0, text.size() - 2) : text;
}

config::Result<double> parse_rate(std::string_view text) {
  auto rate = parse_number(without_per_second(text));
  if (rate && *rate <= 0) {
    return config::Error{"must be above 0", ""};
  }
  return rate;
}

config::Result<std::chrono::milliseconds> parse_positive_duration(std::string_view text) {
  auto duration = config::parse_duration(text);
  if (duration && (duration->count() == 0 || *duration > std::chrono::hours(24))) {
    return config::Error{"must be 1ms to 24h", ""};
  }
  return duration;
}

config::Result<std::pair<std::string, std::string>> parse_header(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    return config::Error{fmt::format("\"{}\" is not \"Name: value\"", text.substr(0, 64)), ""};
  }
  const auto name = text.substr(0, colon);
  const auto value = proxy::http1::trim_ows(text.substr(colon + 1));
  if (const auto checked = check_header(name, value); checked.has_error()) {
    return checked.error();
  }
  return std::pair(std::string(name), std::string(value));
}

std::string read_body(const Typed& typed, Checker& checker) {
  if (!typed.body_file.empty()) {
    return checker.take("--body-file", read_body_file(typed.body_file));
  }
  if (typed.body_bytes.empty()) {
    return typed.body;
  }
  const auto bytes = checker.take("--body-bytes", config::parse_bytes(typed.body_bytes));
  if (bytes > kMaxBodyBytes) {
    checker.refuse("--body-bytes: more than 256MiB");
    return {};
  }
  return make_body(bytes, Fill::kText);
}

RequestSpec read_one_request(const Typed& typed, const Plan& plan, Checker& checker) {
  if (int{!typed.body.empty()} + int{!typed.body_file.empty()} + int{!typed.body_bytes.empty()} > 1) {
    checker.refuse("--body, --body-file and --body-bytes: one request has one body");
  }
  RequestSpec spec;
  spec.name = "command line";
  spec.method = typed.method;
  if (!typed.method.empty()) {
    checker.check("--method", check_method(spec.method));
  }
  spec.path = plan.target.path;
  spec.body = read_body(typed, checker);
  return spec;
}

std::vector<RequestSpec> read_mix(const Typed& typed, Checker& checker) {
  if (!typed.method.empty() || !typed.body.empty() || !typed.body_file.empty() || !typed.body_bytes.empty()) {
    checker.refuse("--method, --body, --body-file and --body-bytes describe one request; --mix has its own");
  }
  auto mix = load_mix(typed.mix);
  if (mix.has_value()) {
    return *std::move(mix);
  }
  std::string lines;
  for (const auto& error : mix.error()) {
    lines += (lines.empty() ? "" : "\n") + error.to_string();
  }
  checker.refuse(std::move(lines));
  return {};
}

std::vector<RequestSpec> read_specs(const Typed& typed, const Plan& plan, Checker& checker) {
  auto specs =
      typed.mix.empty() ? std::vector<RequestSpec>{read_one_request(typed, plan, checker)} : read_mix(typed, checker);
  std::ptrdiff_t place = 0;
  for (const auto& text : typed.headers) {
    const auto header = checker.take("--header", parse_header(text));
    for (auto& spec : specs) {
      spec.headers.insert(spec.headers.begin() + place, header);
    }
    ++place;
  }
  return specs;
}

std::shared_ptr<const TlsSetting> read_tls(const Typed& typed, const Plan& plan, Checker& checker) {
  if (typed.certificate.empty() != typed.key.empty()) {
    checker.refuse("--cert and --key need each other");
  }
  const bool asked = !typed.authority.empty() || !typed.certificate.empty() || !typed.server_id.empty();
  if (plan.target.scheme == Scheme::kHttp) {
    if (asked) {
      checker.refuse("--ca, --cert, --key and --server-id are for https");
    }
    return nullptr;
  }
  if (typed.authority.empty()) {
    checker.refuse("https needs --ca: a server nobody vouches for is not measured");
    return nullptr;
  }
  TlsFiles files{typed.authority, typed.certificate, typed.key, {}, plan.target.server_name, plan.version};
  if (!typed.server_id.empty()) {
    files.server_id = checker.take("--server-id", config::SpiffeId::parse(typed.server_id));
  }
  return checker.error() ? nullptr : checker.take("TLS", TlsSetting::load(std::move(files)));
}

/// What is spoken, and what cannot be spoken at once.
void read_exchange(const Typed& typed, Plan& plan, Checker& checker) {
  plan.version = typed.http2 || typed.grpc ? HttpVersion::kHttp2 : HttpVersion::kHttp1;
  if (typed.websocket && plan.version == HttpVersion::kHttp2) {
    checker.refuse("--websocket: over HTTP/1.1 only, not with --http2 or --grpc");
  }
  plan.exchange = typed.grpc ? Exchange::kGrpc : typed.websocket ? Exchange::kWebSocket : Exchange::kHttp;
  if (typed.slow != 0 && (plan.version == HttpVersion::kHttp2 || typed.websocket)) {
    checker.refuse("--slow: slow clients send requests of HTTP/1.1 only");
  }
}

StatusSet read_expected(const Typed& typed, Exchange exchange, Checker& checker) {
  if (!typed.expect.empty()) {
    return checker.take("--expect", StatusSet::parse(typed.expect));
  }
  switch (exchange) {
    case Exchange::kHttp:
      break;
    case Exchange::kGrpc:
      return StatusSet::only(0);
    case Exchange::kWebSocket:
      return StatusSet::only(101);
  }
  return StatusSet::successes();
}

}  // namespace

config::Result<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1e9)) {
    return config::Error{fmt::format("\"{}\" is not a number of 0 to 1e9", text.substr(0, 64)), ""};
  }
  return value;
}

void read_plan(const Typed& typed, Plan& plan, Checker& checker) {
  plan.target = checker.take("URL", Target::parse(typed.url));
  if (!typed.source.empty()) {
    plan.source = checker.take("--source", config::IpAddress::parse(typed.source));
  }
  read_exchange(typed, plan, checker);
  plan.reuse = typed.churn ? Reuse::kChurn : Reuse::kKeepAlive;
  plan.threads = typed.threads;
  plan.connections = typed.connections;
  plan.idle = typed.idle;
  plan.slow = typed.slow;
  plan.slow_bytes_per_second = checker.take("--slow-rate", config::parse_bytes(without_per_second(typed.slow_rate)));
  if (plan.slow_bytes_per_second == 0) {
    checker.refuse("--slow-rate: must be above 0");
  }
  plan.requests = typed.requests;
  if (plan.requests == 0U) {
    checker.refuse("--requests: must be above 0");
  }
  if (!typed.rate.empty()) {
    plan.rate = checker.take("--rate", parse_rate(typed.rate));
  }
  plan.duration = checker.take("--duration", parse_positive_duration(typed.duration));
  plan.warmup = checker.take("--warmup", config::parse_duration(typed.warmup));
  plan.timeout = checker.take("--timeout", parse_positive_duration(typed.timeout));
  if (plan.threads > plan.connections) {
    checker.refuse("--threads: a thread without a connection would do nothing");
  }
  const RenderSetting setting{
      plan.target.authority, read_expected(typed, plan.exchange, checker),           plan.reuse,
      plan.version,          plan.target.scheme == Scheme::kHttp ? "http" : "https", plan.exchange};
  const auto specs = read_specs(typed, plan, checker);
  if (!checker.error()) {
    plan.mix = checker.take("requests", RequestMix::render(specs, setting));
  }
  plan.tls = read_tls(typed, plan, checker);
}

}  // namespace gabion::bench
