// The seam between the pipeline's events and scanning, rulings and covering.
#include "inspect/dlp/dlp_state.h"

#include <algorithm>
#include <utility>

#include "inspect/body_type.h"
#include "inspect/dlp/body_sink.h"
#include "inspect/dlp/demand.h"
#include "inspect/dlp/fields/content_type.h"

namespace gabion::inspect::dlp {
namespace {

using config::OnLimit;

constexpr std::string_view kDetectorName = "dlp";
constexpr std::string_view kUnreadableRule = "not-inspectable";
constexpr std::string_view kEngineRule = "engine";

std::string_view content_type(std::span<const HeaderField> fields) noexcept {
  const HeaderField* field = find_field(fields, "content-type");
  return field == nullptr ? std::string_view() : field->value;
}

}  // namespace

DlpState::DlpState(const Profile& profile, DlpDetector::Asked asked, OnLimit on_limit)
    : profile_(profile), asked_(asked), on_limit_(on_limit), ways_{Way(profile), Way(profile)} {}

void DlpState::reset(Scratch& scratch, FindingList& findings) noexcept {
  scratch_ = &scratch;
  findings_ = &findings;
  for (Way& one : ways_) {
    one.is_active = one.reads_body = one.holds_whole = false;
    one.head.begin();
  }
  is_head_request_ = false;
  reason_ = Reason::kNone;
  rule_ = {};
}

std::size_t DlpState::held_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const Way& one : ways_) {
    bytes += one.ledger.held_bytes() + one.head.held_bytes() + one.scanner.held_bytes() + one.cover.held_bytes();
  }
  return bytes;
}

void DlpState::release() noexcept {
  for (Way& one : ways_) {
    one.ledger.release();
    one.scanner.release();
  }
}

Step DlpState::stop(Reason reason, std::string_view rule) noexcept {
  reason_ = reason;
  rule_ = rule;
  return Step::kStop;
}

void DlpState::choose(const RequestHead& head) {
  const std::span<const DlpDemand> demands =
      head.demands == nullptr ? std::span<const DlpDemand>() : std::span<const DlpDemand>(head.demands->dlp);
  for (const Direction direction : {Direction::kRequest, Direction::kResponse}) {
    Way& one = way(direction);
    const auto demand = demand_for(profile_.name(), asked_, direction, demands);
    one.is_active = demand.has_value();
    one.demand = demand.value_or(Demand::kLog);
  }
}

/// A budget is the peer's that is given the data: the caller's of a service, the service's of a caller.
void DlpState::begin_ledgers(const RequestHead& head) {
  peer_.clear();
  const ConnectionFacts* facts = head.facts;
  if (profile_.budget() != nullptr && facts != nullptr) {
    peer_ = facts->peer_identity != nullptr ? facts->peer_identity->to_string() : facts->peer_address.to_string();
  }
  const Direction towards_peer =
      facts != nullptr && facts->side == Side::kEgress ? Direction::kRequest : Direction::kResponse;
  for (const Direction direction : {Direction::kRequest, Direction::kResponse}) {
    const auto spends = direction == towards_peer ? Ledger::Spends::kThePeers : Ledger::Spends::kNobodys;
    way(direction).ledger.begin(direction, way(direction).demand, *findings_, peer_, spends, head.time);
  }
}

Step DlpState::scan_head(Way& one) {
  switch (one.head.scan(one.ledger, *scratch_)) {
    case HeadScan::Outcome::kDone:
      return Step::kContinue;
    case HeadScan::Outcome::kRefused:
      return stop(Reason::kSensitiveData, one.ledger.rule());
    case HeadScan::Outcome::kFailed:
      return stop(Reason::kNotInspectable, kEngineRule);
  }
  return stop(Reason::kNotInspectable, kEngineRule);
}

Step DlpState::on_request_head(const RequestHead& head) {
  choose(head);
  is_head_request_ = head.method == "HEAD";
  Way& one = way(Direction::kRequest);
  if (!one.is_active && !way(Direction::kResponse).is_active) {
    return Step::kContinue;
  }
  begin_ledgers(head);
  if (!one.is_active) {
    return Step::kContinue;
  }
  one.head.add("path", head.path, FieldEdit::kPath);
  one.head.add("query", head.query, FieldEdit::kQuery);
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    one.head.add(head.fields[i].name, head.fields[i].value, i);
  }
  if (scan_head(one) == Step::kStop) {
    return Step::kStop;
  }
  return head.has_body ? begin_body(Direction::kRequest, head.fields, head.body_form) : Step::kContinue;
}

Step DlpState::on_response_head(const ResponseHead& head) {
  constexpr std::uint16_t kPartialContent = 206;
  Way& one = way(Direction::kResponse);
  if (!one.is_active) {
    return Step::kContinue;
  }
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    one.head.add(head.fields[i].name, head.fields[i].value, i);
  }
  if (scan_head(one) == Step::kStop) {
    return Step::kStop;
  }
  if (!head.has_body || is_head_request_) {
    return Step::kContinue;
  }
  return head.status == kPartialContent ? unreadable(Direction::kResponse, "status")
                                        : begin_body(Direction::kResponse, head.fields, head.body_form);
}

Step DlpState::begin_body(Direction direction, std::span<const HeaderField> fields, BodyForm form) {
  if (form == BodyForm::kUnreadable) {
    return unreadable(direction, "header:content-encoding");
  }
  Way& one = way(direction);
  const Profile::Reach& may = reach(direction);
  const bool touches = may.covers || may.refuses;
  const std::string_view type = content_type(fields);
  if (!one.scanner.begin(type, touches ? BodyScanner::Hold::kUndecided : BodyScanner::Hold::kNothing)) {
    return stop(Reason::kNotInspectable, kEngineRule);
  }
  if ((one.scanner.notes() & kUnknownCharset) != 0 || has_several_types(fields)) {
    return unreadable(direction, "header:content-type");
  }
  one.cover.begin(one.scanner.format());
  one.reads_body = true;
  one.holds_whole = may.drops;
  return Step::kContinue;
}

bool DlpState::may_refuse_body(Direction direction) const noexcept {
  return way(direction).reads_body && reach(direction).refuses;
}

BodyChange DlpState::body_change(Direction direction) const noexcept {
  return way(direction).reads_body ? dlp::body_change(reach(direction)) : BodyChange::kNone;
}

BodyStep DlpState::on_body(Direction direction, const BodyWindow& window) {
  Way& one = way(direction);
  std::size_t fresh = window.fresh;
  auto kind = BodyCover::Window::kPart;
  if (one.holds_whole) {
    if (!window.end && window.bytes.size() < window.hold_limit) {
      return {.step = Step::kHold, .release = 0};
    }
    one.holds_whole = false;
    fresh = window.bytes.size();
    kind = window.end && window.offset == 0 ? BodyCover::Window::kWhole : BodyCover::Window::kPart;
  }
  const std::string_view bytes(window.bytes.data(), window.bytes.size());
  BodySink sink(one.ledger, one.cover);
  if (!one.scanner.read(bytes, window.offset, fresh, window.end ? End::kHere : End::kFollows, *scratch_, sink)) {
    return {.step = stop(Reason::kNotInspectable, kEngineRule), .release = 0};
  }
  if (sink.refused()) {
    return {.step = stop(Reason::kSensitiveData, one.ledger.rule()), .release = 0};
  }
  if (!one.cover.apply(window, kind)) {
    return {.step = stop(Reason::kHoldLimit, kEngineRule), .release = 0};
  }
  const bool touches = reach(direction).covers || reach(direction).refuses;
  const std::size_t decided =
      touches && !window.end ? static_cast<std::size_t>(std::max(one.scanner.decided(), window.offset) - window.offset)
                             : bytes.size();
  return {.step = decided == bytes.size() ? Step::kContinue : Step::kHold, .release = decided};
}

/// Each message is a text of its own. What would go with its field is masked: a message without it may be none.
Step DlpState::on_message(Direction direction, const MessageText& message) {
  Way& one = way(direction);
  if (!one.scanner.begin(message)) {
    return stop(Reason::kNotInspectable, kEngineRule);
  }
  one.cover.begin(Format::kText);
  const std::string_view text = message.text.substr(0, message.outer_begin);
  BodySink sink(one.ledger, one.cover);
  if (!one.scanner.read(text, 0, text.size(), End::kHere, *scratch_, sink)) {
    return stop(Reason::kNotInspectable, kEngineRule);
  }
  if (sink.refused()) {
    return stop(Reason::kSensitiveData, one.ledger.rule());
  }
  const BodyWindow window{.bytes = {const_cast<char*>(text.data()), text.size()},  // only looked at
                          .fresh = text.size(),
                          .end = true,
                          .edits = message.edits};
  return one.cover.apply(window, BodyCover::Window::kPart) ? Step::kContinue : stop(Reason::kHoldLimit, kEngineRule);
}

/// Nothing behind a body can be written anew: what would be covered is refused.
Step DlpState::on_trailers(Direction direction, std::span<const HeaderField> fields) {
  Way& one = way(direction);
  if (!one.is_active) {
    return Step::kContinue;
  }
  one.head.begin();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    one.head.add(fields[i].name, fields[i].value, i);
  }
  const auto outcome = one.head.scan(one.ledger, *scratch_);
  if (outcome == HeadScan::Outcome::kFailed) {
    return stop(Reason::kNotInspectable, kEngineRule);
  }
  const bool is_refused = outcome == HeadScan::Outcome::kRefused || !one.head.edits().empty();
  return is_refused ? stop(Reason::kSensitiveData, one.ledger.rule().empty() ? "trailer" : one.ledger.rule())
                    : Step::kContinue;
}

/// A profile that only logs says so and lets it pass.
Step DlpState::unreadable(Direction direction, std::string_view field) {
  const bool touches = reach(direction).covers || reach(direction).refuses;
  const bool refuses = touches && on_limit_ == OnLimit::kDeny;
  Finding finding;
  finding.detector = kDetectorName;
  finding.rule = kUnreadableRule;
  finding.direction = direction;
  finding.field = field;
  finding.profile = profile_.name();
  finding.blocked = refuses;
  findings_->add(std::move(finding));
  return refuses ? stop(Reason::kNotInspectable, kUnreadableRule) : Step::kContinue;
}

}  // namespace gabion::inspect::dlp
