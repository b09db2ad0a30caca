// The command line of gabion-bench: see command_line.h.
#include "bench/load/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/load/plan_reader.h"
#include "config/units.h"

namespace gabion::bench {
namespace {

constexpr std::uint32_t kMaxClients = 1'000'000;

constexpr const char* kFooter =
    "Durations are 500ms, 10s, 2m; sizes 512, 64KiB, 1MiB.\n"
    "Without --rate each connection sends its next request when the answer is in. With --rate requests are due at a\n"
    "constant rate whatever the server does, and latency counts from the moment a request was due.\n"
    "Exit: 0 well, 1 more errors than --max-errors or no answer at all, 2 wrong command line or file.\n"
    "With --grpc the URL's path is the method, the body one message as protobuf writes it, and --expect lists\n"
    "grpc-statuses. With --websocket the body is a message, and a request is over when it came back unchanged.\n"
    "Examples:\n"
    "  gabion-bench -c 64 -d 10s --warmup 1s http://127.0.0.1:8080/index.html\n"
    "  gabion-bench --grpc --body-file order.bin http://127.0.0.1:50051/shop.Orders/Place\n"
    "  gabion-bench --websocket -c 100 --body-bytes 1KiB http://127.0.0.1:8080/echo\n"
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
  app.add_flag("--grpc", typed.grpc, "Unary calls, in HTTP/2; the grpc-status of the trailers is looked at");
  app.add_flag("--websocket", typed.websocket, "Messages to a service that echoes them, one at a time on a connection");
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
  app.add_option("-X,--method", typed.method, "GET unless told otherwise, with --grpc POST")->type_name("METHOD");
  app.add_option("-H,--header", typed.headers, "\"Name: value\", also in front of a mix's own; may be repeated")
      ->type_name("HEADER")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--body", typed.body, "Body of the request")->type_name("TEXT");
  app.add_option("--body-file", typed.body_file, "The same from a file")->type_name("FILE");
  app.add_option("--body-bytes", typed.body_bytes, "So many bytes of text")->type_name("SIZE");
  app.add_option("--expect", typed.expect,
                 "Statuses that are no error, as 200,403 or 4xx [2xx; with --grpc 0, with --websocket 101]")
      ->type_name("LIST");
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
  CLI::App app(
      "Sends HTTP/1.1 or HTTP/2 requests, gRPC calls or WebSocket messages and says how fast and how well they were "
      "answered.",
      "gabion-bench");
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
