// The command line of gabion-bench: see command_line.h.
#include "bench/load/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <optional>
#include <vector>

#include "bench/load/mix_file.h"
#include "config/units.h"
#include "proxy/protocol/http1/field_id.h"

namespace gabion::bench {
namespace {

constexpr std::uint32_t kMaxClients = 1'000'000;

/// As it was typed; empty is left out.
struct Typed {
  std::string url, duration = "10s", warmup = "0s", timeout = "10s", rate, mix, method, body, body_file;
  std::string authority, certificate, key, server_id, source, slow_rate = "1KiB/s", expect = "2xx", max_errors = "0",
                                                              json;
  std::vector<std::string> headers;
  std::uint32_t connections = 32, threads = 1, idle = 0, slow = 0;
  std::optional<std::uint64_t> requests;
  bool http2 = false, churn = false, progress = false, quiet = false;
};

constexpr const char* kFooter =
    "Durations are 500ms, 10s, 2m; sizes 512, 64KiB, 1MiB.\n"
    "Without --rate each connection sends its next request when the answer is in. With --rate requests are due at a\n"
    "constant rate whatever the server does, and latency counts from the moment a request was due.\n"
    "Exit: 0 well, 1 more errors than --max-errors or no answer at all, 2 wrong command line or file.\n"
    "Example:\n"
    "  gabion-bench -c 64 -d 10s --warmup 1s http://127.0.0.1:8080/index.html\n"
    "  gabion-bench --rate 2000/s --ca ca.crt --cert tls.crt --key tls.key --json - https://127.0.0.1:15006/";

CLI::Range between(std::uint32_t least, std::uint32_t most) {
  CLI::Range range(least, most);
  range.description("");  // else the help page repeats it behind every option
  return range;
}

void add_load_options(CLI::App& app, Typed& typed) {
  app.add_option("-c,--connections", typed.connections, "Connections that are measured")
      ->type_name("N")
      ->check(between(1, kMaxClients))
      ->capture_default_str();
  app.add_option("-t,--threads", typed.threads, "Threads; each has its share of everything")
      ->type_name("N")
      ->check(between(1, 256))
      ->capture_default_str();
  app.add_option("-d,--duration", typed.duration, "How long to count")->type_name("TIME")->capture_default_str();
  app.add_option("-n,--requests", typed.requests, "End after so many requests, if that comes first")->type_name("N");
  app.add_option("--warmup", typed.warmup, "Load before counting begins")->type_name("TIME")->capture_default_str();
  app.add_option("-r,--rate", typed.rate, "Requests a second over all connections, as 500/s (open loop)")
      ->type_name("R/s");
  app.add_option("--timeout", typed.timeout, "For connecting and for each answer")
      ->type_name("TIME")
      ->capture_default_str();
  app.add_flag("--http2", typed.http2,
               "HTTP/2, one stream at a time: by ALPN with https, by prior knowledge with http");
  app.add_flag("--churn", typed.churn, "A new connection, and with TLS a full handshake, for each request");
  app.add_option("--idle", typed.idle, "More connections that do nothing")
      ->type_name("N")
      ->check(between(0, kMaxClients));
  app.add_option("--slow", typed.slow, "More clients that read slowly, counted apart")
      ->type_name("N")
      ->check(between(0, kMaxClients));
  app.add_option("--slow-rate", typed.slow_rate, "Bytes a second each of them reads")
      ->type_name("SIZE/s")
      ->capture_default_str();
  app.add_option("--source", typed.source, "Address to connect from")->type_name("ADDRESS");
}

void add_request_options(CLI::App& app, Typed& typed) {
  app.add_option("-m,--mix", typed.mix, "A LoadMix file instead of one request")->type_name("FILE");
  app.add_option("-X,--method", typed.method, "GET unless told otherwise")->type_name("METHOD");
  app.add_option("-H,--header", typed.headers, "\"Name: value\", also in front of a mix's own; may be repeated")
      ->type_name("HEADER")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--body", typed.body, "Body of the request")->type_name("TEXT");
  app.add_option("--body-file", typed.body_file, "The same from a file")->type_name("FILE");
  app.add_option("--expect", typed.expect, "Statuses that are no error, as 200,403 or 4xx")
      ->type_name("LIST")
      ->capture_default_str();
}

void add_tls_options(CLI::App& app, Typed& typed) {
  app.add_option("--ca", typed.authority, "PEM roots the server's chain must end in; https needs it")
      ->type_name("FILE");
  app.add_option("--cert", typed.certificate, "PEM chain to show; needs --key")->type_name("FILE");
  app.add_option("--key", typed.key, "Its PEM key")->type_name("FILE");
  app.add_option("--server-id", typed.server_id, "SPIFFE id the server must have")->type_name("ID");
}

void add_result_options(CLI::App& app, Typed& typed) {
  app.add_option("--max-errors", typed.max_errors, "A number, or a share as 0.1%; more is exit 1")
      ->type_name("N|P%")
      ->capture_default_str();
  app.add_option("--json", typed.json, "Write the result to a file, - is standard output")->type_name("FILE");
  app.add_flag("--progress", typed.progress, "A line a second even where standard error is no terminal");
  app.add_flag("--quiet", typed.quiet, "No table, no progress");
}

/// The first error of the options whose form CLI11 does not know; value() is asked for one after the other.
class Checker {
 public:
  template <class Value>
  Value take(std::string_view option, config::Result<Value> result) {
    if (result) {
      return *std::move(result);
    }
    if (!error_) {
      error_ = fmt::format("{}: {}", option, result.error().to_string());
    }
    return Value{};
  }
  void check(std::string_view option, const config::Result<void>& result) {
    if (result.has_error() && !error_) {
      error_ = fmt::format("{}: {}", option, result.error().to_string());
    }
  }
  void refuse(std::string what) {
    if (!error_) {
      error_ = std::move(what);
    }
  }
  [[nodiscard]] const std::optional<std::string>& error() const noexcept { return error_; }

 private:
  std::optional<std::string> error_;
};

config::Result<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1e9)) {
    return config::Error{fmt::format("\"{}\" is not a number of 0 to 1e9", text.substr(0, 64)), ""};
  }
  return value;
}

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

RequestSpec read_one_request(const Typed& typed, const Plan& plan, Checker& checker) {
  if (!typed.body.empty() && !typed.body_file.empty()) {
    checker.refuse("--body and --body-file are two bodies for one request");
  }
  RequestSpec spec;
  spec.name = "command line";
  spec.method = typed.method.empty() ? "GET" : typed.method;
  checker.check("--method", check_method(spec.method));
  spec.path = plan.target.path;
  spec.body = typed.body_file.empty() ? typed.body : checker.take("--body-file", read_body_file(typed.body_file));
  return spec;
}

std::vector<RequestSpec> read_mix(const Typed& typed, Checker& checker) {
  if (!typed.method.empty() || !typed.body.empty() || !typed.body_file.empty()) {
    checker.refuse("--method, --body and --body-file describe one request; --mix has its own");
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

void read_plan(const Typed& typed, Plan& plan, Checker& checker) {
  plan.target = checker.take("URL", Target::parse(typed.url));
  if (!typed.source.empty()) {
    plan.source = checker.take("--source", config::IpAddress::parse(typed.source));
  }
  plan.version = typed.http2 ? HttpVersion::kHttp2 : HttpVersion::kHttp1;
  plan.reuse = typed.churn ? Reuse::kChurn : Reuse::kKeepAlive;
  plan.threads = typed.threads;
  plan.connections = typed.connections;
  plan.idle = typed.idle;
  plan.slow = typed.slow;
  if (typed.http2 && typed.slow != 0) {
    checker.refuse("--slow: slow clients speak HTTP/1.1 only");
  }
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
  const RenderSetting setting{plan.target.authority, checker.take("--expect", StatusSet::parse(typed.expect)),
                              plan.reuse, plan.version, plan.target.scheme == Scheme::kHttp ? "http" : "https"};
  const auto specs = read_specs(typed, plan, checker);
  if (!checker.error()) {
    plan.mix = checker.take("requests", RequestMix::render(specs, setting));
  }
  plan.tls = read_tls(typed, plan, checker);
}

ProgressLines progress_of(const Typed& typed) noexcept {
  if (typed.quiet) {
    return ProgressLines::kNever;
  }
  return typed.progress ? ProgressLines::kAlways : ProgressLines::kOnTerminal;
}

}  // namespace

config::Result<ErrorLimit> ErrorLimit::parse(std::string_view text) {
  ErrorLimit limit;
  if (text.ends_with('%')) {
    const auto percent = parse_number(text.substr(0, text.size() - 1));
    if (!percent || *percent > 100) {
      return config::Error{fmt::format("\"{}\" is not a share of 0% to 100%", text.substr(0, 64)), ""};
    }
    limit.percent = *percent;
    return limit;
  }
  const auto count = config::parse_count(text);
  if (!count) {
    return count.error();
  }
  limit.count = *count;
  return limit;
}

bool ErrorLimit::allows(const Tally& tally) const noexcept {
  if (percent < 0) {
    return tally.total_errors() <= count;
  }
  return static_cast<double>(tally.total_errors()) <= percent / 100 * static_cast<double>(tally.attempts());
}

std::variant<CommandLine, int> read_command_line(int argc, char** argv) {
  CLI::App app("Sends HTTP/1.1 or HTTP/2 requests and says how fast and how well they were answered.", "gabion-bench");
  Typed typed;
  app.add_option("URL", typed.url, "http://host:port/path or https://…; host is an address or localhost")->required();
  add_load_options(app, typed);
  add_request_options(app, typed);
  add_tls_options(app, typed);
  add_result_options(app, typed);
  app.set_version_flag("--version", std::string("gabion-bench ") + GABION_VERSION);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitCommandLine;
  }
  CommandLine line;
  Checker checker;
  read_plan(typed, line.plan, checker);
  line.max_errors = checker.take("--max-errors", ErrorLimit::parse(typed.max_errors));
  line.json_file = typed.json;
  line.progress = progress_of(typed);
  line.quiet = typed.quiet;
  if (checker.error()) {
    std::cerr << *checker.error() << '\n';
    return kExitCommandLine;
  }
  return line;
}

}  // namespace gabion::bench
