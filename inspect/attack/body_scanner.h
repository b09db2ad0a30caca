// Matches one body in pieces, in both views: the same signatures are found wherever it is cut.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "inspect/attack/second_view.h"
#include "inspect/match/stream_set.h"
#include "inspect/scratch.h"

namespace gabion::inspect::attack {

/// Both views are one stream as long as they do not differ. Where they begin to, the second continues from a copy of
/// the first one's state; kResyncBytes after the last difference it is dropped again, since no pattern looks back
/// further than that. So an upload pays for two scans only around what looks encoded.
///
/// Belongs to one connection. Allocates in its first begin() and at the first difference ever, then never again.
class BodyScanner {
 public:
  static constexpr std::size_t kResyncBytes = 1024;

  /// Borrows `set`.
  explicit BodyScanner(const match::StreamSet& set) noexcept : first_(set), second_(set) {}

  [[nodiscard]] match::ScanStatus begin() noexcept;
  /// Adds what matches to `matches`; offsets count bytes of the view that matched.
  [[nodiscard]] match::ScanStatus feed(std::string_view decoded, Scratch& scratch, match::MatchList& matches);
  [[nodiscard]] match::ScanStatus finish(Scratch& scratch, match::MatchList& matches);

 private:
  [[nodiscard]] match::ScanStatus feed_first(std::string_view bytes, Scratch& scratch, match::MatchList& matches);
  [[nodiscard]] match::ScanStatus feed_both(std::string_view& bytes, Scratch& scratch, match::MatchList& matches);
  [[nodiscard]] match::ScanStatus feed_carried(std::string_view& bytes, Scratch& scratch, match::MatchList& matches);

  match::Stream first_;
  match::Stream second_;
  SecondView view_;
  std::array<char, 3> carry_{};  ///< an undecided tail, not scanned yet
  std::size_t carry_size_ = 0;
  bool views_differ_ = false;
};

}  // namespace gabion::inspect::attack
