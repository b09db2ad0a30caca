// A result as a table for people and as JSON for programs: see report.h.
#include "bench/load/report.h"

#include <fmt/format.h>

#include <array>

namespace gabion::bench {
namespace {

constexpr std::array<double, 4> kPercentiles = {50, 90, 99, 99.9};

double per_second(std::uint64_t count, double seconds) noexcept {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::string json_of(const Histogram& histogram) {
  std::string out =
      fmt::format(R"({{"min":{},"mean":{:.1f},"stddev":{:.1f})", histogram.min(), histogram.mean(), histogram.stddev());
  for (const double percent : kPercentiles) {
    out += fmt::format(R"(,"p{:g}":{})", percent, histogram.percentile(percent));
  }
  return out + fmt::format(R"(,"max":{}}})", histogram.max());
}

std::string errors_json(const Tally& tally) {
  std::string out = fmt::format(R"({{"total":{})", tally.total_errors());
  for (std::size_t i = 0; i < kFailureNames.size(); ++i) {
    out += fmt::format(R"(,"{}":{})", kFailureNames[i], tally.errors[i]);
  }
  return out + '}';
}

std::string status_json(const Tally& tally) {
  std::string out;
  for (std::size_t status = 0; status < tally.status.size(); ++status) {
    if (tally.status[status] != 0) {
      out += fmt::format(R"({}"{}":{})", out.empty() ? "" : ",", status, tally.status[status]);
    }
  }
  return '{' + out + '}';
}

/// Codes by number; the last of the tally are those gRPC does not know.
std::string grpc_name(std::size_t code) {
  return code < kGrpcStatuses ? std::to_string(code) : "other";
}

std::string grpc_json(const Tally& tally) {
  std::string out;
  for (std::size_t code = 0; code < tally.grpc_status.size(); ++code) {
    if (tally.grpc_status[code] != 0) {
      out += fmt::format(R"({}"{}":{})", out.empty() ? "" : ",", grpc_name(code), tally.grpc_status[code]);
    }
  }
  return '{' + out + '}';
}

/// "1234567" as "1,234,567".
std::string grouped(std::uint64_t number) {
  std::string text = fmt::format("{}", number);
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, 1, ',');
  }
  return text;
}

/// Three digits that matter: "85 µs", "1.24 ms", "2.05 s".
std::string time_text(double microseconds) {
  if (microseconds < 1'000) {
    return fmt::format("{:.0f} µs", microseconds);
  }
  return microseconds < 1e6 ? fmt::format("{:.3g} ms", microseconds / 1e3)
                            : fmt::format("{:.3g} s", microseconds / 1e6);
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 4> kUnits = {"B", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  while (bytes >= 1'000 && unit + 1 < kUnits.size()) {
    bytes /= 1'024;
    ++unit;
  }
  return fmt::format("{:.3g} {}", bytes, kUnits[unit]);
}

/// A table of names and values.
class Table {
 public:
  explicit Table(Colour colour) noexcept : colour_(colour) {}

  void row(std::string_view name, std::string_view value) { out_ += fmt::format("  {:<12}{}\n", name, value); }
  void title(std::string_view text) { out_ += paint("1", text) + '\n'; }
  [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const {
    return colour_ == Colour::kAnsi ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  Colour colour_;
  std::string out_;
};

std::string latency_text(const Histogram& histogram) {
  std::string out;
  for (const double percent : kPercentiles) {
    out += fmt::format("p{:g} {}   ", percent, time_text(static_cast<double>(histogram.percentile(percent))));
  }
  return out + fmt::format("max {}", time_text(static_cast<double>(histogram.max())));
}

std::string errors_text(const Tally& tally) {
  std::string out = grouped(tally.total_errors());
  for (std::size_t i = 0; i < kFailureNames.size(); ++i) {
    if (tally.errors[i] != 0) {
      out += fmt::format("   {} {}", kFailureNames[i], grouped(tally.errors[i]));
    }
  }
  return out;
}

std::string status_text(const Tally& tally) {
  std::string out;
  for (std::size_t status = 0; status < tally.status.size(); ++status) {
    if (tally.status[status] != 0) {
      out += fmt::format("{}{} {}", out.empty() ? "" : "   ", status, grouped(tally.status[status]));
    }
  }
  return out.empty() ? "none" : out;
}

std::string grpc_text(const Tally& tally) {
  std::string out;
  for (std::size_t code = 0; code < tally.grpc_status.size(); ++code) {
    if (tally.grpc_status[code] != 0) {
      out += fmt::format("{}{} {}", out.empty() ? "" : "   ", grpc_name(code), grouped(tally.grpc_status[code]));
    }
  }
  return out.empty() ? "none" : out;
}

std::string title_text(const Outcome& outcome, const Plan& plan) {
  const auto loop = plan.rate ? fmt::format("open loop, {:g} requests/s", *plan.rate) : std::string("closed loop");
  return fmt::format("{}://{}  {}, connections {}, threads {}, {:.2f} s{}",
                     plan.target.scheme == Scheme::kHttp ? "http" : "https", plan.target.authority, loop,
                     plan.connections, plan.threads, outcome.seconds, outcome.interrupted ? ", interrupted" : "");
}

}  // namespace

std::string to_json(const Outcome& outcome, const Plan& plan) {
  const Tally& tally = outcome.tally;
  std::string out =
      fmt::format(R"({{"requests":{},"seconds":{:.3f},"rps":{:.1f},"errors":{},"status":{})", tally.requests,
                  outcome.seconds, per_second(tally.requests, outcome.seconds), errors_json(tally), status_json(tally));
  out +=
      fmt::format(R"(,"unfinished":{},"bytes_sent":{},"bytes_received":{},"connections_opened":{},"handshakes":{})",
                  tally.unfinished, tally.bytes_sent, tally.bytes_received, tally.connections_opened, tally.handshakes);
  out += fmt::format(R"(,"idle_open":{},"slow":{{"requests":{},"bytes":{},"errors":{}}},"latency_us":{})",
                     tally.idle_open, tally.slow_requests, tally.slow_bytes, tally.slow_errors, json_of(tally.latency));
  if (plan.exchange == Exchange::kGrpc) {
    out += fmt::format(R"(,"grpc_status":{})", grpc_json(tally));
  }
  if (plan.rate) {
    out += fmt::format(R"(,"late_us":{})", json_of(tally.late));
  }
  return out +
         fmt::format(R"(,"cpu_seconds":{{"user":{:.3f},"system":{:.3f}}}}})", outcome.cpu.user, outcome.cpu.system);
}

std::string to_table(const Outcome& outcome, const Plan& plan, Colour colour) {
  const Tally& tally = outcome.tally;
  Table table(colour);
  table.title(title_text(outcome, plan));
  table.row("requests", fmt::format("{}   {}/s", grouped(tally.requests),
                                    grouped(static_cast<std::uint64_t>(per_second(tally.requests, outcome.seconds)))));
  table.row("errors", table.paint(tally.total_errors() == 0 ? "32" : "31", errors_text(tally)));
  table.row("status", status_text(tally));
  if (plan.exchange == Exchange::kGrpc) {
    table.row("grpc-status", grpc_text(tally));
  }
  if (tally.unfinished != 0) {
    table.row("unfinished", table.paint("33", grouped(tally.unfinished)));
  }
  table.row("latency", latency_text(tally.latency));
  table.row("", fmt::format("mean {}   stddev {}", time_text(tally.latency.mean()), time_text(tally.latency.stddev())));
  if (plan.rate) {
    table.row("sent late", latency_text(tally.late));
  }
  table.row("bytes",
            fmt::format("{}/s received   {}/s sent", bytes_text(per_second(tally.bytes_received, outcome.seconds)),
                        bytes_text(per_second(tally.bytes_sent, outcome.seconds))));
  table.row("connections",
            fmt::format("{} opened   {} handshakes", grouped(tally.connections_opened), grouped(tally.handshakes)));
  if (plan.idle != 0) {
    table.row("idle", fmt::format("{} of {} open at the end", grouped(tally.idle_open), grouped(plan.idle)));
  }
  if (plan.slow != 0) {
    table.row("slow", fmt::format("{} answers   {} bytes   {} errors", grouped(tally.slow_requests),
                                  grouped(tally.slow_bytes), grouped(tally.slow_errors)));
  }
  table.row("own CPU", fmt::format("user {:.2f} s   system {:.2f} s", outcome.cpu.user, outcome.cpu.system));
  return table.take();
}

std::string to_line(const Progress& progress, const Progress& last, const Plan& plan) {
  const auto warmup = static_cast<std::uint64_t>(plan.warmup.count()) / 1'000;
  if (progress.requests == 0 && progress.errors == 0 && progress.seconds <= warmup) {
    return fmt::format("{:>4} s  warming up", progress.seconds);
  }
  return fmt::format("{:>4} s  {:>10}/s  {} errors", progress.seconds, grouped(progress.requests - last.requests),
                     grouped(progress.errors));
}

}  // namespace gabion::bench
