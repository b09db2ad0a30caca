// Runs policy, then the detectors, for one exchange at a time: the only door from proxy/ into inspect/.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/coding/decoder.h"
#include "inspect/detector.h"
#include "inspect/field_edits.h"
#include "inspect/grpc/message_stream.h"
#include "inspect/snapshot.h"

namespace gabion::inspect {

/// What a body that cannot be decoded is refused for.
[[nodiscard]] Reason reason_of(coding::DecodeError error) noexcept;

/// Lives as long as a connection and judges its exchanges one after another. Used on one worker only.
/// After the first exchange of a snapshot the allow path allocates nothing.
class Inspection {
 public:
  Inspection() noexcept;
  ~Inspection();
  Inspection(const Inspection&) = delete;
  Inspection& operator=(const Inspection&) = delete;

  /// Starts an exchange under `snapshot` (kept until the next begin). `facts` and what it points to, and `scratch`,
  /// outlive the exchange. `hold_limit_bytes` bounds the window given to on_body.
  void begin(std::shared_ptr<const Snapshot> snapshot, std::size_t profile_index, const ConnectionFacts& facts,
             Scratch& scratch, std::uint32_t hold_limit_bytes);

  /// The exchange is over: what detectors keep of it for others may go. What it found stays until begin().
  void end() noexcept;

  /// Between exchanges: lets go of the snapshot, so that a quiet connection does not keep an old one alive.
  void forget_snapshot() noexcept;

  /// Between exchanges: gives back memory that only a large exchange needed.
  void release() noexcept;

  /// Heap bytes its detectors hold for the exchange.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

  /// Normalises the path (fills head.path, head.query, valid until the next begin), judges policy, then runs the
  /// detectors on the head. The reference stays valid until the next call.
  [[nodiscard]] const Verdict& on_request_head(RequestHead& head);
  [[nodiscard]] const Verdict& on_response_head(ResponseHead& head);

  /// True when some detector wants the body of that direction; otherwise its bytes may pass without on_body.
  [[nodiscard]] bool wants_body(Direction direction) const noexcept;

  /// True when the answer may be refused for a field of its head: a head that no detector sees must not pass then.
  /// Valid after on_request_head().
  [[nodiscard]] bool may_refuse_answer() const noexcept;

  /// True when the body of that direction may still be refused: nothing of the message may leave before some of its
  /// body was released.
  [[nodiscard]] bool may_refuse_body(Direction direction) const noexcept;

  /// The most that some detector may do to the body of that direction: with kAnyLength what leaves may have another
  /// length than what came. Asked after the head of that direction.
  [[nodiscard]] BodyChange body_change(Direction direction) const noexcept;

  /// What must be undone of the body of that direction before on_body(); kUnknown: nothing can be, its bytes are given
  /// as they are. Asked after the head of that direction.
  [[nodiscard]] const coding::CodingList& codings(Direction direction) const noexcept {
    return codings_[static_cast<std::size_t>(direction)];
  }

  /// Whether refusals or changes of the body of that direction count: else it is only looked at, and may leave as it
  /// came, at once.
  [[nodiscard]] bool rules_body(Direction direction) const noexcept;

  /// The body cannot be decoded any further: a finding, and by on_limit a refusal. True: it passes all the same.
  [[nodiscard]] bool on_coding_failure(Direction direction, coding::DecodeError error);

  /// The body of that direction is gRPC messages, each of which is judged before any of it leaves: the head need not
  /// wait for them. Asked after the head of that direction.
  [[nodiscard]] bool reads_messages(Direction direction) const noexcept {
    return reads_messages_[static_cast<std::size_t>(direction)];
  }
  /// How many messages were judged; 0 where none are read.
  [[nodiscard]] std::uint64_t messages(Direction direction) const noexcept;

  /// Judges a window (see BodyWindow). On return the first `release` bytes may leave, as edits().write() gives them;
  /// the caller keeps the others and gives them again, with what follows, in the next window. verdict() tells why when
  /// !ok.
  struct BodyResult {
    bool ok = true;
    std::size_t release = 0;
  };
  [[nodiscard]] BodyResult on_body(Direction direction, const BodyWindow& window);

  /// Of the bytes that on_body() released last, until the next on_body() of that direction.
  [[nodiscard]] const EditList& edits(Direction direction) const noexcept {
    return edits_[static_cast<std::size_t>(direction)];
  }

  /// Fields of the head of that direction that must leave with other values, each once. Valid until the next head of
  /// that direction.
  [[nodiscard]] std::span<const FieldEdit> field_edits(Direction direction) const noexcept {
    return field_edits_[static_cast<std::size_t>(direction)].items();
  }

  /// Judges what came behind a body. REQUIRES: the body's last window was judged.
  [[nodiscard]] const Verdict& on_trailers(Direction direction, std::span<const HeaderField> fields);

  /// The verdict so far; once refused it stays refused.
  [[nodiscard]] const Verdict& verdict() const noexcept { return verdict_; }
  /// What was found in this exchange so far, at most 64 (further ones are only counted in findings_dropped).
  [[nodiscard]] std::span<const Finding> findings() const noexcept { return findings_.items(); }
  [[nodiscard]] std::uint64_t findings_dropped() const noexcept { return findings_.dropped(); }

  /// Whether the request that was allowed would still be allowed under `snapshot`, its listener reading paths as
  /// `paths` says (live re-check of policy only).
  [[nodiscard]] bool still_allowed(const Snapshot& snapshot, const config::PathReading& paths,
                                   const RequestHead& head) const;

 private:
  struct ProfileStates;
  void refuse(std::string_view detector, const DetectorState& state, Direction direction);
  [[nodiscard]] BodyResult settle(Direction direction, const BodyWindow& window, std::size_t release);
  [[nodiscard]] BodyForm read_form(Direction direction, std::span<const HeaderField> fields);
  [[nodiscard]] BodyResult refuse_held(std::string_view why);

  // Bodies of gRPC messages: pipeline_messages.cc.
  void begin_messages(Direction direction, std::span<const HeaderField> fields, BodyForm& form);
  void find_method(const RequestHead& head);
  void narrow_answers(const RequestHead& head);
  [[nodiscard]] BodyResult on_messages(Direction direction, const BodyWindow& window);
  [[nodiscard]] bool on_message(Direction direction, std::span<const char> frame, std::uint64_t offset);
  [[nodiscard]] bool end_messages(Direction direction);
  [[nodiscard]] bool on_message_failure(Direction direction, grpc::Failure failure);
  /// What could not be read, and who says so; the texts are constants.
  struct Unreadable {
    std::string_view detector;
    std::string_view rule;
    std::string_view field;
    Reason reason;
  };
  /// A finding, and by on_limit a refusal where some detector may refuse. True: it passes unread.
  [[nodiscard]] bool passes_unread(Direction direction, const Unreadable& what);

  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<ProfileStates> states_;
  const ConnectionFacts* facts_ = nullptr;
  std::uint32_t hold_limit_bytes_ = 0;
  Verdict verdict_;
  FindingList findings_;
  std::array<FieldEditList, 2> field_edits_;                      ///< by Direction
  std::array<EditList, 2> edits_;                                 ///< by Direction
  std::array<coding::CodingList, 2> codings_;                     ///< by Direction
  std::array<std::unique_ptr<grpc::MessageStream>, 2> messages_;  ///< by Direction; null before the first call
  std::array<bool, 2> reads_messages_{};
  const config::GrpcMethod* method_ = nullptr;  ///< of the call; null: no descriptor knows it
  EditList message_edits_;
  std::string path_buffer_;
  Demands demands_;
};

}  // namespace gabion::inspect
