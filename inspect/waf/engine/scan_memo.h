// What scans of values that come again and again (User-Agent, Accept, names of arguments) have said, for one worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/waf/plan/plan.h"

namespace gabion::inspect::waf::engine {

/// The answers for one plan: from a source of the plan and all bytes of a value to the rules that the value may match.
/// Nothing else decides them: not the transaction, not what other values say. Bounded by kEntries values of
/// kMostValueBytes; in a full place the one longest unused leaves, its bytes overwritten.
class ScanMemo {
 public:
  static constexpr std::size_t kEntries = 512;
  static constexpr std::size_t kMostValueBytes = 256;
  static constexpr std::size_t kMostRules = 6;
  using Rules = std::span<const plan::Index>;
  struct Answer {
    Rules rules;
    std::uint64_t charged = 0;  ///< for looking at the value: see charge()
  };

  ScanMemo() : entries_(kEntries) {}
  ~ScanMemo();
  ScanMemo(const ScanMemo&) = delete;
  ScanMemo& operator=(const ScanMemo&) = delete;

  /// Longer values are never kept.
  [[nodiscard]] static bool fits(std::string_view value) noexcept { return value.size() <= kMostValueBytes; }
  /// Valid until the next keep(). nullopt: not known.
  [[nodiscard]] std::optional<Answer> find(std::uint32_t source, std::string_view value) noexcept;
  /// More than kMostRules rules are not kept. REQUIRES: fits(value), and find() did not know it.
  void keep(std::uint32_t source, std::string_view value, const Answer& answer);

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::uint64_t found() const noexcept { return found_; }
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }
  /// Whether some entry holds exactly these bytes.
  [[nodiscard]] bool holds(std::string_view value) const noexcept;

 private:
  static constexpr std::size_t kWays = 4;
  struct Entry {
    std::uint64_t used = 0;  ///< clock_ at its last use; 0: empty
    std::uint32_t source = 0;
    std::uint32_t rule_count = 0;
    std::array<plan::Index, kMostRules> rules{};
    std::uint64_t charged = 0;
    std::string value;
  };

  /// Where a value may stand.
  [[nodiscard]] std::span<Entry> places(std::uint32_t source, std::string_view value) noexcept;

  std::vector<Entry> entries_;
  std::uint64_t clock_ = 0;
  std::uint64_t found_ = 0;
  std::uint64_t evicted_ = 0;
};

/// The memos of one worker: one for each plan in use, at most kPlans; those of plans that are gone go first.
class ScanMemos {
 public:
  static constexpr std::size_t kPlans = 8;

  /// Valid until the next call with another plan.
  [[nodiscard]] ScanMemo& of(const std::shared_ptr<const plan::Plan>& plan);
  [[nodiscard]] std::size_t size() const noexcept { return memos_.size(); }
  /// Values that left for others, in all memos there were.
  [[nodiscard]] std::uint64_t evicted() const noexcept;

 private:
  struct PlanMemo {
    std::weak_ptr<const plan::Plan> plan;
    const plan::Plan* address = nullptr;  ///< of the plan while it lives
    std::uint64_t used = 0;
    std::unique_ptr<ScanMemo> memo;
  };

  void drop(std::vector<PlanMemo>::iterator each);

  std::vector<PlanMemo> memos_;
  std::uint64_t clock_ = 0;
  std::uint64_t evicted_before_ = 0;  ///< by memos that are gone
};

}  // namespace gabion::inspect::waf::engine
