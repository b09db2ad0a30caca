// Leads the parts of a request to the collector, and what that finds to the store.
#include "inspect/sql/taint/taint_detector.h"

#include <algorithm>
#include <optional>
#include <string>

#include "inspect/body_type.h"
#include "inspect/sql/taint/collector.h"

namespace gabion::inspect::sql::taint {
namespace {

using Clock = CandidateStore::Clock;

class TaintState final : public DetectorState {
 public:
  TaintState(CandidateStore& store, const config::SqlTaintConfig& config)
      : store_(store), config_(config), collector_(config) {}
  ~TaintState() override { store_.close(request_, Clock::now()); }

  void reset(Scratch& /*scratch*/, FindingList& /*findings*/) noexcept override;
  void on_end() noexcept override { store_.close(request_, Clock::now()); }
  void release() noexcept override;
  [[nodiscard]] std::size_t held_bytes() const noexcept override { return body_.capacity() + collector_.held_bytes(); }

  [[nodiscard]] Step on_request_head(const RequestHead& head) override;
  [[nodiscard]] Step on_response_head(const ResponseHead& /*head*/) override { return Step::kContinue; }
  [[nodiscard]] bool wants_body(Direction direction) const noexcept override {
    return direction == Direction::kRequest && form_ != Form::kNone;
  }
  [[nodiscard]] BodyStep on_body(Direction direction, const BodyWindow& window) override;
  [[nodiscard]] Step on_message(Direction direction, const MessageText& message) override;
  [[nodiscard]] Step on_trailers(Direction /*direction*/, std::span<const HeaderField> /*fields*/) override {
    return Step::kContinue;
  }
  [[nodiscard]] bool enforces(Direction /*direction*/) const noexcept override { return false; }
  [[nodiscard]] Reason reason() const noexcept override { return Reason::kNone; }
  [[nodiscard]] std::string_view rule() const noexcept override { return {}; }

 private:
  /// What the body is read as.
  enum class Form : std::uint8_t { kNone, kForm, kJson, kMultipart, kText, kMessages };

  void read_fields(std::span<const HeaderField> fields);
  [[nodiscard]] Form form_of(const RequestHead& head) const;
  void read_body();
  void keep();

  CandidateStore& store_;
  const config::SqlTaintConfig& config_;
  Collector collector_;
  CandidateStore::Request request_;
  std::optional<Trace> trace_;
  Form form_ = Form::kNone;
  bool is_read_ = false;  ///< all of the body that will be looked at was
  std::string content_type_;
  std::string body_;
};

void TaintState::reset(Scratch& /*scratch*/, FindingList& /*findings*/) noexcept {
  store_.close(request_, Clock::now());
  collector_.reset();
  trace_.reset();
  form_ = Form::kNone;
  is_read_ = false;
  content_type_.clear();
  body_.clear();
}

void TaintState::release() noexcept {
  constexpr std::size_t kLittle = 1024;
  collector_.release();
  if (body_.capacity() > kLittle) {
    body_ = std::string();
  }
}

Step TaintState::on_request_head(const RequestHead& head) {
  if (head.facts == nullptr || head.facts->side != Side::kIngress) {
    return Step::kContinue;
  }
  const std::string_view target = head.target;
  const std::size_t path_size = std::min(target.find('?'), target.size());
  collector_.add_form("query", target.substr(std::min(path_size + 1, target.size())));
  collector_.add_path(target.substr(0, path_size));
  read_fields(head.fields);
  form_ = form_of(head);
  if (form_ == Form::kMultipart) {
    content_type_ = find_field(head.fields, "content-type")->value;
  }
  keep();
  return Step::kContinue;
}

void TaintState::read_fields(std::span<const HeaderField> fields) {
  for (const HeaderField& field : fields) {
    if (equals_without_case(field.name, "cookie")) {
      collector_.add_cookies(field.value);
    } else if (equals_without_case(field.name, "traceparent")) {
      trace_ = read_traceparent(field.value);
    } else if (std::any_of(config_.headers.begin(), config_.headers.end(),
                           [&](const std::string& wanted) { return equals_without_case(field.name, wanted); })) {
      collector_.add({"header", field.name}, field.value);
    }
  }
}

TaintState::Form TaintState::form_of(const RequestHead& head) const {
  constexpr std::string_view kMultipart = "multipart/";
  constexpr std::string_view kText = "text/";
  if (head.body_unit != BodyUnit::kBody) {
    return Form::kText;
  }
  if (!head.has_body || head.body_form == BodyForm::kUnreadable || has_unreadable_charset(head.fields)) {
    return Form::kNone;
  }
  if (head.body_form == BodyForm::kMessages) {
    return Form::kMessages;
  }
  switch (media_type(head.fields)) {
    case MediaType::kForm:
      return Form::kForm;
    case MediaType::kJson:
      return Form::kJson;
    case MediaType::kOther:
      break;
  }
  const HeaderField* const type = find_field(head.fields, "content-type");
  const auto begins_with = [type](std::string_view start) {
    return equals_without_case(type->value.substr(0, start.size()), start);
  };
  if (type != nullptr && begins_with(kMultipart)) {
    return Form::kMultipart;
  }
  return type == nullptr || begins_with(kText) ? Form::kText : Form::kNone;
}

BodyStep TaintState::on_body(Direction /*direction*/, const BodyWindow& window) {
  const std::string_view bytes(window.bytes.data(), window.bytes.size());
  const std::string_view fresh = bytes.substr(bytes.size() - std::min(window.fresh, bytes.size()));
  if (!is_read_) {
    body_.append(fresh.substr(0, config_.request_bytes - body_.size()));
    if (window.end || body_.size() == config_.request_bytes) {
      read_body();
    }
  }
  return {.step = Step::kContinue, .release = window.bytes.size()};
}

void TaintState::read_body() {
  is_read_ = true;
  switch (form_) {
    case Form::kForm:
      collector_.add_form("body", body_);
      break;
    case Form::kJson:
      collector_.add_json({"body", {}}, body_);
      break;
    case Form::kMultipart:
      collector_.add_multipart(content_type_, body_);
      break;
    case Form::kText:
      collector_.add({"body", {}}, body_);
      break;
    case Form::kMessages:
    case Form::kNone:
      break;
  }
  keep();
}

Step TaintState::on_message(Direction direction, const MessageText& message) {
  if (direction == Direction::kRequest && form_ == Form::kMessages) {
    for (const TextField& field : message.fields) {
      collector_.add({"message", field.name}, message.value(field));
    }
    keep();
  }
  return Step::kContinue;
}

void TaintState::keep() {
  const auto fresh = collector_.fresh();
  if (!fresh.empty()) {
    store_.add(request_, trace_ ? &*trace_ : nullptr, fresh, Clock::now());
    collector_.taken();
  }
}

}  // namespace

std::unique_ptr<DetectorState> TaintDetector::make_state() const {
  return std::make_unique<TaintState>(*store_, config_);
}

}  // namespace gabion::inspect::sql::taint
