// Sets of values that give up when they grow.
#include "inspect/waf/plan/possible.h"

namespace gabion::inspect::waf::plan {

bool is_same(const SlotValue& a, const SlotValue& b) noexcept {
  if (a.kind != b.kind) {
    return false;
  }
  switch (a.kind) {
    case SlotValue::Kind::kUnset:
      return true;
    case SlotValue::Kind::kNumber:
      return a.number == b.number;
    case SlotValue::Kind::kText:
      return a.text() == b.text();
  }
  return false;
}

void Possible::add(const SlotValue& value) {
  if (any_ ||
      std::any_of(values_.begin(), values_.end(), [&](const SlotValue& each) { return is_same(each, value); })) {
    return;
  }
  if (values_.size() == kMost) {
    *this = anything();
    return;
  }
  values_.push_back(value);
}

void Possible::add(const Possible& other) {
  if (other.any_) {
    *this = anything();
    return;
  }
  for (const auto& value : other.values_) {
    add(value);
  }
}

}  // namespace gabion::inspect::waf::plan
