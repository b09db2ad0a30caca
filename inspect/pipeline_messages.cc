// Bodies of gRPC messages: each is judged whole by every detector before any of it may leave. See pipeline.h.
#include <algorithm>
#include <utility>

#include "inspect/pipeline.h"
#include "inspect/pipeline_states.h"

namespace gabion::inspect {
namespace {

constexpr std::string_view kDetector = "grpc";

Reason reason_of(grpc::Failure failure) noexcept {
  switch (failure) {
    case grpc::Failure::kNone:
      return Reason::kNone;
    case grpc::Failure::kFraming:
    case grpc::Failure::kUnmarked:
    case grpc::Failure::kCoding:
    case grpc::Failure::kProtobuf:
      return Reason::kBadMessage;
    case grpc::Failure::kSize:
    case grpc::Failure::kExpansion:
    case grpc::Failure::kFields:
      return Reason::kMessageLimit;
    case grpc::Failure::kEncoding:
      return Reason::kNotInspectable;
  }
  return Reason::kBadMessage;
}

}  // namespace

void Inspection::find_method(const RequestHead& head) {
  const auto& schema = snapshot_->message_rules().schema;
  method_ = schema == nullptr ? nullptr : schema->method(head.path);
}

/// A content coding around messages is none that gRPC knows: what cannot be decoded message by message is not read, nor
/// what only some services take for messages (gRPC's C core takes any Content-Type).
void Inspection::begin_messages(Direction direction, std::span<const HeaderField> fields, BodyForm& form) {
  const grpc::Codec codec = grpc::codec_of(fields);
  const bool is_called = direction == Direction::kRequest && method_ != nullptr;
  if (codec == grpc::Codec::kNone && !is_called && !grpc::may_be_messages(fields)) {
    return;
  }
  const auto index = static_cast<std::size_t>(direction);
  if (codec == grpc::Codec::kNone || form != BodyForm::kPlain) {
    form = BodyForm::kUnreadable;
    codings_[index] = {.kind = coding::CodingList::Kind::kUnknown};
    return;
  }
  form = BodyForm::kMessages;
  reads_messages_[index] = true;
  if (messages_[index] == nullptr) {
    messages_[index] = std::make_unique<grpc::MessageStream>();
  }
  const MessageRules& rules = snapshot_->message_rules();
  grpc::MessageStream::Settings settings{.codec = codec, .encoding = grpc::encoding_of(fields)};
  settings.message_bytes = rules.message_bytes;
  settings.ratio = rules.ratio;
  if (method_ != nullptr) {
    settings.schema = rules.schema.get();
    settings.type = direction == Direction::kRequest ? method_->request : method_->response;
  }
  messages_[index]->begin(settings);
  edits_[index].set_text_limit(std::size_t{2} * rules.message_bytes + EditList::kMaxTextBytes);
}

/// A service is not asked for compression that nobody here can undo.
void Inspection::narrow_answers(const RequestHead& head) {
  if (!verdict_.allowed() || !states_->profile->reads_answers || grpc::codec_of(head.fields) == grpc::Codec::kNone) {
    return;
  }
  FieldEditList& edits = field_edits_[static_cast<std::size_t>(Direction::kRequest)];
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const HeaderField& field = head.fields[i];
    if (!equals_without_case(field.name, "grpc-accept-encoding")) {
      continue;
    }
    if (FieldEdit edit{i, grpc::narrow_encodings(field.value)}; edit.value != field.value) {
      edits.set(std::move(edit));
    }
  }
}

std::uint64_t Inspection::messages(Direction direction) const noexcept {
  const auto index = static_cast<std::size_t>(direction);
  return reads_messages_[index] ? messages_[index]->messages() : 0;
}

Inspection::BodyResult Inspection::on_messages(Direction direction, const BodyWindow& window) {
  const auto index = static_cast<std::size_t>(direction);
  grpc::MessageStream& stream = *messages_[index];
  edits_[index].begin_window(window.offset, window.offset + window.bytes.size());
  std::size_t at = 0;
  for (bool more = true; more;) {
    const std::string_view rest(window.bytes.data() + at, window.bytes.size() - at);
    const auto next = stream.next(rest);
    switch (next.found) {
      case grpc::MessageStream::Found::kMore:
        more = false;
        if (window.end && !rest.empty()) {  // within a message
          if (!on_message_failure(direction, grpc::Failure::kFraming)) {
            return {.ok = false, .release = 0};
          }
          at = window.bytes.size();
        }
        break;
      case grpc::MessageStream::Found::kUnread:
        break;
      case grpc::MessageStream::Found::kMessage:
        if (!on_message(direction, window.bytes.subspan(at, next.size), window.offset + at)) {
          return {.ok = false, .release = 0};
        }
        break;
      case grpc::MessageStream::Found::kFailed:
        if (!on_message_failure(direction, stream.failure())) {
          return {.ok = false, .release = 0};
        }
        stream.pass_unread();
        break;
    }
    at += next.size;
  }
  if (window.end && !end_messages(direction)) {
    return {.ok = false, .release = 0};
  }
  if (edits_[index].failed()) {
    return refuse_held("more of the messages was to be replaced than can be kept");
  }
  [[maybe_unused]] const auto settled =
      edits_[index].settle(window.offset + at, window.end ? EditList::Part::kLast : EditList::Part::kMiddle);
  return {.ok = true, .release = at};
}

/// False: refused.
bool Inspection::on_message(Direction direction, std::span<const char> frame, std::uint64_t offset) {
  grpc::MessageStream& stream = *messages_[static_cast<std::size_t>(direction)];
  const MessageText text = stream.text(message_edits_);
  std::uint16_t author = 0;
  for (auto& entry : states_->entries) {
    message_edits_.set_author(++author);
    if (entry.state->wants_body(direction) && entry.state->on_message(direction, text) == Step::kStop) {
      refuse(entry.detector, *entry.state, direction);
      return false;
    }
  }
  if (message_edits_.failed()) {
    [[maybe_unused]] const auto refused = refuse_held("more of a message was to be replaced than can be kept");
    return false;
  }
  std::string changed;
  if (!stream.rewrite(message_edits_, changed)) {
    [[maybe_unused]] const auto refused = refuse_held("a message could not be compressed again");
    return false;
  }
  if (!changed.empty()) {
    [[maybe_unused]] const bool taken =
        edits_[static_cast<std::size_t>(direction)].replace(offset, static_cast<std::uint32_t>(frame.size()), changed);
  }
  return true;
}

bool Inspection::end_messages(Direction direction) {
  for (auto& entry : states_->entries) {
    if (entry.state->wants_body(direction) && entry.state->on_messages_end(direction) == Step::kStop) {
      refuse(entry.detector, *entry.state, direction);
      return false;
    }
  }
  return true;
}

/// A finding, and by on_limit a refusal where some detector may refuse. True: it passes unread.
bool Inspection::on_message_failure(Direction direction, grpc::Failure failure) {
  return passes_unread(direction, {kDetector, grpc::to_string(failure), "message", reason_of(failure)});
}

}  // namespace gabion::inspect
