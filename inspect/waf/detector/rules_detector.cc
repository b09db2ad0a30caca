// Leads an exchange through the transactions of its rule sets: see rules_detector.h.
#include "inspect/waf/detector/rules_detector.h"

#include <algorithm>
#include <utility>

#include "inspect/body_type.h"
#include "inspect/match/scratch_impl.h"
#include "inspect/waf/detector/evidence.h"
#include "inspect/waf/detector/rules_state.h"
#include "inspect/waf/engine/worker_space.h"

namespace gabion::inspect::waf {
namespace {

using config::OnLimit;
using engine::Action;

constexpr std::string_view kDetectorName = "waf";
constexpr std::string_view kUnreadableRule = "not-inspectable";
constexpr std::string_view kLimitRule = "body-limit";
constexpr std::string_view kScanLimitRule = "scan-limit";

}  // namespace

/// As the servers that rules were written for spell it.
std::string_view protocol_of(std::uint8_t major_version, std::uint8_t minor_version) noexcept {
  return major_version == 2 ? "HTTP/2.0" : minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

void RulesState::reset(Scratch& scratch, FindingList& findings) noexcept {
  scratch_ = &scratch;
  findings_ = &findings;
  reason_ = Reason::kNone;
  rule_ = {};
  for (Run& run : runs_) {
    run.active = run.request_judged = run.reads_response = run.response_judged = run.finished = run.limit_told = false;
    run.reads_messages = run.is_repeat = false;
    run.told = 0;
    run.told_rules.clear();
  }
}

void RulesState::release() noexcept {
  for (Run& run : runs_) {
    run.active = false;
    for (auto* transaction : {&run.transaction, &run.repeat}) {
      if (*transaction != nullptr) {
        scratch_->impl().space->give_back(std::move(*transaction));
      }
    }
  }
}

std::size_t RulesState::held_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const Run& run : runs_) {
    bytes += run.transaction != nullptr ? run.transaction->held_bytes() : 0;
    bytes += run.repeat != nullptr ? run.repeat->held_bytes() : 0;
  }
  return bytes;
}

void RulesState::choose(std::size_t index, WafMode mode) {
  Run& run = runs_[index];
  run.mode = run.active ? std::max(run.mode, mode) : mode;
  run.active = true;
}

Step RulesState::on_request_head(const RequestHead& head) {
  if (own_) {
    choose(own_->index, own_->mode);
  }
  const std::span<const WafDemand> demands =
      head.demands == nullptr ? std::span<const WafDemand>() : std::span(head.demands->waf);
  for (const WafDemand& demand : demands) {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      if (runs_[i].profile->config.name == demand.rules) {
        choose(i, demand.mode);
      }
    }
  }
  if (head.body_form == BodyForm::kMessages) {
    keep(head);
  }
  for (Run& run : runs_) {
    if (run.active && begin(run, head) == Step::kStop) {
      return Step::kStop;
    }
  }
  return Step::kContinue;
}

/// The transaction's head, through phase 1.
Step RulesState::start(Run& run, const RequestHead& head) {
  if (run.transaction == nullptr) {
    run.transaction = scratch_->impl().space->take();
  }
  if (run.transaction == nullptr) {
    run.transaction = std::make_unique<Transaction>(*scratch_->impl().persistent, *scratch_);
  }
  Transaction& judged = *run.transaction;
  engine::Connection ends;
  if (head.ends != nullptr) {
    ends = {head.ends->client_address, head.ends->client_port, head.ends->server_address, head.ends->server_port};
  }
  judged.begin(run.profile->plan, ends, head.id, head.time);
  judged.set_mode(run.mode == WafMode::kBlock ? seclang::RuleEngine::kOn : seclang::RuleEngine::kDetectionOnly);
  judged.set_scan_limit(bounds_.scan_bytes);
  judged.expect(head.body_unit);
  judged.request_line(head.method, head.target, protocol_of(head.major_version, head.minor_version));
  for (const HeaderField& field : head.received) {
    judged.request_header(field.name, field.value);
  }
  return conclude(run, judged.end_request_headers(), Direction::kRequest);
}

Step RulesState::begin(Run& run, const RequestHead& head) {
  if (start(run, head) == Step::kStop) {
    return Step::kStop;
  }
  if (!head.has_body || !run.transaction->wants_request_body()) {
    return judge_request(run);
  }
  if (head.body_form == BodyForm::kUnreadable) {
    return unreadable(run, Direction::kRequest, "header:content-encoding");
  }
  run.reads_messages = head.body_form == BodyForm::kMessages;
  return Step::kContinue;
}

Step RulesState::judge_request(Run& run) {
  run.request_judged = true;
  return conclude(run, run.transaction->end_request_body(), Direction::kRequest);
}

Step RulesState::judge_response(Run& run) {
  run.response_judged = true;
  const Step step = conclude(run, run.transaction->end_response_body(), Direction::kResponse);
  finish(run, Direction::kResponse);
  return step;
}

/// The answer's head, through phase 3.
Step RulesState::start(Run& run, const ResponseHead& head) {
  run.transaction->response_line(head.status, protocol_of(head.major_version, head.minor_version));
  for (const HeaderField& field : head.fields) {
    run.transaction->response_header(field.name, field.value);
  }
  if (head.body_unit != BodyUnit::kBody) {  // of a type that rules read unless told otherwise
    run.transaction->response_header("content-type", "text/plain");
  }
  return conclude(run, run.transaction->end_response_headers(), Direction::kResponse);
}

Step RulesState::on_response_head(const ResponseHead& head) {
  if (head.body_form == BodyForm::kMessages) {
    keep(head);
  }
  for (Run& run : runs_) {
    if (!run.active) {
      continue;
    }
    // An answer may come before the request's end, in detect mode: the rules then judge what came.
    if (!run.request_judged && judge_request(run) == Step::kStop) {
      return Step::kStop;
    }
    if (start(run, head) == Step::kStop) {
      return Step::kStop;
    }
    run.reads_response = head.has_body && run.transaction->wants_response_body();
    if (!run.reads_response && judge_response(run) == Step::kStop) {
      return Step::kStop;
    }
    if (run.reads_response && head.body_form == BodyForm::kUnreadable) {
      run.reads_response = false;
      if (unreadable(run, Direction::kResponse, "header:content-encoding") == Step::kStop) {
        return Step::kStop;
      }
    }
  }
  return Step::kContinue;
}

bool RulesState::may_refuse_answer() const noexcept {
  return std::any_of(runs_.begin(), runs_.end(),
                     [](const Run& run) { return run.active && run.mode == WafMode::kBlock; });
}

bool RulesState::wants_body(Direction direction) const noexcept {
  return std::any_of(runs_.begin(), runs_.end(), [&](const Run& run) {
    return run.active &&
           (direction == Direction::kRequest ? !run.request_judged || run.reads_messages : run.reads_response);
  });
}

bool RulesState::may_refuse_body(Direction direction) const noexcept {
  return std::any_of(runs_.begin(), runs_.end(), [&](const Run& run) {
    const bool judged = direction == Direction::kRequest ? run.request_judged : run.response_judged;
    const bool goes_on = direction == Direction::kRequest && run.reads_messages;
    return run.active && run.mode == WafMode::kBlock && (!judged || goes_on);
  });
}

BodyStep RulesState::on_body(Direction direction, const BodyWindow& window) {
  const std::string_view bytes(window.bytes.data(), window.bytes.size());
  const std::string_view fresh = bytes.substr(bytes.size() - std::min(window.fresh, bytes.size()));
  const bool is_request = direction == Direction::kRequest;
  // Beyond what may be held a request is refused by the pipeline, unless limits let it pass; an answer always passes.
  const bool cut = window.bytes.size() >= window.hold_limit && (!is_request || bounds_.on_limit == OnLimit::kAllow);
  bool holds = false;
  for (Run& run : runs_) {
    if (!run.active || (is_request ? run.request_judged : !run.reads_response || run.response_judged)) {
      continue;
    }
    if (feed(run, direction, fresh) == Step::kStop || (cut && !window.end && refuses_long_answer(run, direction))) {
      return {.step = Step::kStop, .release = 0};
    }
    if (window.end || (cut && run.mode == WafMode::kBlock)) {
      if ((is_request ? judge_request(run) : judge_response(run)) == Step::kStop) {
        return {.step = Step::kStop, .release = 0};
      }
      continue;
    }
    holds = holds || run.mode == WafMode::kBlock;
  }
  return holds ? BodyStep{.step = Step::kHold, .release = 0}
               : BodyStep{.step = Step::kContinue, .release = window.bytes.size()};
}

Step RulesState::feed(Run& run, Direction direction, std::string_view fresh) {
  if (direction == Direction::kResponse) {
    return conclude(run, run.transaction->response_body(fresh), direction);
  }
  return run.transaction->wants_request_body() ? conclude(run, run.transaction->request_body(fresh), direction)
                                               : Step::kContinue;
}

/// An answer longer than may be held: SecResponseBodyLimitAction says whether it passes as judged so far.
bool RulesState::refuses_long_answer(Run& run, Direction direction) {
  const auto action = run.profile->plan->engine.response_body_limit_action;
  if (direction == Direction::kRequest || run.mode != WafMode::kBlock || action != seclang::LimitAction::kReject) {
    return false;
  }
  finish(run, direction);
  reason_ = Reason::kHoldLimit;
  rule_ = kLimitRule;
  return true;
}

/// The rules' language has no word for trailers, and a server may read them like the head: those of a request are
/// refused where rules refuse.
Step RulesState::on_trailers(Direction direction, std::span<const HeaderField> fields) {
  if (direction == Direction::kResponse || fields.empty()) {
    return Step::kContinue;
  }
  for (const Run& run : runs_) {
    if (run.active && unreadable(run, direction, "trailers") == Step::kStop) {
      return Step::kStop;
    }
  }
  return Step::kContinue;
}

Step RulesState::conclude(Run& run, const Decision& decision, Direction direction) {
  tell(run, direction);
  if (decision.rule_id == 0 && run.transaction->over_scan_limit()) {
    return exhausted(run, direction);
  }
  if (decision.action == Action::kPass || run.mode != WafMode::kBlock) {
    return Step::kContinue;
  }
  finish(run, direction);
  rule_ = decision.rule_id == 0 ? kLimitRule : run.profile->name_of(decision.rule_id);
  if (decision.rule_id == 0) {
    reason_ = Reason::kHoldLimit;
  } else {
    reason_ = direction == Direction::kRequest ? Reason::kAttackDetected : Reason::kSensitiveData;
  }
  return Step::kStop;
}

void RulesState::finish(Run& run, Direction direction) {
  if (!std::exchange(run.finished, true)) {
    run.transaction->finish();
    tell(run, direction);
  }
}

/// What rules say of the head they would say again with each message.
bool RulesState::is_news(Run& run, const engine::Hit& hit) {
  const bool is_known = std::find(run.told_rules.begin(), run.told_rules.end(), hit.rule_id) != run.told_rules.end();
  if (!is_known) {
    run.told_rules.push_back(hit.rule_id);
  }
  return !run.is_repeat || !is_known || hit.decided;
}

void RulesState::tell(Run& run, Direction direction) {
  const auto hits = run.transaction->hits();
  for (; run.told < hits.size(); ++run.told) {
    const engine::Hit& hit = hits[run.told];
    if (!hit.decided && !run.transaction->wants_audit()) {
      continue;  // ctl:auditEngine=Off; a refusal is told all the same
    }
    if (!is_news(run, hit)) {
      continue;
    }
    Finding finding;
    finding.detector = kDetectorName;
    finding.rule = run.profile->name_of(hit.rule_id);
    finding.rule_id = hit.rule_id;
    finding.direction = direction;
    finding.field = shown_variable(hit.variable);
    finding.sample = shown_match(hit.variable, hit.matched);
    finding.message = shown_variable(hit.message);
    finding.severity = hit.severity ? seclang::to_string(*hit.severity) : std::string_view{};
    finding.score = hit.score;
    finding.blocked = hit.decided && run.mode == WafMode::kBlock;
    findings_->add(std::move(finding));
  }
}

/// Once for an exchange: nothing is judged any more.
Step RulesState::exhausted(Run& run, Direction direction) {
  if (std::exchange(run.limit_told, true)) {
    return Step::kContinue;
  }
  finish(run, direction);
  return limit(run, direction, kScanLimitRule, {}, Reason::kScanLimit);
}

/// Coded bytes are no text to any rule.
Step RulesState::unreadable(const Run& run, Direction direction, std::string_view field) {
  return limit(run, direction, kUnreadableRule, field, Reason::kNotInspectable);
}

Step RulesState::limit(const Run& run, Direction direction, std::string_view rule, std::string_view field,
                       Reason reason) {
  const bool refused = run.mode == WafMode::kBlock && bounds_.on_limit == OnLimit::kDeny;
  Finding finding;
  finding.detector = kDetectorName;
  finding.rule = rule;
  finding.direction = direction;
  finding.field = field;
  finding.blocked = refused;
  findings_->add(std::move(finding));
  if (!refused) {
    return Step::kContinue;
  }
  reason_ = reason;
  rule_ = rule;
  return Step::kStop;
}

RulesDetector::RulesDetector(RuleProfiles profiles, std::optional<Own> own, Bounds bounds)
    : profiles_(std::move(profiles)), own_(own), bounds_(bounds) {}

bool RulesDetector::reads_answers() const noexcept {
  return std::any_of(profiles_.begin(), profiles_.end(),
                     [](const auto& profile) { return profile->plan->engine.response_body_access; });
}

std::unique_ptr<DetectorState> RulesDetector::make_state() const {
  return std::make_unique<RulesState>(profiles_, own_, bounds_);
}

config::Result<void> RulesDetector::prepare(Scratch& scratch) const {
  for (const auto& profile : profiles_) {
    if (auto prepared = Transaction::prepare(*profile->plan, scratch); !prepared) {
      return prepared;
    }
  }
  return {};
}

}  // namespace gabion::inspect::waf
