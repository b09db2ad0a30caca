// Leads the parts of a request through the scanners and turns matches into findings and steps.
#include "inspect/attack/attack_detector.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string>
#include <utility>

#include "inspect/attack/body_reader.h"
#include "inspect/attack/value_scanner.h"
#include "inspect/body_type.h"

namespace gabion::inspect::attack {
namespace {

using config::FindingAction;
using config::OnLimit;
using match::MatchList;
using match::ScanStatus;

constexpr std::string_view kDetectorName = "attack";
constexpr std::string_view kUnreadableRule = "not-inspectable";
constexpr std::string_view kEngineRule = "engine-failure";
constexpr std::size_t kFieldNameBytes = 64;  ///< of Finding::field

/// Which part of the message a value is; made into Finding::field only when there is something to find.
struct Where {
  unsigned places = 0;
  std::string_view part;    ///< "path", "query", "header:", "body"
  std::string_view header;  ///< the field's name

  [[nodiscard]] std::string to_string() const {
    std::string field(part);
    for (const char c : header.substr(0, kFieldNameBytes - part.size())) {
      field.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c);
    }
    return field;
  }
};

bool is_credential(std::string_view field_name) noexcept {
  return equals_without_case(field_name, "authorization") || equals_without_case(field_name, "proxy-authorization");
}

/// Field values of earlier requests on the connection that matched nothing: a client repeats most of them. Compared
/// byte by byte, so that nothing passes that was not looked at.
class CleanValues {
 public:
  static constexpr std::size_t kMaxBytes = 160;  ///< longer values are not kept

  CleanValues() {
    for (std::string& kept : slots_) {
      kept.reserve(kMaxBytes);  // so that later values allocate nothing
    }
  }

  [[nodiscard]] bool contains(std::string_view value) const noexcept { return slots_[slot(value)] == value; }
  void add(std::string_view value) {
    if (value.size() <= kMaxBytes) {
      slots_[slot(value)].assign(value);
    }
  }

 private:
  static constexpr std::size_t kSlots = 16;
  [[nodiscard]] static std::size_t slot(std::string_view value) noexcept {
    return value.empty() ? 0 : (value.size() * 7 + static_cast<unsigned char>(value.back())) % kSlots;
  }
  std::array<std::string, kSlots> slots_;
};

class AttackState final : public DetectorState {
 public:
  AttackState(const SignatureSets& sets, FindingAction action, OnLimit on_limit) noexcept
      : sets_(sets), blocks_(action != FindingAction::kLog), on_limit_(on_limit), body_(sets) {}

  void reset(Scratch& scratch, FindingList& findings) noexcept override;
  [[nodiscard]] Step on_request_head(const RequestHead& head) override;
  [[nodiscard]] Step on_response_head(const ResponseHead& /*head*/) override { return Step::kContinue; }
  [[nodiscard]] bool enforces(Direction /*direction*/) const noexcept override { return blocks_; }
  [[nodiscard]] bool wants_body(Direction direction) const noexcept override {
    return direction == Direction::kRequest && !passes_unread_;
  }
  [[nodiscard]] BodyStep on_body(Direction direction, const BodyWindow& window) override;
  [[nodiscard]] Step on_message(Direction direction, const MessageText& message) override;
  [[nodiscard]] Step on_trailers(Direction direction, std::span<const HeaderField> fields) override {
    return direction == Direction::kRequest ? scan_fields(fields) : Step::kContinue;
  }
  [[nodiscard]] Reason reason() const noexcept override { return reason_; }
  [[nodiscard]] std::string_view rule() const noexcept override { return rule_; }

 private:
  [[nodiscard]] Step scan_fields(std::span<const HeaderField> fields);
  [[nodiscard]] Step scan_field(std::string_view value, ValueSyntax syntax, const Where& where);
  [[nodiscard]] Step start_body(const RequestHead& head);
  [[nodiscard]] Step scan_body(const BodyWindow& window);
  [[nodiscard]] Step conclude(ScanStatus status, const Where& where);
  [[nodiscard]] Step unreadable(std::string_view field);
  void report(std::string_view rule, const Where& where, std::uint64_t offset, bool blocked);

  const SignatureSets& sets_;
  const bool blocks_;
  const OnLimit on_limit_;
  Scratch* scratch_ = nullptr;
  FindingList* findings_ = nullptr;
  MatchList matches_;
  CleanValues clean_values_;
  CleanValues clean_user_agents_;  ///< judged by more signatures than other values
  BodyReader body_;
  std::bitset<MatchList::kCapacity> reported_in_body_;  ///< the second view may see a signature again
  bool passes_unread_ = false;
  bool is_releasing_ = false;
  Reason reason_ = Reason::kNone;
  std::string_view rule_;
};

void AttackState::reset(Scratch& scratch, FindingList& findings) noexcept {
  scratch_ = &scratch;
  findings_ = &findings;
  reported_in_body_.reset();
  passes_unread_ = false;
  is_releasing_ = false;
  reason_ = Reason::kNone;
  rule_ = {};
}

Step AttackState::on_request_head(const RequestHead& head) {
  if (scan_field(head.path, ValueSyntax::kPath, {kPath, "path", {}}) == Step::kStop ||
      scan_field(head.query, ValueSyntax::kForm, {kQuery, "query", {}}) == Step::kStop) {
    return Step::kStop;
  }
  return scan_fields(head.fields) == Step::kStop ? Step::kStop : start_body(head);
}

Step AttackState::scan_fields(std::span<const HeaderField> fields) {
  for (const HeaderField& field : fields) {
    const bool is_user_agent = equals_without_case(field.name, "user-agent");
    CleanValues& clean = is_user_agent ? clean_user_agents_ : clean_values_;
    if (is_credential(field.name) || clean.contains(field.value)) {
      continue;
    }
    const unsigned places = is_user_agent ? kHeader | kUserAgent : kHeader;
    if (scan_field(field.value, ValueSyntax::kVerbatim, {places, "header:", field.name}) == Step::kStop) {
      return Step::kStop;
    }
    if (matches_.empty()) {
      clean.add(field.value);
    }
  }
  return Step::kContinue;
}

Step AttackState::scan_field(std::string_view value, ValueSyntax syntax, const Where& where) {
  matches_.clear();
  return conclude(scan_value(value, syntax, sets_, *scratch_, matches_), where);
}

Step AttackState::start_body(const RequestHead& head) {
  body_.begin(media_type(head.fields));
  if (has_several_types(head.fields)) {
    if (unreadable("header:content-type") == Step::kStop) {
      return Step::kStop;
    }
    passes_unread_ = false;  // reading it as the first type says is better than not at all
  }
  if (head.body_form == BodyForm::kUnreadable) {
    return unreadable("header:content-encoding");
  }
  return has_unreadable_charset(head.fields) ? unreadable("header:content-type") : Step::kContinue;
}

BodyStep AttackState::on_body(Direction /*direction*/, const BodyWindow& window) {
  if (scan_body(window) == Step::kStop) {
    return {.step = Step::kStop, .release = 0};
  }
  const std::size_t size = window.bytes.size();
  if (window.end || !blocks_) {
    return {.step = Step::kContinue, .release = size};
  }
  is_releasing_ = is_releasing_ || size >= window.hold_limit;
  const std::size_t tail = std::min(AttackDetector::kTailBytes, window.hold_limit / 2);
  if (!is_releasing_ || size <= tail) {
    return {.step = Step::kHold, .release = 0};
  }
  return {.step = Step::kContinue, .release = size - tail};
}

Step AttackState::on_message(Direction /*direction*/, const MessageText& message) {
  for (const TextField& field : message.fields) {
    if (field.kind != TextField::Kind::kNumber &&
        scan_field(message.value(field), ValueSyntax::kVerbatim, {kJson, "message:", field.name}) == Step::kStop) {
      return Step::kStop;
    }
  }
  return Step::kContinue;
}

Step AttackState::scan_body(const BodyWindow& window) {
  const std::string_view bytes(window.bytes.data(), window.bytes.size());
  const Where where{body_.places(), "body", {}};
  matches_.clear();
  const ScanStatus fed =
      body_.feed(bytes.substr(bytes.size() - std::min(window.fresh, bytes.size())), *scratch_, matches_);
  if (conclude(fed, where) == Step::kStop) {
    return Step::kStop;
  }
  if (!window.end) {
    return Step::kContinue;
  }
  matches_.clear();
  return conclude(body_.finish(*scratch_, matches_), where);
}

/// Fails closed: what the engine could not look at is refused, whatever on_limit says.
Step AttackState::conclude(ScanStatus status, const Where& where) {
  if (status == ScanStatus::kFailed) {
    report(kEngineRule, where, 0, blocks_);
    reason_ = Reason::kNotInspectable;
    rule_ = kEngineRule;
    return blocks_ ? Step::kStop : Step::kContinue;
  }
  for (const match::Match& found : matches_.items()) {
    const Signature& signature = signatures()[found.pattern];
    const bool in_body = (where.places & (kForm | kJson | kRaw)) != 0;
    if ((signature.places & where.places) == 0 || (in_body && reported_in_body_.test(found.pattern))) {
      continue;
    }
    reported_in_body_.set(found.pattern, in_body);
    report(signature.name, where, found.end, blocks_);
    if (blocks_) {
      reason_ = Reason::kAttackDetected;
      rule_ = signature.name;
      return Step::kStop;
    }
  }
  return Step::kContinue;
}

/// The body cannot be read. A profile that only logs says so and lets it pass.
Step AttackState::unreadable(std::string_view field) {
  const bool refuses = blocks_ && on_limit_ == OnLimit::kDeny;
  report(kUnreadableRule, {0, field, {}}, 0, refuses);
  passes_unread_ = !refuses;
  if (refuses) {
    reason_ = Reason::kNotInspectable;
    rule_ = kUnreadableRule;
  }
  return refuses ? Step::kStop : Step::kContinue;
}

void AttackState::report(std::string_view rule, const Where& where, std::uint64_t offset, bool blocked) {
  Finding finding;
  finding.detector = kDetectorName;
  finding.rule = rule;
  finding.direction = Direction::kRequest;
  finding.field = where.to_string();
  finding.offset = offset;
  finding.blocked = blocked;
  findings_->add(std::move(finding));
}

}  // namespace

AttackDetector::AttackDetector(std::shared_ptr<const SignatureSets> sets, FindingAction action,
                               OnLimit on_limit) noexcept
    : sets_(std::move(sets)), action_(action), on_limit_(on_limit) {}

std::string_view AttackDetector::name() const noexcept {
  return kDetectorName;
}

std::unique_ptr<DetectorState> AttackDetector::make_state() const {
  return std::make_unique<AttackState>(*sets_, action_, on_limit_);
}

config::Result<void> AttackDetector::prepare(Scratch& scratch) const {
  return sets_->prepare(scratch);
}

}  // namespace gabion::inspect::attack
