// Evidence: what a detector saw, told without repeating it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/message.h"

namespace gabion::inspect {

/// Never holds the value that was found. `detector` and `rule` view static or snapshot memory.
struct Finding {
  std::string_view detector;  ///< "attack", "payment_card"
  std::string_view rule;      ///< pattern's or type's name, e.g. "sqli.union-select", "CREDIT_CARD"
  Direction direction = Direction::kRequest;
  std::string field;            ///< "path", "query", "header:user-agent", "body", …: never a value; cut at 64 bytes
  std::uint64_t offset = 0;     ///< in the field or the decoded body, bytes
  std::uint32_t length = 0;     ///< raw bytes the match covers; 0 = unknown
  std::string sample;           ///< masked, e.g. "************1111"; empty when nothing may be shown
  std::uint32_t rule_id = 0;    ///< of a rule in ModSecurity's language; 0: none
  std::string message;          ///< what the rule says of itself; empty: nothing
  std::string_view severity;    ///< "CRITICAL", …; empty: none
  std::int64_t score = 0;       ///< what it added to the anomaly score
  std::string hash;             ///< keyed, the same for the same value: "<key id>:<16 hexadecimal digits>"; empty: none
  std::string_view cue;         ///< the word beside it that spoke for it, from the type's own list; empty: none
  std::string_view profile;     ///< of inspection.dlp; empty: none
  std::string_view action;      ///< "log", "mask", …; empty: see covered and blocked
  std::uint8_t confidence = 0;  ///< hundredths; 0: not measured
  bool validated = false;       ///< an arithmetic, decoding or range check of its type passed
  bool covered = false;         ///< the bytes that left are masked
  bool blocked = false;         ///< this finding refused the exchange
};

/// The findings of one exchange, bounded: a hostile body must not fill memory or the audit log.
class FindingList {
 public:
  static constexpr std::size_t kMaxFindings = 64;

  /// Keeps the first kMaxFindings, counts the others.
  void add(Finding finding) {
    if (is_full()) {
      drop();
      return;
    }
    items_.push_back(std::move(finding));
  }

  /// Whether add() would only count: then nobody need write down what was found.
  [[nodiscard]] bool is_full() const noexcept { return items_.size() == kMaxFindings; }
  /// One more that is not kept.
  void drop() noexcept { ++dropped_; }

  /// More of what a finding saw came behind it. Nothing where there is no such finding.
  void grow(std::size_t index, std::uint64_t end) noexcept {
    if (index < items_.size() && end > items_[index].offset) {
      items_[index].length = static_cast<std::uint32_t>(end - items_[index].offset);
    }
  }

  /// Keeps the capacity.
  void clear() noexcept {
    items_.clear();
    dropped_ = 0;
  }

  [[nodiscard]] std::span<const Finding> items() const noexcept { return items_; }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  std::vector<Finding> items_;
  std::uint64_t dropped_ = 0;
};

}  // namespace gabion::inspect
