// Counts the rows and bytes of one portal's answer against a rule's limits, and says how an answer that is cut ends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace gabion::proxy::postgres {

/// 0: no limit.
struct RowLimits {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  ///< of DataRow and CopyData bodies as the server sent them

  /// The lower of each.
  void tighten(const RowLimits& more) noexcept {
    rows = rows == 0 || (more.rows != 0 && more.rows < rows) ? more.rows : rows;
    bytes = bytes == 0 || (more.bytes != 0 && more.bytes < bytes) ? more.bytes : bytes;
  }
  [[nodiscard]] bool any() const noexcept { return rows != 0 || bytes != 0; }
  bool operator==(const RowLimits&) const noexcept = default;
};

/// What the statement has done when its answer is cut.
enum class Effect : std::uint8_t { kReads, kWrites };

/// Why an answer does not go on.
enum class Cut : std::uint8_t {
  kNone,
  kLimit,      ///< more rows or bytes than a rule allows
  kSensitive,  ///< something was found that must not leave
  kUnknown,    ///< a table or column is in it of which nobody knows yet whether it is withheld
};

/// Of one portal or cursor: executed or fetched piece by piece, its pieces count together.
class RowLimit {
 public:
  RowLimit(const RowLimits& limits, Effect effect) noexcept : limits_(limits), effect_(effect) {}

  enum class Row : std::uint8_t {
    kPasses,
    kIsOver,  ///< the first beyond: cancel the statement; this row and all that follow are swallowed
    kSwallowed,
  };
  [[nodiscard]] Row row(std::uint32_t body_bytes) noexcept {
    if (is_over()) {
      return Row::kSwallowed;
    }
    rows_ += 1;
    bytes_ += body_bytes;
    if ((limits_.rows != 0 && rows_ > limits_.rows) || (limits_.bytes != 0 && bytes_ > limits_.bytes)) {
      cut_ = Cut::kLimit;
    }
    return is_over() ? Row::kIsOver : Row::kPasses;
  }
  /// What row() would let pass yet.
  struct Room {
    std::uint64_t rows = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
  };
  [[nodiscard]] Room room() const noexcept {
    const Room endless;
    return is_over() ? Room{0, 0}
                     : Room{limits_.rows == 0 ? endless.rows : limits_.rows - std::min(rows_, limits_.rows),
                            limits_.bytes == 0 ? endless.bytes : limits_.bytes - std::min(bytes_, limits_.bytes)};
  }
  /// Rows that passed within room().
  void count(std::uint64_t rows, std::uint64_t body_bytes) noexcept {
    rows_ += rows;
    bytes_ += body_bytes;
  }
  /// The row that is under way, and all that follow, are swallowed.
  void cut(Cut why) noexcept { cut_ = why; }
  void tighten(const RowLimits& more) noexcept { limits_.tighten(more); }

  /// How the client is told, by what the server ends the answer with.
  enum class End : std::uint8_t {
    kAsItIs,        ///< nothing was cut
    kOurError,      ///< the server's error leaves as ours: the transaction is in the state it says
    kErrorInstead,  ///< it had finished before the cancel came: our error leaves instead of its success
    kClose,         ///< … and it wrote, or the client has said more that the server will do and we could not call
                    ///< failed: only the end of the session tells the truth
  };
  enum class Ended : std::uint8_t { kByError, kComplete, kSuspended };
  enum class Following : std::uint8_t { kNothing, kMessages };  ///< said before the next Sync
  [[nodiscard]] End end(Ended how, Following following) const noexcept {
    if (!is_over()) {
      return End::kAsItIs;
    }
    if (how == Ended::kByError) {
      return End::kOurError;
    }
    return effect_ == Effect::kWrites || following == Following::kMessages ? End::kClose : End::kErrorInstead;
  }

  [[nodiscard]] bool is_over() const noexcept { return cut_ != Cut::kNone; }
  [[nodiscard]] Cut why() const noexcept { return cut_; }
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  RowLimits limits_;
  Effect effect_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  Cut cut_ = Cut::kNone;
};

}  // namespace gabion::proxy::postgres
