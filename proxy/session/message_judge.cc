// A window of each message through the detectors: see message_judge.h.
#include "proxy/session/message_judge.h"

#include <algorithm>

namespace gabion::proxy {
namespace {

std::string_view content_type_of(MessageKind kind) noexcept {
  switch (kind) {
    case MessageKind::kBinary:
      return "application/octet-stream";
    case MessageKind::kText:
      return "text/plain; charset=utf-8";
    case MessageKind::kJson:
      return "application/json";
  }
  return {};
}

void assign_without_body_fields(std::vector<inspect::HeaderField>& fields, std::span<const inspect::HeaderField> from) {
  fields.assign(from.begin(), from.end());
  std::erase_if(fields, [](const inspect::HeaderField& field) {
    return inspect::equals_without_case(field.name, "content-type") ||
           inspect::equals_without_case(field.name, "content-encoding");
  });
}

}  // namespace

MessageKind kind_of_text(std::string_view text) noexcept {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  } else if (kByteOrderMark.starts_with(text)) {
    return MessageKind::kJson;
  }
  const auto at = text.find_first_not_of(" \t\r\n");
  const bool may_be_json = at == std::string_view::npos || text[at] == '{' || text[at] == '[';
  return may_be_json ? MessageKind::kJson : MessageKind::kText;
}

MessageJudge::MessageJudge(WorkerState& worker, inspect::Direction direction, const Upgrade& upgrade)
    : worker_(worker), direction_(direction), upgrade_(upgrade), held_(worker.buffers), inspected_(worker.buffers) {}

MessageJudge::~MessageJudge() {
  worker_.metrics.counters().hold_bytes -= held_.size();
}

void MessageJudge::use(const Snapshot& snapshot, const ListenerPlan& plan) {
  rules_ = snapshot.inspection;
  profile_ = plan.profile;
  hold_bytes_ = snapshot.config.limits.hold_bytes;
  in_flight_bytes_ = snapshot.config.limits.in_flight_bytes;
  interest_ = {};
}

bool MessageJudge::begin(MessageKind kind) {
  text_bytes_ = 0;
  overloaded_ = false;
  Interest& interest = interest_[static_cast<std::size_t>(kind)];
  if (interest == Interest::kNone) {
    judges_ = false;
    return true;
  }
  judges_ = true;
  if (!judge_heads(kind)) {
    return false;
  }
  judges_ = inspection_.wants_body(direction_);
  interest = judges_ ? Interest::kSome : Interest::kNone;
  return true;
}

/// The upgrade's own head again, now, as that of a request or answer whose body the message is. What it says of a body
/// is not about this one.
bool MessageJudge::judge_heads(MessageKind kind) {
  const bool is_request = direction_ == inspect::Direction::kRequest;
  const inspect::HeaderField type{"content-type", content_type_of(kind)};
  const auto unit = kind == MessageKind::kBinary ? inspect::BodyUnit::kBinaryMessage : inspect::BodyUnit::kTextMessage;
  inspection_.begin(rules_, profile_, *upgrade_.facts, worker_.scratch, hold_bytes_);
  inspect::RequestHead head = *upgrade_.request;
  head.time = std::chrono::system_clock::now();
  assign_without_body_fields(fields_, head.fields);
  assign_without_body_fields(received_, head.received);
  head.received = received_;
  if (is_request) {
    fields_.push_back(type);
    head.has_body = true;
    head.body_unit = unit;
  }
  head.fields = fields_;
  bool allowed = inspection_.on_request_head(head).allowed();
  if (allowed && !is_request) {
    inspect::ResponseHead answer;
    answer.status = 101;
    answer.fields = {&type, 1};
    answer.has_body = true;
    answer.body_unit = unit;
    allowed = inspection_.on_response_head(answer).allowed();
  }
  earlier_findings_ = allowed ? inspection_.findings().size() : 0;
  inspected_.set(inspection_.held_bytes());
  return allowed;
}

bool MessageJudge::is_over_memory() const noexcept {
  return worker_.buffers.in_use_bytes() > in_flight_bytes_;
}

/// `text` behind what is held. Where nothing was held the window is `text` itself, where it lies.
inspect::BodyWindow MessageJudge::open_window(std::span<char> text, Part part) {
  inspect::BodyWindow window;
  window.bytes = text;
  if (!held_.empty()) {
    held_.append({text.data(), text.size()});
    worker_.metrics.counters().hold_bytes += text.size();
    window.bytes = held_.bytes();
  }
  window.offset = text_bytes_ - window.bytes.size();
  window.fresh = text.size();
  window.end = part == Part::kLast;
  return window;
}

void MessageJudge::keep_rest(const inspect::BodyWindow& window, std::size_t released, Held held) {
  auto& hold_bytes = worker_.metrics.counters().hold_bytes;
  if (held == Held::kNothing) {
    const auto kept = window.bytes.subspan(released);
    held_.append({kept.data(), kept.size()});
    hold_bytes += kept.size();
  } else {
    held_.consume(released);  // its bytes stay where they are until the next append
    hold_bytes -= released;
  }
}

MessageJudge::Judged MessageJudge::take(std::span<char> text, Part part) {
  text_bytes_ += text.size();
  if (!judges_) {
    return {.ok = true, .leaves = {text.data(), text.size()}};
  }
  const std::uint64_t kept_before = held_.size() + inspected_.bytes();
  const Held held = held_.empty() ? Held::kNothing : Held::kSome;
  const auto window = open_window(text, part);
  const bool is_request = direction_ == inspect::Direction::kRequest;
  const auto result = worker_.metrics.timed(is_request ? InspectStage::kRequestBody : InspectStage::kResponseBody,
                                            [&] { return inspection_.on_body(direction_, window); });
  inspected_.set(inspection_.held_bytes());
  if (!result.ok) {
    return {.ok = false, .leaves = {}};
  }
  const std::size_t released = std::min(result.release, window.bytes.size());
  std::string_view leaves(window.bytes.data(), released);
  if (const auto& edits = inspection_.edits(direction_); !edits.empty()) {
    edited_.clear();
    edits.write(leaves, window.offset, [this](std::string_view piece) { edited_.append(piece); });
    leaves = edited_;
  }
  keep_rest(window, released, held);
  overloaded_ = part == Part::kMiddle && is_over_memory() && held_.size() + inspected_.bytes() > kept_before;
  return {.ok = !overloaded_, .leaves = leaves};
}

void MessageJudge::rest() noexcept {
  held_.release();
  if (inspection_.verdict().allowed()) {
    inspection_.release();
    inspected_.set(inspection_.held_bytes());
  }
}

Reason MessageJudge::reason() const noexcept {
  return overloaded_ ? Reason::kOverload : to_reason(inspection_.verdict().reason);
}

std::span<const inspect::Finding> MessageJudge::findings() const noexcept {
  if (!judges_) {
    return {};
  }
  const auto all = inspection_.findings();
  return all.subspan(std::min(earlier_findings_, all.size()));
}

}  // namespace gabion::proxy
