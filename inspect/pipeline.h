// Runs policy, then the detectors, for one exchange at a time: the only door from proxy/ into inspect/.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/detector.h"
#include "inspect/snapshot.h"

namespace gabion::inspect {

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

  /// Between exchanges: lets go of the snapshot, so that a quiet connection does not keep an old one alive.
  void forget_snapshot() noexcept;

  /// Between exchanges: gives back memory that only a large exchange needed.
  void release() noexcept;

  /// Normalises the path (fills head.path, head.query, valid until the next begin), judges policy, then runs the
  /// detectors on the head. The reference stays valid until the next call.
  [[nodiscard]] const Verdict& on_request_head(RequestHead& head);
  [[nodiscard]] const Verdict& on_response_head(const ResponseHead& head);

  /// True when some detector wants the body of that direction; otherwise its bytes may pass without on_body.
  [[nodiscard]] bool wants_body(Direction direction) const noexcept;

  /// True when the body of that direction may still be refused: nothing of the message may leave before some of its
  /// body was released.
  [[nodiscard]] bool may_refuse_body(Direction direction) const noexcept;

  /// Judges a window (see BodyWindow). On return the first `release` bytes may leave; the caller keeps the others
  /// and gives them again, with what follows, in the next window. verdict() tells why when !ok.
  struct BodyResult {
    bool ok = true;
    std::size_t release = 0;
  };
  [[nodiscard]] BodyResult on_body(Direction direction, const BodyWindow& window);

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
  [[nodiscard]] BodyResult at_hold_limit(const BodyWindow& window);

  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<ProfileStates> states_;
  const ConnectionFacts* facts_ = nullptr;
  std::uint32_t hold_limit_bytes_ = 0;
  Verdict verdict_;
  FindingList findings_;
  std::string path_buffer_;
  std::vector<WafDemand> waf_demands_;
};

}  // namespace gabion::inspect
