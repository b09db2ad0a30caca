// The values of a variable, one after the other, without building a list of them.
#pragma once

#include <charconv>
#include <span>
#include <string_view>

#include "inspect/message.h"
#include "inspect/waf/engine/state.h"

namespace gabion::inspect::waf::engine {

/// `lower_name` in lower case.
[[nodiscard]] inline bool is_named(std::string_view name, std::string_view lower_name) noexcept {
  return name.size() == lower_name.size() && equals_without_case(name, lower_name);
}

/// Does `selector` choose the member `name`? Says nothing about the variable.
[[nodiscard]] bool selects(const State& state, const plan::Selector& selector, std::string_view name);

/// Text of a variable that is computed when asked for (clocks), in the arena.
[[nodiscard]] std::string_view computed(State& state, Variable variable);

/// The key that initcol chose for `collection`; data() null: none.
[[nodiscard]] std::string_view& persistent_key(State& state, Variable collection);

/// What RULE.name means now.
[[nodiscard]] std::string_view rule_field(State& state, std::string_view lower_name);

/// Visits TX values `target` selects: static names first, then those made at run time.
template <typename Visit>
void each_tx(State& state, const plan::Target& target, Visit&& visit) {
  const auto show = [&](std::string_view name, const plan::SlotValue& value) {
    switch (value.kind) {
      case plan::SlotValue::Kind::kUnset:
        return;
      case plan::SlotValue::Kind::kNumber:
        visit(Value{Variable::kTx, name, {}, true, value.number});
        return;
      case plan::SlotValue::Kind::kText:
        visit(Value{Variable::kTx, name, value.text(), false, 0});
        return;
    }
  };
  if (target.slot != plan::kNoSlot) {
    show(state.plan->slots.name_of(target.slot), state.tx.get(target.slot));
    return;
  }
  for (const auto slot : target.slots) {
    show(state.plan->slots.name_of(slot), state.tx.get(slot));
  }
  const auto before = state.tx.named().size();  // a setvar of this link may add more
  for (std::size_t i = 0; i < before; ++i) {
    const auto named = state.tx.named()[i];
    if (selects(state, target, named.name)) {
      show(named.name, named.value);
    }
  }
}

template <typename Visit>
void each_item(State& state, const plan::Target& target, const Shape& shape, Visit&& visit) {
  const std::span<const http::NamedValue> all = state.list(shape.list);
  const auto begin = shape.part == Shape::Part::kBody ? state.query_args : 0;
  const auto end = shape.part == Shape::Part::kQuery ? state.query_args : all.size();
  const bool names = shape.form == Shape::Form::kNames;
  for (auto i = begin; i < end; ++i) {
    const auto& item = all[i];
    if (target.selection == seclang::Selection::kAll || selects(state, target, item.name)) {
      visit(Value{target.variable, item.name, names ? item.name : item.value, false, 0});
    }
  }
}

template <typename Visit>
void each_matched(State& state, const plan::Target& target, Visit&& visit) {
  const auto variable = target.variable;
  const bool names = variable == Variable::kMatchedVarName || variable == Variable::kMatchedVarsNames;
  const bool one = variable == Variable::kMatchedVar || variable == Variable::kMatchedVarName;
  const auto end = state.matched.size();
  if (one && end == 0) {
    visit(Value{variable, {}, {}, false, 0});
    return;
  }
  for (auto i = one ? end - 1 : 0; i < end; ++i) {
    const auto match = state.matched[i];  // a copy: the list may grow below us
    const auto name = names ? full_name(state, match.variable, match.name) : match.name;
    visit(Value{variable, name, names ? name : match.text, false, 0});
  }
}

template <typename Visit>
void each_persistent(State& state, const plan::Target& target, Visit&& visit) {
  const auto key = persistent_key(state, target.variable);
  if (key.data() == nullptr) {
    return;
  }
  if (target.selection == seclang::Selection::kName) {
    if (const auto text = state.persistent.find(target.variable, key, target.name, state.now)) {
      visit(Value{target.variable, target.name, state.keep(*text), false, 0});
    }
    return;
  }
  std::vector<std::pair<std::string_view, std::string_view>> found;
  state.persistent.each(target.variable, key, state.now, [&](std::string_view name, std::string_view text) {
    if (selects(state, target, name)) {
      found.emplace_back(state.keep(name), state.keep(text));
    }
  });
  for (const auto& [name, text] : found) {
    visit(Value{target.variable, name, text, false, 0});
  }
}

/// Calls `visit` with each Value of `target`, which is no count. What `visit` changes shows from the next target on.
template <typename Visit>
void each_value(State& state, const plan::Target& target, Visit&& visit) {
  const auto shape = shape_of(target.variable);
  switch (shape.form) {
    case Shape::Form::kSingle:
      visit(Value{target.variable, {}, state.single(target.variable), false, 0});
      return;
    case Shape::Form::kItems:
    case Shape::Form::kNames:
      each_item(state, target, shape, visit);
      return;
    case Shape::Form::kXml:
      for (const auto& item : state.list(target.name == "/*" ? List::kXmlText : List::kXmlAttributes)) {
        visit(Value{target.variable, target.name, item.value, false, 0});
      }
      return;
    case Shape::Form::kTx:
      each_tx(state, target, visit);
      return;
    case Shape::Form::kPersistent:
      each_persistent(state, target, visit);
      return;
    case Shape::Form::kMatched:
      each_matched(state, target, visit);
      return;
    case Shape::Form::kComputed:
      visit(Value{target.variable, {}, computed(state, target.variable), false, 0});
      return;
    case Shape::Form::kRule:
      visit(Value{target.variable, target.name, rule_field(state, target.name), false, 0});
      return;
    case Shape::Form::kNothing:
      return;
  }
}

}  // namespace gabion::inspect::waf::engine
