// One exchange through policy and detectors. Fails closed: whatever is refused once stays refused.
#include "inspect/pipeline.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "inspect/policy/normalize_path.h"

namespace gabion::inspect {

/// One state per detector of one profile, for all exchanges of the connection.
struct Inspection::ProfileStates {
  struct Entry {
    std::string_view detector;
    std::unique_ptr<DetectorState> state;
  };
  const CompiledProfile* profile = nullptr;
  std::vector<Entry> entries;
};

namespace {

constexpr std::string_view to_text(Direction direction) noexcept {
  return direction == Direction::kRequest ? "request" : "response";
}

/// "attack sqli.union-select in query of the request"
std::string describe_stop(std::string_view detector, std::string_view rule, std::span<const Finding> findings,
                          Direction direction) {
  std::string text(detector);
  text.append(" ").append(rule);
  const auto blocking = std::find_if(findings.rbegin(), findings.rend(), [&](const Finding& finding) {
    return finding.blocked && finding.detector == detector;
  });
  if (blocking != findings.rend() && !blocking->field.empty()) {
    text.append(" in ").append(blocking->field);
  }
  return text.append(" of the ").append(to_text(direction));
}

}  // namespace

Inspection::Inspection() noexcept = default;
Inspection::~Inspection() = default;

void Inspection::begin(std::shared_ptr<const Snapshot> snapshot, std::size_t profile_index,
                       const ConnectionFacts& facts, Scratch& scratch, std::uint32_t hold_limit_bytes) {
  const CompiledProfile* profile = &snapshot->profile(profile_index);
  verdict_ = Verdict{};
  findings_.clear();
  if (snapshot_ != snapshot || states_ == nullptr || states_->profile != profile) {
    states_.reset();  // before the snapshot it borrows from
    snapshot_ = std::move(snapshot);
    states_ = std::make_unique<ProfileStates>();
    states_->profile = profile;
    for (const auto& detector : profile->detectors) {
      states_->entries.push_back({detector->name(), detector->make_state()});
    }
  }
  facts_ = &facts;
  hold_limit_bytes_ = hold_limit_bytes;
  for (auto& entry : states_->entries) {
    entry.state->reset(scratch, findings_);
  }
}

void Inspection::forget_snapshot() noexcept {
  verdict_ = Verdict{};
  findings_.clear();
  states_.reset();  // before the snapshot it borrows from
  snapshot_.reset();
  facts_ = nullptr;
}

void Inspection::release() noexcept {
  if (states_ != nullptr) {
    for (auto& entry : states_->entries) {
      entry.state->release();
    }
  }
}

void Inspection::refuse(std::string_view detector, const DetectorState& state, Direction direction) {
  verdict_.reason = state.reason();
  verdict_.rule = state.rule();
  verdict_.policy_kind = {};
  verdict_.basis = {};
  verdict_.dry_run_differs = false;  // denied either way
  verdict_.dry_run_rule = {};
  verdict_.detail = describe_stop(detector, state.rule(), findings_.items(), direction);
}

const Verdict& Inspection::on_request_head(RequestHead& head) {
  assert(states_ != nullptr);
  if (head.target == "*") {  // OPTIONS for the server as a whole (RFC 9112 §3.2.4)
    head.path = head.target;
    head.query = {};
    head.has_query = false;
  } else {
    const auto normal = policy::normalize_target(head.target, states_->profile->config.path_level, path_buffer_);
    if (normal.status == policy::PathStatus::kBad) {
      verdict_.reason = Reason::kBadPath;
      verdict_.detail = "the path has a broken escape, a control byte or climbs above the root";
      return verdict_;
    }
    head.path = normal.path;
    head.query = normal.query;
    head.has_query = normal.has_query;
  }
  const auto& policy = snapshot_->policy();
  const auto& paths = states_->profile->config.paths;
  verdict_ = policy.decide_request(*facts_, head, paths);
  waf_demands_.clear();
  if (verdict_.allowed() && policy.demands_waf()) {
    policy.add_waf_demands(*facts_, head, paths, waf_demands_);
  }
  head.waf = waf_demands_;
  for (auto& entry : states_->entries) {
    if (!verdict_.allowed()) {
      break;
    }
    if (entry.state->on_request_head(head) == Step::kStop) {
      refuse(entry.detector, *entry.state, Direction::kRequest);
    }
  }
  return verdict_;
}

const Verdict& Inspection::on_response_head(const ResponseHead& head) {
  assert(states_ != nullptr);
  for (auto& entry : states_->entries) {
    if (!verdict_.allowed()) {
      break;
    }
    if (entry.state->on_response_head(head) == Step::kStop) {
      refuse(entry.detector, *entry.state, Direction::kResponse);
    }
  }
  return verdict_;
}

const Verdict& Inspection::on_trailers(Direction direction, std::span<const HeaderField> fields) {
  assert(states_ != nullptr);
  for (auto& entry : states_->entries) {
    if (!verdict_.allowed()) {
      break;
    }
    if (entry.state->on_trailers(direction, fields) == Step::kStop) {
      refuse(entry.detector, *entry.state, direction);
    }
  }
  return verdict_;
}

bool Inspection::wants_body(Direction direction) const noexcept {
  return states_ != nullptr && std::any_of(states_->entries.begin(), states_->entries.end(),
                                           [&](const auto& entry) { return entry.state->wants_body(direction); });
}

bool Inspection::may_refuse_body(Direction direction) const noexcept {
  return states_ != nullptr && std::any_of(states_->entries.begin(), states_->entries.end(), [&](const auto& entry) {
           return entry.state->wants_body(direction) && entry.state->may_refuse_body(direction);
         });
}

Inspection::BodyResult Inspection::on_body(Direction direction, const BodyWindow& window) {
  if (!verdict_.allowed()) {
    return {.ok = false, .release = 0};
  }
  BodyWindow limited = window;
  limited.hold_limit = hold_limit_bytes_;
  std::size_t release = window.bytes.size();
  for (auto& entry : states_->entries) {
    if (!entry.state->wants_body(direction)) {
      continue;
    }
    const BodyStep step = entry.state->on_body(direction, limited);
    if (step.step == Step::kStop) {
      refuse(entry.detector, *entry.state, direction);
      return {.ok = false, .release = 0};
    }
    release = window.end ? release : std::min(release, step.release);
  }
  const bool full = !window.end && release == 0 && window.bytes.size() >= hold_limit_bytes_ && !window.bytes.empty();
  return full ? at_hold_limit(window) : BodyResult{.ok = true, .release = release};
}

Inspection::BodyResult Inspection::at_hold_limit(const BodyWindow& window) {
  if (states_->profile->config.on_limit == config::OnLimit::kAllow) {
    return {.ok = true, .release = window.bytes.size()};
  }
  verdict_.reason = Reason::kHoldLimit;
  verdict_.rule = {};
  verdict_.dry_run_differs = false;
  verdict_.dry_run_rule = {};
  verdict_.detail = "a verdict needs more of the body than may be held";
  return {.ok = false, .release = 0};
}

bool Inspection::still_allowed(const Snapshot& snapshot, const config::PathReading& paths,
                               const RequestHead& head) const {
  return facts_ != nullptr && snapshot.policy().decide_request(*facts_, head, paths).allowed();
}

}  // namespace gabion::inspect
