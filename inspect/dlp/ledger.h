// Decides what becomes of each value found in one message, and writes down what was found without the value.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/dlp/match.h"
#include "inspect/dlp/profile.h"
#include "inspect/finding.h"
#include "inspect/heap_bytes.h"

namespace gabion::inspect::dlp {

/// A value as it was found.
struct Sighting {
  Match match;
  std::string_view text;     ///< the value without escapes
  std::string_view field;    ///< "/customer/card", "header:x-card"; a name, never a value
  std::uint64_t offset = 0;  ///< raw bytes, in the body or the field's value
  std::uint32_t length = 0;
  Piece piece = Piece::kWhole;
};

/// Whether the bytes may be touched at all.
enum class Touch : std::uint8_t { kAllowed, kForbidden };

/// What the proxy must do about it.
struct Ruling {
  enum class Do : std::uint8_t { kNothing, kCover, kRefuse };
  Do what = Do::kNothing;
  config::DlpTreatment treatment;  ///< kCover
  KeyedHash::Digest digest{};      ///< kCover
};

/// Of one direction of an exchange; reused for the next after begin(). One thread. Bounded: more than kMaxDistinct
/// values are not told apart any more and count each time.
class Ledger {
 public:
  static constexpr std::size_t kMaxDistinct = 4'096;

  /// Borrows `profile`, which must outlive it.
  explicit Ledger(const Profile& profile);

  /// `peer`: whose budget it is, when `spends`; viewed until the next begin().
  enum class Spends : std::uint8_t { kNobodys, kThePeers };
  void begin(Direction direction, Demand demand, FindingList& findings, std::string_view peer, Spends spends,
             Budget::Clock::time_point now);

  /// A piece that goes on is ruled as the first one was, and is told with it. What is hashed of a value are its first
  /// LongValue::kPieceBytes bytes.
  [[nodiscard]] Ruling judge(const Sighting& sighting, Touch touch);

  /// Why the last kRefuse: the type's name or "budget".
  [[nodiscard]] std::string_view rule() const noexcept { return rule_; }

  /// Gives back what only a large message needed.
  void release() noexcept;
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return heap_bytes(seen_) + heap_bytes(of_type_) + heap_bytes(canonical_);
  }

 private:
  /// A value that may go on.
  struct Open {
    bool is_used = false;
    TypeIndex type = 0;
    std::size_t finding = 0;  ///< in findings_; kMaxFindings: not told
    Ruling ruling;
  };
  [[nodiscard]] Ruling judge_value(const Sighting& sighting, Touch touch);
  [[nodiscard]] const Open* open_value(TypeIndex type) const noexcept;
  /// True: not seen in this message before.
  [[nodiscard]] bool is_new(const KeyedHash::Digest& digest);
  [[nodiscard]] bool is_within(const config::DlpTreatment& treatment, TypeIndex type, bool is_new_value);
  void tell(const Sighting& sighting, const Ruling& ruling, const config::DlpTreatment& treatment,
            const KeyedHash::Digest& digest);

  const Profile& profile_;
  FindingList* findings_ = nullptr;
  Direction direction_ = Direction::kRequest;
  Demand demand_ = Demand::kAsWritten;
  std::string_view peer_;
  Spends spends_ = Spends::kNobodys;
  Budget::Clock::time_point now_;
  std::array<Open, 4> open_;
  std::size_t next_open_ = 0;
  std::vector<std::uint64_t> seen_;     ///< first eight bytes of digests, sorted
  std::vector<std::uint32_t> of_type_;  ///< distinct values by TypeIndex
  std::string canonical_;               ///< wiped after each use
  std::string_view rule_;
};

}  // namespace gabion::inspect::dlp
