// One replayed request run through the engine.
#pragma once

#include <memory>

#include "inspect/scratch.h"
#include "inspect/waf/engine/transaction.h"
#include "proxy/commands/waf/replay_request.h"

namespace gabion::proxy::waf {

/// The engine with all it needs on one thread.
class Judge {
 public:
  explicit Judge(std::shared_ptr<const inspect::waf::plan::Plan> plan);

  /// Error: no memory for the pattern engines.
  [[nodiscard]] config::Result<void> prepare();
  /// All phases; those of the response only where there is one. What it found stays until the next call.
  const inspect::waf::engine::Transaction& judge(const Request& request);

 private:
  [[nodiscard]] bool judge_request(const Request& request);
  void judge_response(const Answer& answer);

  std::shared_ptr<const inspect::waf::plan::Plan> plan_;
  inspect::Scratch scratch_;
  inspect::waf::engine::PersistentTable persistent_;
  inspect::waf::engine::Transaction transaction_;
};

/// The word for it in output: "pass", "deny", "drop", "redirect".
[[nodiscard]] const char* to_string(inspect::waf::engine::Action action) noexcept;

}  // namespace gabion::proxy::waf
