// setvar and its relatives, ctl, and disruptive actions, as ModSecurity v3 carries them out.
#include "inspect/waf/engine/act.h"

#include "inspect/waf/engine/expand.h"
#include "inspect/waf/engine/resolve.h"
#include "inspect/waf/operators/numbers.h"

namespace gabion::inspect::waf::engine {
namespace {

using plan::SlotValue;
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

/// The value that `change` leaves where `before` was.
SlotValue changed(State& state, const plan::SetVariable& change, const SlotValue& before) {
  switch (change.change) {
    case Change::kUnset:
      return {};
    case Change::kAdd:
    case Change::kSubtract: {
      const auto step = operators::small_integer(expand_number(state, change.value));
      const auto from = operators::small_integer(number_of(before));
      return SlotValue::of(change.change == Change::kAdd ? from + step : from - step);
    }
    case Change::kSet:
      break;
  }
  if (!change.value.has_macro) {
    return SlotValue::of(change.value.literal());
  }
  if (change.value.only_slot != plan::kNoSlot) {
    const auto& other = state.tx.get(change.value.only_slot);
    return other.is_set() ? other : SlotValue::of(std::string_view(""));
  }
  return SlotValue::of(state.keep(expand(state, change.value, state.expanded)));
}

void set_tx(State& state, const plan::SetVariable& change) {
  if (change.slot != plan::kNoSlot) {
    state.tx.set(change.slot, changed(state, change, state.tx.get(change.slot)));
    return;
  }
  const auto name = state.keep(expand(state, change.name, state.expanded));
  if (const auto slot = state.plan->slots.find(plan::lower(name, state.name_buffer)); slot != plan::kNoSlot) {
    state.tx.set(slot, changed(state, change, state.tx.get(slot)));
    return;
  }
  const auto* before = state.tx.find(name);
  state.tx.set_named(name, changed(state, change, before == nullptr ? SlotValue{} : *before));
}

void set_persistent(State& state, const plan::SetVariable& change) {
  const auto key = persistent_key(state, change.collection);
  if (key.data() == nullptr) {
    return;  // no initcol: nowhere to keep it
  }
  const auto name = state.keep(expand(state, change.name, state.expanded));
  if (change.change == Change::kUnset) {
    state.persistent.unset(change.collection, key, name);
    return;
  }
  const auto there = state.persistent.find(change.collection, key, name, state.now);
  const auto value = changed(state, change, there ? SlotValue::of(state.keep(*there)) : SlotValue{});
  const auto text = value.kind == SlotValue::Kind::kNumber ? digits_of(state, value.number) : value.text();
  state.persistent.set(change.collection, key, name, text, state.now);
}

bool is_on(std::string_view value) {
  return equals_without_case(value, "on") || equals_without_case(value, "true");
}

void set_processor(State& state, std::string_view value) {
  for (const std::string_view known : {"XML", "JSON", "URLENCODED", "MULTIPART"}) {
    if (equals_without_case(value, known)) {
      state.single(Variable::kReqbodyProcessor) = known;
    }
  }
}

void remove_rules(State& state, const plan::Control& control) {
  if (control.target) {
    state.removed_targets.push_back({&control.rules, &*control.target});
    return;
  }
  if (!state.any_removed) {
    state.any_removed = true;
    state.removed.clear();
  }
  state.removed.add(control.rules);
}

void run_control(State& state, const plan::Control& control) {
  using seclang::ControlName;
  switch (control.name) {
    case ControlName::kAuditEngine:
      state.audit = !equals_without_case(control.value, "off");
      return;
    case ControlName::kAuditLogParts:
      return;  // one kind of audit line
    case ControlName::kForceRequestBodyVariable:
      state.force_body_variable = is_on(control.value);
      return;
    case ControlName::kRequestBodyAccess:
      state.request_body_access = is_on(control.value);
      return;
    case ControlName::kResponseBodyAccess:
      state.response_body_access = is_on(control.value);
      return;
    case ControlName::kRequestBodyProcessor:
      set_processor(state, control.value);
      return;
    case ControlName::kRuleEngine:
      state.mode = is_on(control.value)                        ? seclang::RuleEngine::kOn
                   : equals_without_case(control.value, "off") ? seclang::RuleEngine::kOff
                                                               : seclang::RuleEngine::kDetectionOnly;
      return;
    case ControlName::kRuleRemoveById:
    case ControlName::kRuleRemoveByMsg:
    case ControlName::kRuleRemoveByTag:
    case ControlName::kRuleRemoveTargetById:
    case ControlName::kRuleRemoveTargetByMsg:
    case ControlName::kRuleRemoveTargetByTag:
      remove_rules(state, control);
      return;
  }
}

std::uint16_t redirect_status(std::uint16_t status) {
  return status == 301 || status == 303 || status == 307 || status == 308 ? status : 302;
}

Decision decision_of(State& state, const plan::Rule& rule) {
  switch (rule.disruption) {
    case seclang::Disruption::kDeny:
      return {Action::kDeny, rule.status, rule.id, {}};
    case seclang::Disruption::kDrop:
      return {Action::kDrop, rule.status, rule.id, {}};
    case seclang::Disruption::kRedirect:
      return {Action::kRedirect, redirect_status(rule.status), rule.id,
              state.keep(expand(state, rule.redirect, state.expanded))};
    case seclang::Disruption::kPass:
    case seclang::Disruption::kAllow:
    case seclang::Disruption::kAllowPhase:
    case seclang::Disruption::kAllowRequest:
      return {};
  }
  return {};
}

}  // namespace

void set_variables(State& state, const plan::Link& link) {
  for (const auto& change : link.set_variables) {
    if (change.collection == Variable::kTx) {
      set_tx(state, change);
    } else {
      set_persistent(state, change);
    }
  }
}

void run_controls(State& state, const plan::Link& link) {
  for (std::size_t i = 0; i < link.init_collections.size(); ++i) {
    persistent_key(state, link.init_collections[i]) = state.keep(expand(state, link.init_keys[i], state.expanded));
  }
  for (std::size_t i = 0; i < link.expire_collections.size(); ++i) {
    const auto collection = link.expire_collections[i];
    const auto key = persistent_key(state, collection);
    if (key.data() != nullptr) {
      const auto name = state.keep(expand(state, link.expire_names[i], state.expanded));
      const std::chrono::seconds later{expand_number(state, link.expire_seconds[i])};
      state.persistent.expire(collection, key, name, state.now + later);
    }
  }
  for (const auto& control : link.controls) {
    run_control(state, control);
  }
}

bool disrupt(State& state, const plan::Rule& rule) {
  if (rule.disruption == seclang::Disruption::kPass) {
    return false;
  }
  const auto wanted = decision_of(state, rule);
  if (state.mode != seclang::RuleEngine::kOn) {
    if (state.would_decide.action == Action::kPass) {
      state.would_decide = wanted;
    }
    return false;
  }
  if (wanted.action == Action::kPass) {
    state.allowed = rule.disruption;
    return false;
  }
  if (state.decision.action != Action::kPass) {
    return false;
  }
  state.decision = wanted;
  return true;
}

}  // namespace gabion::inspect::waf::engine
