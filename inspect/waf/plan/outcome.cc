// Only comparisons of integers with TX variables and their counts are decided; all else is "maybe".
#include "inspect/waf/plan/outcome.h"

#include <algorithm>
#include <optional>

#include "inspect/waf/operators/numbers.h"

namespace gabion::inspect::waf::plan {
namespace {

using seclang::OperatorName;
using seclang::Variable;
using Change = seclang::SetVariable::Change;

std::int64_t number_of(const SlotValue& value) {
  switch (value.kind) {
    case SlotValue::Kind::kUnset:
      return 0;
    case SlotValue::Kind::kNumber:
      return value.number;
    case SlotValue::Kind::kText:
      return operators::integer_of(value.text());
  }
  return 0;
}

bool compares(OperatorName name, std::int64_t number, std::int64_t argument) {
  if (name == OperatorName::kEq) {
    return operators::small_integer(number) == operators::small_integer(argument);
  }
  if (name == OperatorName::kGe) {
    return number >= argument;
  }
  if (name == OperatorName::kGt) {
    return number > argument;
  }
  return name == OperatorName::kLe ? number <= argument : number < argument;
}

/// The integers `text` may stand for; nullopt: any.
std::optional<std::vector<std::int64_t>> numbers_of(const Text& text, const Variables& variables) {
  if (!text.has_macro) {
    return std::vector{text.number};
  }
  if (text.only_slot == kNoSlot || variables[text.only_slot].is_any()) {
    return std::nullopt;
  }
  std::vector<std::int64_t> numbers;
  for (const auto& value : variables[text.only_slot].values()) {
    numbers.push_back(number_of(value));
  }
  return numbers;
}

Outcome outcome_of(const Target& target, const Operation& operation, const Variables& variables) {
  const auto arguments = numbers_of(operation.argument, variables);
  if (!arguments || target.slot == kNoSlot || variables[target.slot].is_any()) {
    return Outcome::kMaybe;
  }
  bool can_match = false;
  bool can_fail = false;
  for (const auto& value : variables[target.slot].values()) {
    if (!target.count && !value.is_set()) {
      can_fail = true;  // nothing to look at
      continue;
    }
    const auto number = target.count ? (value.is_set() ? 1 : 0) : number_of(value);
    for (const auto argument : *arguments) {
      (compares(operation.name, number, argument) != operation.negated ? can_match : can_fail) = true;
    }
  }
  return can_match && can_fail ? Outcome::kMaybe : can_match ? Outcome::kAlways : Outcome::kNever;
}

Possible set_value(const SetVariable& change, const Possible& before, const Variables& variables) {
  if (change.change == Change::kUnset) {
    return {};
  }
  if (change.change == Change::kSet) {
    if (!change.value.has_macro) {
      return Possible(SlotValue::of(change.value.literal()));
    }
    if (change.value.only_slot == kNoSlot || variables[change.value.only_slot].is_any()) {
      return Possible::anything();
    }
    auto result = Possible::nothing();
    for (const auto& value : variables[change.value.only_slot].values()) {
      result.add(value.is_set() ? value : SlotValue::of(std::string_view("")));
    }
    return result;
  }
  const auto steps = numbers_of(change.value, variables);
  if (!steps || before.is_any()) {
    return Possible::anything();
  }
  auto result = Possible::nothing();
  for (const auto& value : before.values()) {
    for (const auto step : *steps) {
      const auto from = operators::small_integer(number_of(value));
      const auto by = operators::small_integer(step);
      result.add(SlotValue::of(change.change == Change::kAdd ? from + by : from - by));
    }
  }
  return result;
}

/// A name made by macro may be any static name that begins as it does.
void forget_named(const Plan& plan, const SetVariable& change, Variables& variables) {
  const auto& first = change.name.parts.front();
  const auto prefix = first.variable ? std::string{} : lower(first.literal);
  for (std::size_t slot = 0; slot < variables.size(); ++slot) {
    if (lower(plan.slots.name_of(static_cast<Slot>(slot))).compare(0, prefix.size(), prefix) == 0) {
      variables[slot] = Possible::anything();
    }
  }
}

}  // namespace

Outcome outcome_of(const Link& link, const Variables& variables) {
  if (link.targets.empty()) {
    return Outcome::kAlways;
  }
  if (!link.operation.numeric || !link.transformations.empty() || !link.exclusions.empty()) {
    return Outcome::kMaybe;
  }
  auto result = Outcome::kNever;
  for (const auto& target : link.targets) {
    if (target.variable != Variable::kTx) {
      result = std::max(result, Outcome::kMaybe);
      continue;
    }
    result = std::max(result, outcome_of(target, link.operation, variables));
  }
  return result;
}

void apply_sets(const Plan& plan, const Link& link, Outcome outcome, Variables& variables) {
  const bool once = link.targets.empty() || (link.targets.size() == 1 && link.targets.front().slot != kNoSlot);
  for (const auto& change : link.set_variables) {
    if (change.collection != Variable::kTx) {
      continue;
    }
    if (change.slot == kNoSlot) {
      forget_named(plan, change, variables);
      continue;
    }
    auto& variable = variables[change.slot];
    const bool repeats = !once && (change.change == Change::kAdd || change.change == Change::kSubtract);
    const auto after = repeats ? Possible::anything() : set_value(change, variable, variables);
    if (outcome == Outcome::kAlways) {
      variable = after;
    } else {
      variable.add(after);
    }
  }
}

}  // namespace gabion::inspect::waf::plan
