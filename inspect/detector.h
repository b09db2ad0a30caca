// The interface every detector implements: compiled once per snapshot, one small state per exchange, synchronous.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "config/result.h"
#include "inspect/finding.h"
#include "inspect/message.h"
#include "inspect/verdict.h"

namespace gabion::inspect {

class Scratch;

/// A stretch of a body that has not left yet. `bytes` may be changed in place, never in length.
struct BodyWindow {
  std::span<char> bytes;       ///< everything of the body that is still here, oldest first
  std::uint64_t offset = 0;    ///< of bytes[0] in the body
  std::size_t fresh = 0;       ///< how many bytes at the end of `bytes` no detector has seen yet: the same for all,
                               ///< since every detector that wants the body is given every window
  bool end = false;            ///< the body ends with `bytes`; nothing follows
  std::size_t hold_limit = 0;  ///< set by the pipeline: from so many bytes in the window on, something must leave
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

  /// Between exchanges: gives back what only a large one needed.
  virtual void release() noexcept {}

  /// kContinue or kStop.
  [[nodiscard]] virtual Step on_request_head(const RequestHead& head) = 0;
  [[nodiscard]] virtual Step on_response_head(const ResponseHead& head) = 0;

  /// After the head of that direction: does this detector want the body? False = never called with it.
  [[nodiscard]] virtual bool wants_body(Direction direction) const noexcept = 0;
  [[nodiscard]] virtual BodyStep on_body(Direction direction, const BodyWindow& window) = 0;

  /// After the whole body: fields that came behind it. kContinue or kStop.
  [[nodiscard]] virtual Step on_trailers(Direction direction, std::span<const HeaderField> fields) = 0;

  /// Whether on_body() of that direction may still say kStop: then nothing of the message may leave before its body's
  /// first release.
  [[nodiscard]] virtual bool may_refuse_body(Direction /*direction*/) const noexcept { return false; }

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
