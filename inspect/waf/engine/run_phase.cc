// The loop over a phase: the reference takes every rule, the plan those that always run and those with a hit.
#include "inspect/waf/engine/run_phase.h"

#include "inspect/waf/engine/evaluate.h"

namespace gabion::inspect::waf::engine {
namespace {

constexpr unsigned kLogging = 5;

/// An earlier allow leaves out this whole phase.
bool is_allowed(State& state, unsigned phase) {
  if (state.allowed == seclang::Disruption::kAllow && phase != kLogging) {
    return true;
  }
  if (state.allowed == seclang::Disruption::kAllowRequest && phase <= 2) {
    return true;
  }
  state.allowed = seclang::Disruption::kPass;
  return false;
}

bool stops(const State& state, unsigned phase) {
  return state.allowed != seclang::Disruption::kPass || (phase != kLogging && state.decision.action != Action::kPass) ||
         state.mode == seclang::RuleEngine::kOff;
}

}  // namespace

void run_phase(State& state, Scanner& scanner, unsigned phase) {
  const auto& plan = *state.plan;
  if (state.mode == seclang::RuleEngine::kOff || is_allowed(state, phase) ||
      (phase != kLogging && state.decision.action != Action::kPass)) {
    return;
  }
  const auto* chosen = plan.scan == nullptr ? nullptr : &scanner.scan(state, *plan.scan, phase);
  const std::size_t end = plan.phase_begin[phase];
  const auto next = [&](std::size_t from) { return chosen == nullptr ? from : chosen->next(from, end); };
  for (auto index = next(plan.phase_begin[phase - 1]); index < end;) {
    if (is_exhausted(state)) {
      return;  // a rule that saw half of the values says nothing
    }
    const auto& rule = plan.rules[index];
    const bool matched = !(state.any_removed && state.removed.test(index)) && evaluate(state, rule);
    if (matched && stops(state, phase)) {
      return;
    }
    index = next(matched && rule.skip_to != plan::kNone ? rule.skip_to : index + 1);
  }
}

}  // namespace gabion::inspect::waf::engine
