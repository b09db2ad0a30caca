// What a TX variable may hold at one point of the rules: a few known values, or anything.
#pragma once

#include <algorithm>
#include <vector>

#include "inspect/waf/plan/slots.h"

namespace gabion::inspect::waf::plan {

[[nodiscard]] bool is_same(const SlotValue& a, const SlotValue& b) noexcept;

class Possible {
 public:
  static constexpr std::size_t kMost = 8;

  /// Certainly unset.
  Possible() : values_{SlotValue{}} {}
  explicit Possible(const SlotValue& value) : values_{value} {}
  [[nodiscard]] static Possible anything() {
    Possible result;
    result.any_ = true;
    result.values_.clear();
    return result;
  }
  [[nodiscard]] static Possible nothing() {
    Possible result;
    result.values_.clear();
    return result;
  }

  [[nodiscard]] bool is_any() const noexcept { return any_; }
  /// REQUIRES: !is_any().
  [[nodiscard]] const std::vector<SlotValue>& values() const noexcept { return values_; }
  [[nodiscard]] bool is_one() const noexcept { return !any_ && values_.size() == 1; }

  void add(const SlotValue& value);
  void add(const Possible& other);

 private:
  bool any_ = false;
  std::vector<SlotValue> values_;
};

}  // namespace gabion::inspect::waf::plan
