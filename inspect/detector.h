// The interface every detector implements: compiled once per snapshot, one small state per exchange, synchronous.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "config/result.h"
#include "inspect/body_edits.h"
#include "inspect/field_edits.h"
#include "inspect/finding.h"
#include "inspect/message.h"
#include "inspect/message_text.h"
#include "inspect/verdict.h"

namespace gabion::inspect {

class Scratch;

/// What a detector may do to the body it reads.
enum class BodyChange : std::uint8_t {
  kNone,        ///< reads, may refuse
  kSameLength,  ///< may write into the window's bytes, or ask for edits that keep the length
  kAnyLength,   ///< may also ask for edits: the message is framed so that its length may change
};

/// A stretch of a body that has not left yet: text, decoded if the message has a content coding, see BodyForm. With
/// BodyChange::kSameLength the bytes may be changed in place. With kAnyLength a detector leaves the bytes alone and
/// says what should leave instead:
///
///     if (!window.edits->replace(window.offset + at, 16, "[CREDIT_CARD]")) { … }   // false: the pipeline refuses
///
/// and answers as always how much may leave: what it may still edit it does not release, an edit that was asked for it
/// need not hold. The bytes of a pending edit stay in the window as they were for as long as another detector holds
/// them, so whoever edits keeps count of what it has decided (BodyWindow::offset, DetectorState sees the same bytes
/// again). No detector sees another's replacement.
struct BodyWindow {
  std::span<char> bytes;       ///< everything of the body that is still here, oldest first
  std::uint64_t offset = 0;    ///< of bytes[0] in the body
  std::size_t fresh = 0;       ///< how many bytes at the end of `bytes` no detector has seen yet: the same for all,
                               ///< since every detector that wants the body is given every window
  bool end = false;            ///< the body ends with `bytes`; nothing follows
  std::size_t hold_limit = 0;  ///< set by the pipeline: from so many bytes in the window on, something must leave
  EditList* edits = nullptr;   ///< set by the pipeline, never null in on_body()
};

/// What a detector answers to a window: with kContinue or kHold, the first `release` bytes of the window may leave
/// as far as it is concerned. With `end`, everything is released unless the step is kStop.
struct BodyStep {
  Step step = Step::kContinue;
  std::size_t release = 0;
};

/// One detector's memory of one exchange. Reused for the next exchange after reset(); no allocation after warm-up.
/// Belongs to one connection, used on its worker only. Findings are added to the list given to reset().
class DetectorState {
 public:
  virtual ~DetectorState() = default;

  /// Begins an exchange. `findings` and `scratch` outlive it.
  virtual void reset(Scratch& scratch, FindingList& findings) noexcept = 0;

  /// The exchange is over, whatever became of it. An exchange that was dropped with its connection ends with the state.
  virtual void on_end() noexcept {}

  /// Between exchanges: gives back what only a large one needed.
  virtual void release() noexcept {}

  /// Heap bytes it holds for the exchange: what it keeps of bodies, and what it made of them.
  [[nodiscard]] virtual std::size_t held_bytes() const noexcept { return 0; }

  /// kContinue or kStop.
  [[nodiscard]] virtual Step on_request_head(const RequestHead& head) = 0;
  [[nodiscard]] virtual Step on_response_head(const ResponseHead& head) = 0;

  /// After the request's head: whether it may refuse an answer for a field of its head.
  [[nodiscard]] virtual bool may_refuse_answer() const noexcept { return false; }

  /// After the head of that direction: does this detector want the body? False = never called with it.
  [[nodiscard]] virtual bool wants_body(Direction direction) const noexcept = 0;
  [[nodiscard]] virtual BodyStep on_body(Direction direction, const BodyWindow& window) = 0;

  /// Instead of on_body() where the head said BodyForm::kMessages: one message, all of it, none of which has left.
  /// kContinue or kStop.
  [[nodiscard]] virtual Step on_message(Direction direction, const MessageText& message) = 0;
  /// After the last of them, and where there was none. kContinue or kStop.
  [[nodiscard]] virtual Step on_messages_end(Direction /*direction*/) { return Step::kContinue; }

  /// After the whole body: fields that came behind it. kContinue or kStop.
  [[nodiscard]] virtual Step on_trailers(Direction direction, std::span<const HeaderField> fields) = 0;

  /// Whether on_body() of that direction may still say kStop: then nothing of the message may leave before its body's
  /// first release.
  [[nodiscard]] virtual bool may_refuse_body(Direction /*direction*/) const noexcept { return false; }

  /// Whether on_body() of that direction may ever say kStop. Where no detector does and none changes the body, a coded
  /// one leaves as it came, at once, and only a copy is decoded.
  [[nodiscard]] virtual bool enforces(Direction /*direction*/) const noexcept { return true; }

  /// What on_body() of that direction may do to the bytes. Asked after the head of that direction and before its body,
  /// and only while wants_body(): framing and fields of the message are chosen by it, so it may not change later.
  [[nodiscard]] virtual BodyChange body_change(Direction /*direction*/) const noexcept { return BodyChange::kNone; }

  /// Fields of the head of that direction that must leave with other values. Asked after a head that was not stopped;
  /// valid until the next head.
  [[nodiscard]] virtual std::span<const FieldEdit> field_edits(Direction /*direction*/) const noexcept { return {}; }

  /// Why the last kStop; the rule's name for the verdict.
  [[nodiscard]] virtual Reason reason() const noexcept = 0;
  [[nodiscard]] virtual std::string_view rule() const noexcept = 0;
};

/// Immutable, shared by all workers.
class Detector {
 public:
  virtual ~Detector() = default;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  [[nodiscard]] virtual std::unique_ptr<DetectorState> make_state() const = 0;
  /// Makes `scratch` large enough for this detector's pattern databases. Errors: out of memory.
  [[nodiscard]] virtual config::Result<void> prepare(Scratch& scratch) const = 0;
};

}  // namespace gabion::inspect
