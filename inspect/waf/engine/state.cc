// Names and numbers as text, and how much a transaction holds.
#include "inspect/waf/engine/state.h"

#include <charconv>

#include "inspect/heap_bytes.h"

namespace gabion::inspect::waf::engine {

std::string_view digits_of(State& state, std::int64_t number) {
  const auto [end, error] = std::to_chars(state.digits.data(), state.digits.data() + state.digits.size(), number);
  static_cast<void>(error);  // 24 bytes hold every 64-bit number
  return {state.digits.data(), static_cast<std::size_t>(end - state.digits.data())};
}

std::size_t State::held_bytes() const noexcept {
  std::size_t bytes = arena.held_bytes() + tx.held_bytes() + heap_bytes(matched) + heap_bytes(hits) +
                      heap_bytes(removed_targets) + removed.words().size_bytes();
  for (const auto& items : lists) {
    bytes += heap_bytes(items);
  }
  for (const auto* text : {&body, &response, &expanded, &argument, &change_a, &change_b, &name_buffer}) {
    bytes += heap_bytes(*text);
  }
  return bytes;
}

std::string_view full_name(State& state, Variable variable, std::string_view name) {
  const auto collection = seclang::to_string(variable);
  if (!is_collection(variable)) {
    return collection;
  }
  state.name_buffer.assign(collection);
  state.name_buffer += ':';
  state.name_buffer += name;
  return state.keep(state.name_buffer);
}

}  // namespace gabion::inspect::waf::engine
