// Feeds a transaction the way the proxy does.
#include "proxy/commands/waf/judge.h"

namespace gabion::proxy::waf {

using inspect::waf::engine::Action;
using inspect::waf::engine::Connection;
using inspect::waf::engine::Transaction;

Judge::Judge(std::shared_ptr<const inspect::waf::plan::Plan> plan)
    : plan_(std::move(plan)),
      persistent_(std::chrono::seconds{plan_->engine.collection_timeout_seconds}),
      transaction_(persistent_, scratch_) {}

config::Result<void> Judge::prepare() {
  return Transaction::prepare(*plan_, scratch_);
}

bool Judge::judge_request(const Request& request) {
  transaction_.request_line(request.method, request.uri, request.version);
  for (const auto& [name, value] : request.headers) {
    transaction_.request_header(name, value);
  }
  if (transaction_.end_request_headers().action != Action::kPass) {
    return false;
  }
  if (!request.body.empty() && transaction_.request_body(request.body).action != Action::kPass) {
    return false;
  }
  return transaction_.end_request_body().action == Action::kPass;
}

void Judge::judge_response(const Answer& answer) {
  transaction_.response_line(answer.status, "HTTP/1.1");
  for (const auto& [name, value] : answer.headers) {
    transaction_.response_header(name, value);
  }
  if (transaction_.end_response_headers().action != Action::kPass) {
    return;
  }
  if (!answer.body.empty() && transaction_.response_body(answer.body).action != Action::kPass) {
    return;
  }
  static_cast<void>(transaction_.end_response_body());
}

const Transaction& Judge::judge(const Request& request) {
  const Connection connection{"127.0.0.1", 50000, "127.0.0.1", 80};
  transaction_.begin(plan_, connection, request.id, std::chrono::system_clock::now());
  if (judge_request(request) && request.response) {
    judge_response(*request.response);
  }
  transaction_.finish();
  return transaction_;
}

const char* to_string(Action action) noexcept {
  switch (action) {
    case Action::kPass:
      return "pass";
    case Action::kDeny:
      return "deny";
    case Action::kDrop:
      return "drop";
    case Action::kRedirect:
      return "redirect";
  }
  return "pass";
}

}  // namespace gabion::proxy::waf
