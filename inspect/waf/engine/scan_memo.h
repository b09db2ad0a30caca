// What scans of values that come again and again have said, for one worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "inspect/value_memo.h"
#include "inspect/waf/plan/plan.h"

namespace gabion::inspect::waf::engine {

/// The answers for one plan: from a source of the plan and all bytes of a value to the rules that the value may match.
/// Nothing else decides them: not the transaction, not what other values say. Bounded as ValueMemo is.
class ScanMemo {
 public:
  static constexpr std::size_t kMostRules = 6;
  using Rules = std::span<const plan::Index>;
  struct Answer {
    Rules rules;
    std::uint64_t charged = 0;  ///< for looking at the value: see charge()
  };

 private:
  struct Kept {
    std::uint32_t rule_count = 0;
    std::array<plan::Index, kMostRules> rules{};
    std::uint64_t charged = 0;
  };
  using Memo = ValueMemo<Kept>;

 public:
  static constexpr std::size_t kEntries = Memo::kEntries;
  static constexpr std::size_t kMostValueBytes = Memo::kMostValueBytes;

  /// Longer values are never kept.
  [[nodiscard]] static bool fits(std::string_view value) noexcept { return Memo::fits(value); }
  /// Valid until the next keep(). nullopt: not known.
  [[nodiscard]] std::optional<Answer> find(std::uint32_t source, std::string_view value) noexcept;
  /// More than kMostRules rules are not kept. REQUIRES: fits(value), and find() did not know it.
  void keep(std::uint32_t source, std::string_view value, const Answer& answer);

  [[nodiscard]] std::size_t size() const noexcept { return memo_.size(); }
  [[nodiscard]] std::uint64_t found() const noexcept { return memo_.found(); }
  [[nodiscard]] std::uint64_t evicted() const noexcept { return memo_.evicted(); }
  /// Whether some entry holds exactly these bytes.
  [[nodiscard]] bool holds(std::string_view value) const noexcept { return memo_.holds(value); }

 private:
  Memo memo_;
};

/// The memos of one worker: one for each plan in use.
class ScanMemos final : public OwnedMemos<plan::Plan, ScanMemo> {
 public:
  static constexpr std::size_t kPlans = kOwners;
};

}  // namespace gabion::inspect::waf::engine
