// What is different where the exchange is a gRPC call: its deadline, its status, and how it ends once answered.
#include "inspect/grpc/call_fields.h"
#include "proxy/session/exchange.h"
#include "proxy/session/grpc_status.h"

namespace gabion::proxy {

/// A deadline that cannot be read is none that anybody could keep.
Reason Exchange::begin_call() {
  const auto& fields = down_.head().fields;
  is_grpc_ = inspect::grpc::codec_of(fields) != inspect::grpc::Codec::kNone;
  if (!is_grpc_) {
    return Reason::kNone;
  }
  const auto timeout = inspect::grpc::timeout_of(fields);
  if (timeout.is_present && !timeout.value) {
    return Reason::kMalformedRequest;
  }
  if (timeout.value) {
    call_deadline_ = start_ + std::chrono::duration_cast<EventLoop::Clock::duration>(*timeout.value);
  }
  return Reason::kNone;
}

/// The answer's head, or what came behind its body (`head` null).
void Exchange::note_answer(std::span<const inspect::HeaderField> fields, const http1::Head* head) noexcept {
  if (!is_grpc_) {
    return;
  }
  if (const auto status = inspect::grpc::status_of(fields)) {
    grpc_status_ = status;
  }
  if (head != nullptr) {
    constexpr std::uint16_t kOk = 200;
    answers_grpc_ = head->status == kOk && inspect::grpc::codec_of(fields) != inspect::grpc::Codec::kNone &&
                    inspect::find_field(fields, "content-encoding") == nullptr;
  }
}

/// An answer that has begun ends with a status of ours, if it stands between two messages. False: only a cut says that
/// it is not whole.
bool Exchange::end_with_status(Reason reason) {
  const auto status = grpc_status(reason);
  if (!answers_grpc_ || !status || response_phase_ != ResponsePhase::kBegun || !response_frames_.is_between() ||
      response_framing_ != http1::Framing::kChunked) {
    return false;
  }
  const auto& verdict = down_.inspection.verdict();
  const bool explains = down_.snapshot->config.explain_to_client && stage_ == Stage::kJudged;
  const std::string message = grpc_message(reason, explains ? verdict.rule : std::string_view(),
                                           explains ? std::string_view(verdict.detail) : std::string_view());
  const inspect::HeaderField trailers[] = {{"grpc-status", grpc_status_text(reason)}, {"grpc-message", message}};
  down_.half.send_end(trailers, BodyFields::kKept);
  grpc_status_ = status;
  response_phase_ = ResponsePhase::kDone;
  return true;
}

}  // namespace gabion::proxy
