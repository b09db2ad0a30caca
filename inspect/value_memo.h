// What was found out about values that come again and again (User-Agent, Accept, names of arguments), for one worker.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/wipe.h"

namespace gabion::inspect {

/// From a source and all bytes of a value to an answer that nothing else decides. Bounded by kEntries values of
/// kMostValueBytes; in a full place the one longest unused leaves, its bytes overwritten. What is a secret is not to be
/// kept: see memorable.h.
template <class Answer>
class ValueMemo {
 public:
  static constexpr std::size_t kEntries = 512;
  static constexpr std::size_t kMostValueBytes = 256;

  ValueMemo() : entries_(kEntries) {}
  ~ValueMemo() {
    for (auto& entry : entries_) {
      wipe(entry.value);
    }
  }
  ValueMemo(const ValueMemo&) = delete;
  ValueMemo& operator=(const ValueMemo&) = delete;

  /// Longer values are never kept.
  [[nodiscard]] static bool fits(std::string_view value) noexcept { return value.size() <= kMostValueBytes; }
  /// Valid until the next keep(). Null: not known. Messages ask for the same values in the same order: the one that was
  /// asked for behind the last is tried before any hashing.
  [[nodiscard]] const Answer* find(std::uint32_t source, std::string_view value) noexcept {
    const Answer* const expected = find_expected(source, [&](std::string_view kept) { return kept == value; });
    return expected != nullptr ? expected : find_hashed(source, value);
  }
  /// The answer for the expected value, if `is_wanted(that value)`; null says nothing.
  template <class IsWanted>
  [[nodiscard]] const Answer* find_expected(std::uint32_t source, IsWanted is_wanted) noexcept {
    Entry& entry = entries_[entries_[last_].next];
    return entry.used != 0 && entry.source == source && is_wanted(entry.value) ? &use(entry) : nullptr;
  }
  /// Looks where the value would stand, whatever is expected.
  [[nodiscard]] const Answer* find_hashed(std::uint32_t source, std::string_view value) noexcept {
    for (auto& entry : places(source, value)) {
      if (entry.used != 0 && entry.source == source && entry.value == value) {
        return &use(entry);
      }
    }
    return nullptr;
  }
  /// REQUIRES: fits(value), and find() did not know it.
  void keep(std::uint32_t source, std::string_view value, const Answer& answer) {
    const auto ways = places(source, value);
    auto& entry = *std::min_element(ways.begin(), ways.end(),
                                    [](const Entry& left, const Entry& right) { return left.used < right.used; });
    evicted_ += entry.used == 0 ? 0 : 1;
    wipe(entry.value);
    entry.used = 0;                        // until it holds all: assign() may throw
    entry.value.reserve(kMostValueBytes);  // once, so that no growth leaves a copy behind
    entry.value.assign(value);
    entry.source = source;
    entry.answer = answer;
    entry.used = ++clock_;
    expect_behind_last(entry);
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(
        std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.used != 0; }));
  }
  [[nodiscard]] std::uint64_t found() const noexcept { return found_; }
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }
  /// Whether some entry holds exactly these bytes.
  [[nodiscard]] bool holds(std::string_view value) const noexcept {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.used != 0 && entry.value == value; });
  }

 private:
  static constexpr std::size_t kWays = 4;
  struct Entry {
    std::uint64_t used = 0;  ///< clock_ at its last use; 0: empty
    std::uint32_t source = 0;
    std::uint32_t next = 0;  ///< in entries_: asked for behind this one the last time
    Answer answer{};
    std::string value;
  };

  const Answer& use(Entry& entry) noexcept {
    entry.used = ++clock_;
    ++found_;
    expect_behind_last(entry);
    return entry.answer;
  }
  void expect_behind_last(const Entry& entry) noexcept {
    const auto index = static_cast<std::uint32_t>(&entry - entries_.data());
    entries_[last_].next = index;
    last_ = index;
  }

  /// Where a value may stand.
  [[nodiscard]] std::span<Entry> places(std::uint32_t source, std::string_view value) noexcept {
    constexpr std::size_t kSets = kEntries / kWays;
    static_assert(kEntries % kWays == 0 && (kSets & (kSets - 1)) == 0);
    const std::size_t hash = std::hash<std::string_view>{}(value) + source * std::size_t{0x9e3779b97f4a7c15};
    return std::span(entries_).subspan(((hash ^ (hash >> 32U)) & (kSets - 1)) * kWays, kWays);
  }

  std::vector<Entry> entries_;
  std::uint32_t last_ = 0;  ///< in entries_: used last
  std::uint64_t clock_ = 0;
  std::uint64_t found_ = 0;
  std::uint64_t evicted_ = 0;
};

/// The memos of one worker: one for each owner (a plan, a set of types) in use, at most kOwners; those of owners that
/// are gone go first.
template <class Owner, class Memo>
class OwnedMemos {
 public:
  static constexpr std::size_t kOwners = 8;

  /// Valid until the next call with another owner.
  [[nodiscard]] Memo& of(const std::shared_ptr<const Owner>& owner) {
    ++clock_;
    for (auto& each : memos_) {
      if (each.address == owner.get() && !each.owner.expired()) {  // once it is gone its address is somebody else's
        each.used = clock_;
        return *each.memo;
      }
    }
    for (auto each = memos_.end(); each != memos_.begin();) {
      if ((--each)->owner.expired()) {
        drop(each);
      }
    }
    if (memos_.size() == kOwners) {
      drop(std::min_element(memos_.begin(), memos_.end(),
                            [](const Owned& left, const Owned& right) { return left.used < right.used; }));
    }
    return *memos_.emplace_back(Owned{owner, owner.get(), clock_, std::make_unique<Memo>()}).memo;
  }

  [[nodiscard]] std::size_t size() const noexcept { return memos_.size(); }
  /// Values that left for others, in all memos there were.
  [[nodiscard]] std::uint64_t evicted() const noexcept {
    std::uint64_t sum = evicted_before_;
    for (const auto& each : memos_) {
      sum += each.memo->evicted();
    }
    return sum;
  }

 private:
  struct Owned {
    std::weak_ptr<const Owner> owner;
    const Owner* address = nullptr;  ///< while it lives
    std::uint64_t used = 0;
    std::unique_ptr<Memo> memo;
  };

  void drop(typename std::vector<Owned>::iterator each) {
    evicted_before_ += each->memo->evicted();
    std::swap(*each, memos_.back());
    memos_.pop_back();
  }

  std::vector<Owned> memos_;
  std::uint64_t clock_ = 0;
  std::uint64_t evicted_before_ = 0;  ///< by memos that are gone
};

}  // namespace gabion::inspect
