// From what was typed to a plan: which words go together, and what each means.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load/plan.h"
#include "config/result.h"

namespace gabion::bench {

/// As it was typed; empty is left out.
struct Typed {
  std::string url, duration = "10s", warmup = "0s", timeout = "10s", rate, mix, method, body, body_file, body_bytes;
  std::string authority, certificate, key, server_id, source, slow_rate = "1KiB/s", expect, max_errors = "0", json;
  std::vector<std::string> headers;
  std::uint32_t connections = 32, threads = 1, idle = 0, slow = 0;
  std::optional<std::uint64_t> requests;
  bool http2 = false, grpc = false, websocket = false, churn = false, progress = false, quiet = false;
};

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

/// 0 to 1e9.
[[nodiscard]] config::Result<double> parse_number(std::string_view text);

/// Reads files where they are named. `plan` is whole only if the checker has no error.
void read_plan(const Typed& typed, Plan& plan, Checker& checker);

}  // namespace gabion::bench
