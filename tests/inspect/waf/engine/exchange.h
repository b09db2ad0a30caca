// An exchange written down, and what rules written down beside it make of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inspect/scratch.h"
#include "inspect/waf/engine/transaction.h"
#include "inspect/waf/plan/compile.h"
#include "inspect/waf/seclang/load.h"

namespace gabion::inspect::waf::engine {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Exchange {
  std::string method = "GET";
  std::string target = "/";
  Headers headers{{"Host", "a.example"}};
  std::string body;
  unsigned status = 0;  ///< 0: no response
  Headers response_headers{{"Content-Type", "text/html"}};
  std::string response_body;
};

using Ids = std::vector<std::uint32_t>;

/// A plan of rules given as text, and a transaction that runs exchanges through it, one after the other.
class Engine {
 public:
  explicit Engine(const std::string& rules, const plan::Options& options = quick())
      : transaction_(persistent_, scratch_) {
    replace(rules, options);
  }

  /// Other rules on the same worker.
  void replace(const std::string& rules, const plan::Options& options = quick()) {
    const auto loaded = seclang::load_text(rules, "test.conf");
    if (!loaded) {
      ADD_FAILURE() << loaded.error().front().to_string();
      return;
    }
    auto compiled = plan::compile(*loaded, options);
    if (!compiled) {
      ADD_FAILURE() << compiled.error().front().to_string();
      return;
    }
    plan_ = *compiled;
    EXPECT_TRUE(Transaction::prepare(*plan_, scratch_));
  }

  const Transaction& run(const Exchange& exchange) {
    transaction_.begin(plan_, {"10.0.0.1", 1234, "10.0.0.2", 80}, "id-1", now);
    if (scan_limit) {
      transaction_.set_scan_limit(*scan_limit);
    }
    transaction_.request_line(exchange.method, exchange.target, "HTTP/1.1");
    for (const auto& [name, value] : exchange.headers) {
      transaction_.request_header(name, value);
    }
    bool goes_on = transaction_.end_request_headers().action == Action::kPass;
    if (goes_on) {
      static_cast<void>(transaction_.request_body(exchange.body));
      goes_on = transaction_.end_request_body().action == Action::kPass;
    }
    if (goes_on && exchange.status != 0) {
      answer(exchange);
    }
    transaction_.finish();
    return transaction_;
  }

  [[nodiscard]] const plan::Plan& plan() const { return *plan_; }
  [[nodiscard]] const std::shared_ptr<const plan::Plan>& shared_plan() const { return plan_; }
  [[nodiscard]] Scratch& scratch() { return scratch_; }

  /// Ready at once.
  [[nodiscard]] static plan::Options quick() {
    plan::Options options;
    options.databases = plan::Options::Databases::kQuick;
    return options;
  }

  std::chrono::system_clock::time_point now{std::chrono::seconds{1'700'000'000}};
  std::optional<std::uint64_t> scan_limit;

 private:
  void answer(const Exchange& exchange) {
    transaction_.response_line(static_cast<std::uint16_t>(exchange.status), "HTTP/1.1");
    for (const auto& [name, value] : exchange.response_headers) {
      transaction_.response_header(name, value);
    }
    if (transaction_.end_response_headers().action == Action::kPass) {
      static_cast<void>(transaction_.response_body(exchange.response_body));
      static_cast<void>(transaction_.end_response_body());
    }
  }

  Scratch scratch_;
  PersistentTable persistent_;
  std::shared_ptr<const plan::Plan> plan_;
  Transaction transaction_;
};

inline Ids ids_of(const Transaction& transaction) {
  Ids ids;
  for (const auto& hit : transaction.hits()) {
    ids.push_back(hit.rule_id);
  }
  return ids;
}

}  // namespace gabion::inspect::waf::engine
