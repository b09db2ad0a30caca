// One exchange through policy and detectors. Fails closed: whatever is refused once stays refused.
#include "inspect/pipeline.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "inspect/pipeline_states.h"
#include "inspect/policy/normalize_path.h"

namespace gabion::inspect {

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

Reason reason_of(coding::DecodeError error) noexcept {
  switch (error) {
    case coding::DecodeError::kBroken:
    case coding::DecodeError::kTrailing:
    case coding::DecodeError::kTruncated:
      return Reason::kBadCoding;
    case coding::DecodeError::kBytes:
      return Reason::kDecodedBytes;
    case coding::DecodeError::kRatio:
      return Reason::kDecodedRatio;
    case coding::DecodeError::kNone:
    case coding::DecodeError::kWindow:
    case coding::DecodeError::kMemory:
      return Reason::kNotInspectable;
  }
  return Reason::kNotInspectable;
}

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
  for (auto& edits : edits_) {
    edits.clear();
  }
  codings_ = {};
  reads_messages_ = {};
  method_ = nullptr;
  facts_ = &facts;
  hold_limit_bytes_ = hold_limit_bytes;
  for (auto& entry : states_->entries) {
    entry.state->reset(scratch, findings_);
  }
}

void Inspection::end() noexcept {
  if (states_ != nullptr) {
    for (auto& entry : states_->entries) {
      entry.state->on_end();
    }
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
  for (auto& edits : edits_) {
    edits.release();
  }
  for (auto& edits : field_edits_) {
    edits = FieldEditList();
  }
  message_edits_.release();
  for (auto& stream : messages_) {
    if (stream != nullptr) {
      stream->release();
    }
  }
  if (states_ != nullptr) {
    for (auto& entry : states_->entries) {
      entry.state->release();
    }
  }
}

std::size_t Inspection::held_bytes() const noexcept {
  std::size_t bytes = edits_[0].memory_bytes() + edits_[1].memory_bytes() + message_edits_.memory_bytes();
  for (const auto& stream : messages_) {
    bytes += stream == nullptr ? 0 : stream->memory_bytes();
  }
  if (states_ != nullptr) {
    for (const auto& entry : states_->entries) {
      bytes += entry.state->held_bytes();
    }
  }
  return bytes;
}

/// A state that did not stop has no reason: its change of a field could not be brought together with another's.
void Inspection::refuse(std::string_view detector, const DetectorState& state, Direction direction) {
  verdict_.reason = state.reason() == Reason::kNone ? Reason::kSensitiveData : state.reason();
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
  FieldEditList& edits = field_edits_[static_cast<std::size_t>(Direction::kRequest)];
  edits.clear();
  const auto& policy = snapshot_->policy();
  const auto& paths = states_->profile->config.paths;
  verdict_ = policy.decide_request(*facts_, head, paths);
  demands_.clear();
  if (verdict_.allowed() && policy.has_demands()) {
    policy.add_demands(*facts_, head, paths, demands_);
  }
  head.demands = &demands_;
  head.facts = facts_;
  if (head.has_body && !states_->entries.empty()) {
    head.body_form = read_form(Direction::kRequest, head.received.empty() ? head.fields : head.received);
    find_method(head);
    begin_messages(Direction::kRequest, head.fields, head.body_form);
  }
  for (auto& entry : states_->entries) {
    if (!verdict_.allowed()) {
      break;
    }
    if (entry.state->on_request_head(head) == Step::kStop ||
        !edits.add(entry.state->field_edits(Direction::kRequest), [&head](std::size_t index) {
          return index == FieldEdit::kPath    ? head.path
                 : index == FieldEdit::kQuery ? head.query
                                              : head.fields[index].value;
        })) {
      refuse(entry.detector, *entry.state, Direction::kRequest);
    }
  }
  narrow_answers(head);
  return verdict_;
}

/// Whatever is coded with what we know is decoded, so that no detector has to know of codings.
BodyForm Inspection::read_form(Direction direction, std::span<const HeaderField> fields) {
  auto& codings = codings_[static_cast<std::size_t>(direction)];
  codings = coding::read_codings(fields);
  switch (codings.kind) {
    case coding::CodingList::Kind::kNone:
      return BodyForm::kPlain;
    case coding::CodingList::Kind::kKnown:
      return BodyForm::kDecoded;
    case coding::CodingList::Kind::kUnknown:
      return BodyForm::kUnreadable;
  }
  return BodyForm::kUnreadable;
}

const Verdict& Inspection::on_response_head(ResponseHead& head) {
  assert(states_ != nullptr);
  constexpr std::uint16_t kPartialContent = 206;
  FieldEditList& edits = field_edits_[static_cast<std::size_t>(Direction::kResponse)];
  edits.clear();
  if (head.has_body && !states_->entries.empty()) {
    head.body_form = read_form(Direction::kResponse, head.fields);
    if (head.status == kPartialContent && head.body_form == BodyForm::kDecoded) {
      head.body_form = BodyForm::kUnreadable;  // a part of a coded body begins nowhere
      codings_[static_cast<std::size_t>(Direction::kResponse)] = {.kind = coding::CodingList::Kind::kUnknown};
    }
    begin_messages(Direction::kResponse, head.fields, head.body_form);
  }
  for (auto& entry : states_->entries) {
    if (!verdict_.allowed()) {
      break;
    }
    if (entry.state->on_response_head(head) == Step::kStop ||
        !edits.add(entry.state->field_edits(Direction::kResponse),
                   [&head](std::size_t index) { return head.fields[index].value; })) {
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

bool Inspection::may_refuse_answer() const noexcept {
  return states_ != nullptr && std::any_of(states_->entries.begin(), states_->entries.end(),
                                           [](const auto& entry) { return entry.state->may_refuse_answer(); });
}

bool Inspection::wants_body(Direction direction) const noexcept {
  return states_ != nullptr && std::any_of(states_->entries.begin(), states_->entries.end(),
                                           [&](const auto& entry) { return entry.state->wants_body(direction); });
}

bool Inspection::may_refuse_body(Direction direction) const noexcept {
  if (reads_messages(direction)) {
    return false;  // only some message of it, which then does not leave
  }
  return states_ != nullptr && std::any_of(states_->entries.begin(), states_->entries.end(), [&](const auto& entry) {
           return entry.state->wants_body(direction) && entry.state->may_refuse_body(direction);
         });
}

bool Inspection::rules_body(Direction direction) const noexcept {
  return states_ != nullptr && std::any_of(states_->entries.begin(), states_->entries.end(), [&](const auto& entry) {
           return entry.state->wants_body(direction) &&
                  (entry.state->enforces(direction) || entry.state->body_change(direction) != BodyChange::kNone);
         });
}

bool Inspection::on_coding_failure(Direction direction, coding::DecodeError error) {
  return verdict_.allowed() &&
         passes_unread(direction, {"content_coding", coding::to_string(error), "body", reason_of(error)});
}

bool Inspection::passes_unread(Direction direction, const Unreadable& what) {
  Finding finding;
  finding.detector = what.detector;
  finding.rule = what.rule;
  finding.direction = direction;
  finding.field = what.field;
  finding.blocked = rules_body(direction) && states_->profile->config.on_limit == config::OnLimit::kDeny;
  const bool refused = finding.blocked;
  findings_.add(std::move(finding));
  if (refused) {
    verdict_.reason = what.reason;
    verdict_.rule = what.rule;
    verdict_.dry_run_differs = false;
    verdict_.dry_run_rule = {};
    verdict_.detail = std::string(what.detector).append(" ").append(what.rule).append(" of the ");
    verdict_.detail.append(to_text(direction));
  }
  return !refused;
}

BodyChange Inspection::body_change(Direction direction) const noexcept {
  BodyChange most = BodyChange::kNone;
  if (states_ != nullptr) {
    for (const auto& entry : states_->entries) {
      if (entry.state->wants_body(direction)) {
        most = std::max(most, entry.state->body_change(direction));
      }
    }
  }
  return most != BodyChange::kNone && reads_messages(direction) ? BodyChange::kAnyLength : most;
}

Inspection::BodyResult Inspection::on_body(Direction direction, const BodyWindow& window) {
  if (!verdict_.allowed()) {
    return {.ok = false, .release = 0};
  }
  if (reads_messages(direction)) {
    return on_messages(direction, window);
  }
  EditList& edits = edits_[static_cast<std::size_t>(direction)];
  edits.begin_window(window.offset, window.offset + window.bytes.size());
  BodyWindow limited = window;
  limited.hold_limit = hold_limit_bytes_;
  limited.edits = &edits;
  std::size_t release = window.bytes.size();
  std::uint16_t author = 0;
  for (auto& entry : states_->entries) {
    ++author;
    if (!entry.state->wants_body(direction)) {
      continue;
    }
    edits.set_author(author);
    const BodyStep step = entry.state->on_body(direction, limited);
    if (step.step == Step::kStop) {
      refuse(entry.detector, *entry.state, direction);
      return {.ok = false, .release = 0};
    }
    release = window.end ? release : std::min(release, step.release);
  }
  return settle(direction, window, release);
}

/// Fits what detectors release to the edits they asked for and to what may be held.
Inspection::BodyResult Inspection::settle(Direction direction, const BodyWindow& window, std::size_t release) {
  EditList& edits = edits_[static_cast<std::size_t>(direction)];
  if (edits.failed()) {
    return refuse_held("more of the body was to be replaced than can be kept");
  }
  const auto part = window.end ? EditList::Part::kLast : EditList::Part::kMiddle;
  if (!edits.empty()) {
    release = static_cast<std::size_t>(edits.settle(window.offset + release, part) - window.offset);
  }
  const bool full = !window.end && release == 0 && window.bytes.size() >= hold_limit_bytes_ && !window.bytes.empty();
  if (!full) {
    return {.ok = true, .release = release};
  }
  if (states_->profile->config.on_limit == config::OnLimit::kDeny) {
    return refuse_held("a verdict needs more of the body than may be held");
  }
  release = window.bytes.size();
  if (!edits.empty()) {
    release = static_cast<std::size_t>(edits.settle(window.offset + release, part) - window.offset);
  }
  return {.ok = true, .release = release};
}

Inspection::BodyResult Inspection::refuse_held(std::string_view why) {
  verdict_.reason = Reason::kHoldLimit;
  verdict_.rule = {};
  verdict_.dry_run_differs = false;
  verdict_.dry_run_rule = {};
  verdict_.detail = why;
  return {.ok = false, .release = 0};
}

bool Inspection::still_allowed(const Snapshot& snapshot, const config::PathReading& paths,
                               const RequestHead& head) const {
  return facts_ != nullptr && snapshot.policy().decide_request(*facts_, head, paths).allowed();
}

}  // namespace gabion::inspect
