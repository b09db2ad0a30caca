// Leads a response body through the card scanner and covers what it finds.
#include "inspect/dlp/payment_card_detector.h"

#include <utility>

#include "inspect/body_type.h"
#include "inspect/dlp/card_scanner.h"
#include "inspect/dlp/redact.h"

namespace gabion::inspect::dlp {
namespace {

using config::FindingAction;
using config::OnLimit;

constexpr std::string_view kDetectorName = "payment_card";
constexpr std::string_view kCardRule = "CREDIT_CARD";
constexpr std::string_view kUnreadableRule = "not-inspectable";

class PaymentCardState final : public DetectorState {
 public:
  PaymentCardState(FindingAction action, OnLimit on_limit) noexcept : action_(action), on_limit_(on_limit) {}

  void reset(Scratch& scratch, FindingList& findings) noexcept override;
  [[nodiscard]] Step on_request_head(const RequestHead& head) override;
  [[nodiscard]] Step on_response_head(const ResponseHead& head) override;
  [[nodiscard]] bool wants_body(Direction direction) const noexcept override {
    return direction == Direction::kResponse && reads_body_;
  }
  [[nodiscard]] BodyStep on_body(Direction direction, const BodyWindow& window) override;
  [[nodiscard]] Step on_message(Direction direction, const MessageText& message) override;
  [[nodiscard]] Step on_trailers(Direction /*direction*/, std::span<const HeaderField> /*fields*/) override {
    return Step::kContinue;  // bodies only, as for heads
  }
  [[nodiscard]] bool may_refuse_body(Direction /*direction*/) const noexcept override {
    return action_ == FindingAction::kBlock;
  }
  [[nodiscard]] bool enforces(Direction /*direction*/) const noexcept override {
    return action_ != FindingAction::kLog;
  }
  [[nodiscard]] BodyChange body_change(Direction /*direction*/) const noexcept override {
    return action_ == FindingAction::kMask ? BodyChange::kSameLength : BodyChange::kNone;
  }
  [[nodiscard]] Reason reason() const noexcept override { return reason_; }
  [[nodiscard]] std::string_view rule() const noexcept override { return rule_; }

 private:
  [[nodiscard]] Step unreadable(std::string_view field);
  [[nodiscard]] Step on_field(const TextField& field, const MessageText& message);
  void report(std::string_view card, std::uint64_t offset, std::string_view field = "body");

  const FindingAction action_;
  const OnLimit on_limit_;
  FindingList* findings_ = nullptr;
  CardScanner scanner_;
  std::uint64_t decided_ = 0;  ///< offset in the body of the first byte the scanner must see again
  bool is_head_request_ = false;
  bool reads_body_ = false;
  Reason reason_ = Reason::kNone;
  std::string_view rule_;
};

void PaymentCardState::reset(Scratch& /*scratch*/, FindingList& findings) noexcept {
  findings_ = &findings;
  decided_ = 0;
  is_head_request_ = false;
  reads_body_ = false;
  reason_ = Reason::kNone;
  rule_ = {};
}

Step PaymentCardState::on_request_head(const RequestHead& head) {
  is_head_request_ = head.method == "HEAD";
  return Step::kContinue;
}

Step PaymentCardState::on_response_head(const ResponseHead& head) {
  constexpr std::uint16_t kNoContent = 204;
  constexpr std::uint16_t kPartialContent = 206;
  constexpr std::uint16_t kNotModified = 304;
  const bool has_body = head.status >= 200 && head.status != kNoContent && head.status != kNotModified;
  reads_body_ = head.body_unit != BodyUnit::kBody || (!is_head_request_ && has_body);  // a message comes behind a 101
  if (!reads_body_) {
    return Step::kContinue;
  }
  scanner_.reset(media_type(head.fields) == MediaType::kJson ? TextKind::kJson : TextKind::kPlain);
  if (head.status == kPartialContent) {
    return unreadable("status");
  }
  if (head.body_form == BodyForm::kUnreadable) {
    return unreadable("header:content-encoding");
  }
  return has_unreadable_charset(head.fields) ? unreadable("header:content-type") : Step::kContinue;
}

BodyStep PaymentCardState::on_body(Direction /*direction*/, const BodyWindow& window) {
  const std::size_t known = static_cast<std::size_t>(decided_ - window.offset);
  const std::span<char> bytes = window.bytes.subspan(known);
  const std::string_view text(bytes.data(), bytes.size());
  const auto more = window.end ? CardScanner::More::kEnd : CardScanner::More::kFollows;
  for (CardSpan card; scanner_.next(text, more, card);) {
    report(text.substr(card.begin, card.end - card.begin), decided_ + card.begin);
    if (action_ == FindingAction::kBlock) {
      reason_ = Reason::kSensitiveData;
      rule_ = kCardRule;
      return {.step = Step::kStop, .release = 0};
    }
    if (action_ == FindingAction::kMask) {
      cover_card(bytes.subspan(card.begin, card.end - card.begin), card.is_json_number ? Cover::kNines : Cover::kStars);
    }
  }
  const std::size_t decided = scanner_.position();
  scanner_.rebase(text, decided);
  decided_ += decided;
  const std::size_t release = window.end ? window.bytes.size() : known + decided;
  return {.step = release == window.bytes.size() ? Step::kContinue : Step::kHold, .release = release};
}

/// A profile that only logs says so and lets it pass.
Step PaymentCardState::unreadable(std::string_view field) {
  const bool refuses = action_ != FindingAction::kLog && on_limit_ == OnLimit::kDeny;
  Finding finding;
  finding.detector = kDetectorName;
  finding.rule = kUnreadableRule;
  finding.direction = Direction::kResponse;
  finding.field = field;
  finding.blocked = refuses;
  findings_->add(std::move(finding));
  reads_body_ = false;
  if (!refuses) {
    return Step::kContinue;
  }
  reason_ = Reason::kNotInspectable;
  rule_ = kUnreadableRule;
  return Step::kStop;
}

Step PaymentCardState::on_message(Direction /*direction*/, const MessageText& message) {
  for (const TextField& field : message.fields) {
    if (field.kind != TextField::Kind::kOuter && on_field(field, message) == Step::kStop) {
      return Step::kStop;
    }
  }
  return Step::kContinue;
}

Step PaymentCardState::on_field(const TextField& field, const MessageText& message) {
  const std::string_view text = message.value(field);
  scanner_.reset(TextKind::kPlain);
  for (CardSpan card; scanner_.next(text, CardScanner::More::kEnd, card);) {
    std::string number(text.substr(card.begin, card.end - card.begin));
    report(number, field.begin + card.begin, "message");
    if (action_ == FindingAction::kBlock) {
      reason_ = Reason::kSensitiveData;
      rule_ = kCardRule;
      return Step::kStop;
    }
    if (action_ == FindingAction::kMask) {
      cover_card(number, field.kind == TextField::Kind::kNumber ? Cover::kNines : Cover::kStars);
      [[maybe_unused]] const bool taken =
          message.edits->replace(field.begin + card.begin, static_cast<std::uint32_t>(number.size()), number);
    }
  }
  return Step::kContinue;
}

void PaymentCardState::report(std::string_view card, std::uint64_t offset, std::string_view field) {
  Finding finding;
  finding.detector = kDetectorName;
  finding.rule = kCardRule;
  finding.direction = Direction::kResponse;
  finding.field = field;
  finding.offset = offset;
  finding.length = static_cast<std::uint32_t>(card.size());
  finding.sample = masked_sample(card);
  finding.covered = action_ == FindingAction::kMask;
  finding.blocked = action_ == FindingAction::kBlock;
  findings_->add(std::move(finding));
}

}  // namespace

PaymentCardDetector::PaymentCardDetector(FindingAction action, OnLimit on_limit) noexcept
    : action_(action), on_limit_(on_limit) {}

std::string_view PaymentCardDetector::name() const noexcept {
  return kDetectorName;
}

std::unique_ptr<DetectorState> PaymentCardDetector::make_state() const {
  return std::make_unique<PaymentCardState>(action_, on_limit_);
}

config::Result<void> PaymentCardDetector::prepare(Scratch& /*scratch*/) const {
  return {};
}

}  // namespace gabion::inspect::dlp
