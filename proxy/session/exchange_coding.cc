// An exchange's bodies with a content coding: decoded for inspection, and what leaves in their place. See exchange.h.
#include <algorithm>
#include <string>

#include "proxy/session/exchange.h"

namespace gabion::proxy {
namespace {

using inspect::Direction;
using inspect::coding::CodingList;
using inspect::coding::DecodeError;
using inspect::coding::Flush;
using Leaves = CodedBody::Leaves;

}  // namespace

bool Exchange::begin_coding(Direction direction, Leaves leaves) {
  const auto& limits = down_.snapshot->config.limits;
  if (!is_over_memory()) {
    const inspect::coding::DecodeLimits bounds{limits.decoded_bytes, limits.decoded_ratio};
    coded(direction) = std::make_unique<CodedBody>(worker_.buffers, down_.inspection.codings(direction), bounds, leaves,
                                                   limits.hold_bytes);
    if (coded(direction)->is_ready()) {
      return true;
    }
  }
  fail(Reason::kOverload, {});
  return false;
}

void Exchange::begin_coded_request() {
  const bool ruled = down_.inspection.rules_body(Direction::kRequest);
  if (!begin_coding(Direction::kRequest, ruled ? Leaves::kUndecided : Leaves::kWatched)) {
    return;
  }
  if (!ruled) {
    request_phase_ = RequestPhase::kReleased;
    send_request_head();
  } else if (request_phase_ == RequestPhase::kHeld) {
    head_deferred_[0] = true;
  } else {
    [[maybe_unused]] const bool begun = begin_leaving(Direction::kRequest);
  }
}

void Exchange::begin_coded_response() {
  const bool ruled = down_.inspection.rules_body(Direction::kResponse);
  if (!begin_coding(Direction::kResponse, ruled ? Leaves::kUndecided : Leaves::kWatched)) {
    return;
  }
  note_unheld();
  if (ruled) {
    head_deferred_[1] = true;
    response_phase_ = ResponsePhase::kHeld;
    return;
  }
  queue_response_head(upstream_->head());
  response_phase_ = ResponsePhase::kBegun;
}

void Exchange::write_deferred_head(Direction direction) {
  head_deferred_[static_cast<std::size_t>(direction)] = false;
  if (direction == Direction::kRequest) {
    send_request_head();
  } else {
    queue_response_head(upstream_->head());
  }
}

/// What leaves is made from text from here on. False: fail() was called.
bool Exchange::begin_leaving(Direction direction) {
  const auto& profile = down_.snapshot->inspection->profile(down_.plan->profile);
  const bool as_text =
      direction == Direction::kResponse && profile.config.content_coding == config::ContentCoding::kIdentity;
  if (coded(direction)->begin(as_text ? Leaves::kText : Leaves::kRecoded) == CodedBody::Outcome::kFailed) {
    fail(Reason::kOverload, {});
    return false;
  }
  fields(direction) = as_text ? BodyFields::kDecoded : BodyFields::kReframed;
  write_deferred_head(direction);
  return true;
}

void Exchange::take_coded(Direction direction, std::string_view bytes) {
  CodedBody& body = *coded(direction);
  if (body.leaves() == Leaves::kWatched) {
    if (!body.can_keep(bytes.size())) {
      let_watched_leave(direction);
    }
    if (!body.has_original()) {
      send_body(direction, bytes);
    }
  }
  body.give(bytes);
}

/// Watched bytes wait until the first text shows that they are coded at all.
void Exchange::let_watched_leave(Direction direction) {
  CodedBody& body = *coded(direction);
  if (body.has_original()) {
    send_body(direction, body.original());
    body.forget_original();
  }
}

void Exchange::advance_coded(Direction direction) {
  Buffer& text = held(direction);
  const std::size_t hold_bytes = down_.snapshot->config.limits.hold_bytes;
  const std::uint64_t held_before = coded(direction)->memory_bytes();
  const auto step = coded(direction)->decode(text, hold_bytes - std::min(hold_bytes, text.size()));
  worker_.metrics.counters().hold_bytes += step.produced;
  if (is_over_memory() && coded(direction)->memory_bytes() > held_before) {
    fail(Reason::kOverload, {});
    return;
  }
  if (step.error != DecodeError::kNone) {
    coding_failed(direction, step.error, step.produced);
  } else if (step.produced != 0) {
    [[maybe_unused]] const bool allowed = judge_text(direction, step.produced, false);
  }
}

/// False: refused, fail() was called.
bool Exchange::end_coded(Direction direction) {
  const DecodeError error = coded(direction)->finish();
  if (error != DecodeError::kNone) {
    coding_failed(direction, error, 0);
    if (ended_by_us()) {
      return false;
    }
  }
  if (coded(direction) != nullptr) {
    const bool allowed = judge_text(direction, 0, true);
    coded(direction).reset();
    return allowed;
  }
  return !inspects(direction) || inspect_window(direction, held(direction), {}, true);
}

/// Judges the text that is held, of which the last `fresh` bytes are new. False: refused, fail() was called.
bool Exchange::judge_text(Direction direction, std::size_t fresh, bool end) {
  CodedBody& body = *coded(direction);
  Buffer& text = held(direction);
  const std::uint64_t offset = body.text_bytes() - text.size();
  const std::uint64_t held_before = text.size() - fresh + inspected_.bytes();
  std::size_t released = text.size();
  if (inspects(direction) &&
      !judge(direction, {.bytes = text.bytes(), .offset = offset, .fresh = fresh, .end = end}, released)) {
    return false;
  }
  if (body.leaves() == Leaves::kWatched) {
    let_watched_leave(direction);
  } else if (end && may_leave_as_it_came(direction)) {
    pass_as_it_came(direction);
    return true;
  } else if (released != 0 || end) {
    if (body.leaves() == Leaves::kUndecided && !begin_leaving(direction)) {
      return false;
    }
    note_release(direction);
    send_judged(direction, text.view().substr(0, released), offset);
    if (end) {
      send_text(direction, {}, Flush::kEnd);
    }
  }
  text.consume(released);
  worker_.metrics.counters().hold_bytes -= released;
  if (!end && !ended_by_us() && is_over_memory() && text.size() + inspected_.bytes() > held_before) {
    fail(Reason::kOverload, {});
  }
  return !ended_by_us();
}

void Exchange::send_judged(Direction direction, std::string_view text, std::uint64_t offset) {
  const auto& edits = down_.inspection.edits(direction);
  if (edits.empty() || !inspects(direction)) {
    send_text(direction, text, Flush::kNone);
  } else {
    edits.write(text, offset, [&](std::string_view piece) { send_text(direction, piece, Flush::kNone); });
  }
}

void Exchange::send_text(Direction direction, std::string_view text, Flush flush) {
  CodedBody& body = *coded(direction);
  if (body.leaves() == Leaves::kText) {
    send_body(direction, text);
    return;
  }
  const auto sink = [&](std::string_view bytes) { send_body(direction, bytes); };
  if (body.encode(text, flush, sink) == CodedBody::Outcome::kFailed) {
    fail(Reason::kOverload, {});
  }
}

/// Before a wait: whoever reads along must be able to read all that was released.
void Exchange::flush_coded(Direction direction) {
  if (coded(direction) != nullptr && coded(direction)->has_unflushed()) {
    send_text(direction, {}, Flush::kSync);
  }
}

/// The original bytes say nothing else than the text that was judged, and nobody asked for another coding.
bool Exchange::may_leave_as_it_came(Direction direction) noexcept {
  const CodedBody& body = *coded(direction);
  const auto& inspection = down_.inspection;
  const auto& profile = down_.snapshot->inspection->profile(down_.plan->profile);
  const bool wanted =
      direction == Direction::kRequest || profile.config.content_coding == config::ContentCoding::kDecode;
  // deflate with or without zlib's wrapping: two readers may read two texts.
  return wanted && body.leaves() == Leaves::kUndecided && body.has_original() &&
         inspection.body_change(direction) == inspect::BodyChange::kNone &&
         !inspection.codings(direction).holds(inspect::coding::Coding::kDeflate);
}

/// REQUIRES: has_original().
void Exchange::pass_as_it_came(Direction direction) {
  fields(direction) = BodyFields::kKept;
  write_deferred_head(direction);
  note_release(direction);
  send_body(direction, coded(direction)->original());
  forget_text(direction);
  coded(direction).reset();
}

void Exchange::forget_text(Direction direction) noexcept {
  worker_.metrics.counters().hold_bytes -= held(direction).size();
  held(direction).clear();
}

/// Refuses, or finds a way for the body to pass all the same; a cut where there is none. The last `produced` bytes of
/// the held text are not judged yet.
void Exchange::coding_failed(Direction direction, DecodeError error, std::size_t produced) {
  CodedBody& body = *coded(direction);
  const Reason reason = to_reason(inspect::reason_of(error));
  if (!down_.inspection.on_coding_failure(direction, error)) {
    fail(reason, {});
    return;
  }
  const bool is_plain = body.text_bytes() == 0;
  if (body.has_original() && is_plain) {
    take_as_plain(direction);
  } else if (body.leaves() == Leaves::kWatched) {
    count_limit(reason);
    body.stop_decoding();
    let_watched_leave(direction);
    [[maybe_unused]] const bool allowed = judge_text(direction, produced, false);
  } else if (body.has_original()) {
    count_limit(reason);
    if (!judge_last_text(direction, produced)) {
      return;
    }
    if (!down_.inspection.edits(direction).empty()) {
      fail(reason, {});  // what was to be covered stands in the original
      return;
    }
    inspects(direction) = false;
    pass_as_it_came(direction);
  } else if (error == DecodeError::kBytes) {
    count_limit(reason);
    let_judged_leave(direction, produced);
  } else {
    fail(reason, {});
  }
}

/// The text that is held is all that will be judged, the last `produced` bytes of it for the first time. False:
/// refused.
bool Exchange::judge_last_text(Direction direction, std::size_t produced) {
  Buffer& text = held(direction);
  const std::uint64_t offset = coded(direction)->text_bytes() - text.size();
  std::size_t released = 0;
  return !inspects(direction) ||
         judge(direction, {.bytes = text.bytes(), .offset = offset, .fresh = produced, .end = true}, released);
}

/// Judges what is held, lets it leave as it was judged, and the rest unread.
void Exchange::let_judged_leave(Direction direction, std::size_t produced) {
  CodedBody& body = *coded(direction);
  Buffer& text = held(direction);
  if (!judge_last_text(direction, produced) || (body.leaves() == Leaves::kUndecided && !begin_leaving(direction))) {
    return;
  }
  note_release(direction);
  send_judged(direction, text.view(), body.text_bytes() - text.size());
  forget_text(direction);
  inspects(direction) = false;
  body.lift_byte_limit();
}

/// The label lied from the first byte: what came is the text.
void Exchange::take_as_plain(Direction direction) {
  const bool is_deferred = head_deferred_[static_cast<std::size_t>(direction)];
  std::string bytes(coded(direction)->original());
  coded(direction).reset();
  if (is_deferred) {
    fields(direction) = fields_of(direction);
    write_deferred_head(direction);
  }
  [[maybe_unused]] const bool allowed = inspect_window(direction, held(direction), bytes, false);
}

BodyFields Exchange::fields_of(Direction direction) noexcept {
  switch (inspects(direction) ? down_.inspection.body_change(direction) : inspect::BodyChange::kNone) {
    case inspect::BodyChange::kNone:
      return BodyFields::kKept;
    case inspect::BodyChange::kSameLength:
      return BodyFields::kUndigested;
    case inspect::BodyChange::kAnyLength:
      return BodyFields::kReframed;
  }
  return BodyFields::kReframed;
}

/// An answer to HEAD and a 304 say of the body what the answer to GET would.
BodyFields Exchange::fields_of_no_body(const http1::Head& head) const noexcept {
  constexpr std::uint16_t kNotModified = 304;
  const auto& profile = down_.snapshot->inspection->profile(down_.plan->profile);
  if (!profile.rules_answers) {
    return BodyFields::kKept;
  }
  const bool may_be_coded = profile.config.content_coding == config::ContentCoding::kDecode;
  if (inspect::coding::read_codings(head.fields).kind == CodingList::Kind::kKnown) {
    return may_be_coded ? BodyFields::kReframed : BodyFields::kDecoded;
  }
  if ((may_be_coded && head.status == kNotModified) || profile.changes_answers == inspect::BodyChange::kAnyLength) {
    return BodyFields::kReframed;
  }
  return profile.changes_answers == inspect::BodyChange::kNone ? BodyFields::kKept : BodyFields::kUndigested;
}

}  // namespace gabion::proxy
