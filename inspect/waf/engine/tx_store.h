// A transaction's TX variables: slots for the names that stand in the rules, a bounded list for names made at run time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "inspect/heap_bytes.h"
#include "inspect/waf/plan/slots.h"

namespace gabion::inspect::waf::engine {

class TxStore {
 public:
  /// Names beyond this are dropped and counted.
  static constexpr std::size_t kMostNamed = 4096;

  struct Named {
    std::string_view name;  ///< as first written
    plan::SlotValue value;
  };

  /// Forgets all and takes over `initial`, slot by slot.
  void begin(std::span<const plan::SlotValue> initial) {
    slots_.assign(initial.begin(), initial.end());
    clear_named();
  }

  [[nodiscard]] const plan::SlotValue& get(plan::Slot slot) const noexcept { return slots_[slot]; }
  void set(plan::Slot slot, plan::SlotValue value) noexcept { slots_[slot] = value; }

  /// Names compare without case. nullptr: not set. The value stays until the next set_named().
  [[nodiscard]] const plan::SlotValue* find(std::string_view name) const noexcept;
  /// `name` and text in `value` must live as long as the transaction.
  void set_named(std::string_view name, plan::SlotValue value);

  [[nodiscard]] std::span<const Named> named() const noexcept { return named_; }
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return heap_bytes(slots_) + heap_bytes(named_) + heap_bytes(hashes_);
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  void clear_named() noexcept {
    named_.clear();
    hashes_.clear();
    dropped_ = 0;
  }
  [[nodiscard]] std::size_t index_of(std::string_view name, std::uint64_t hash) const noexcept;

  std::vector<plan::SlotValue> slots_;
  std::vector<Named> named_;
  std::vector<std::uint64_t> hashes_;  ///< beside named_
  std::uint64_t dropped_ = 0;
};

}  // namespace gabion::inspect::waf::engine
