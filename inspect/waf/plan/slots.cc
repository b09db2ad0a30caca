// The table of TX names.
#include "inspect/waf/plan/slots.h"

#include <algorithm>

namespace gabion::inspect::waf::plan {
namespace {

constexpr std::size_t kMostSlots = 4096;

}  // namespace

std::string_view lower(std::string_view text, std::string& buffer) {
  buffer.assign(text);
  std::transform(buffer.begin(), buffer.end(), buffer.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return buffer;
}

std::string lower(std::string_view text) {
  std::string result;
  static_cast<void>(lower(text, result));
  return result;
}

SlotNames::SlotNames() {
  for (char digit = '0'; digit <= '9'; ++digit) {
    static_cast<void>(add(std::string_view(&digit, 1)));
  }
}

Slot SlotNames::add(std::string_view name) {
  auto key = lower(name);
  if (const auto found = slots_.find(key); found != slots_.end()) {
    return found->second;
  }
  if (names_.size() == kMostSlots) {
    return kNoSlot;
  }
  const auto slot = static_cast<Slot>(names_.size());
  names_.emplace_back(name);
  slots_.emplace(std::move(key), slot);
  return slot;
}

Slot SlotNames::find(std::string_view lower_name) const noexcept {
  const auto found = slots_.find(lower_name);
  return found == slots_.end() ? kNoSlot : found->second;
}

}  // namespace gabion::inspect::waf::plan
