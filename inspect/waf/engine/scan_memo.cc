// A table of four places for each hash; what leaves is wiped.
#include "inspect/waf/engine/scan_memo.h"

#include <strings.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace gabion::inspect::waf::engine {
namespace {

void wipe(std::string& value) noexcept {
  ::explicit_bzero(value.data(), value.size());
  value.clear();
}

}  // namespace

ScanMemo::~ScanMemo() {
  for (auto& entry : entries_) {
    wipe(entry.value);
  }
}

std::span<ScanMemo::Entry> ScanMemo::places(std::uint32_t source, std::string_view value) noexcept {
  constexpr std::size_t kSets = kEntries / kWays;
  static_assert(kEntries % kWays == 0 && (kSets & (kSets - 1)) == 0);
  const std::size_t hash = std::hash<std::string_view>{}(value) + source * std::size_t{0x9e3779b97f4a7c15};
  return std::span(entries_).subspan(((hash ^ (hash >> 32U)) & (kSets - 1)) * kWays, kWays);
}

std::optional<ScanMemo::Answer> ScanMemo::find(std::uint32_t source, std::string_view value) noexcept {
  for (auto& entry : places(source, value)) {
    if (entry.used != 0 && entry.source == source && entry.value == value) {
      entry.used = ++clock_;
      ++found_;
      return Answer{Rules(entry.rules).first(entry.rule_count), entry.charged};
    }
  }
  return std::nullopt;
}

void ScanMemo::keep(std::uint32_t source, std::string_view value, const Answer& answer) {
  const auto& rules = answer.rules;
  if (rules.size() > kMostRules) {
    return;
  }
  const auto ways = places(source, value);
  auto& entry = *std::min_element(ways.begin(), ways.end(),
                                  [](const Entry& left, const Entry& right) { return left.used < right.used; });
  evicted_ += entry.used == 0 ? 0 : 1;
  wipe(entry.value);
  entry.used = 0;                        // until it holds all: assign() may throw
  entry.value.reserve(kMostValueBytes);  // once, so that no growth leaves a copy behind
  entry.value.assign(value);
  entry.source = source;
  entry.rule_count = static_cast<std::uint32_t>(rules.size());
  std::copy(rules.begin(), rules.end(), entry.rules.begin());
  entry.charged = answer.charged;
  entry.used = ++clock_;
}

std::size_t ScanMemo::size() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.used != 0; }));
}

bool ScanMemo::holds(std::string_view value) const noexcept {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.used != 0 && entry.value == value; });
}

ScanMemo& ScanMemos::of(const std::shared_ptr<const plan::Plan>& plan) {
  ++clock_;
  for (auto& each : memos_) {
    if (each.address == plan.get() && !each.plan.expired()) {  // an address is somebody else's once its plan is gone
      each.used = clock_;
      return *each.memo;
    }
  }
  for (auto each = memos_.end(); each != memos_.begin();) {
    if ((--each)->plan.expired()) {
      drop(each);
    }
  }
  if (memos_.size() == kPlans) {
    drop(std::min_element(memos_.begin(), memos_.end(),
                          [](const PlanMemo& left, const PlanMemo& right) { return left.used < right.used; }));
  }
  return *memos_.emplace_back(PlanMemo{plan, plan.get(), clock_, std::make_unique<ScanMemo>()}).memo;
}

void ScanMemos::drop(std::vector<PlanMemo>::iterator each) {
  evicted_before_ += each->memo->evicted();
  std::swap(*each, memos_.back());
  memos_.pop_back();
}

std::uint64_t ScanMemos::evicted() const noexcept {
  std::uint64_t sum = evicted_before_;
  for (const auto& each : memos_) {
    sum += each.memo->evicted();
  }
  return sum;
}

}  // namespace gabion::inspect::waf::engine
