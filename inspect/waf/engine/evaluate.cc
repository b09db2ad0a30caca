// The one evaluator of rules: the reference runs it on every rule, the plan only on those that may match.
#include "inspect/waf/engine/evaluate.h"

#include <algorithm>

#include "inspect/waf/engine/act.h"
#include "inspect/waf/engine/expand.h"
#include "inspect/waf/engine/operate.h"
#include "inspect/waf/engine/resolve.h"
#include "inspect/waf/engine/transaction.h"
#include "inspect/waf/transform/transform.h"

namespace gabion::inspect::waf::engine {
namespace {

bool takes_away(const State& state, const plan::Selector& selector, const Value& value) {
  return selector.variable == value.variable && selects(state, selector, value.name);
}

/// Is `value` excluded from this link: by its own targets, or (first links) by a ctl:ruleRemoveTarget…?
bool excluded(const State& state, const plan::Link& link, const Value& value) {
  for (const auto& selector : link.exclusions) {
    if (takes_away(state, selector, value)) {
      return true;
    }
  }
  if (state.removed_targets.empty() || &link != state.rule->links.data()) {
    return false;
  }
  const auto index = static_cast<std::size_t>(state.rule - state.plan->rules.data());
  return std::any_of(state.removed_targets.begin(), state.removed_targets.end(), [&](const RemovedTarget& removed) {
    return removed.rules->test(index) && takes_away(state, *removed.target, value);
  });
}

std::int64_t score_of(const State& state, const plan::Rule& rule) {
  std::int64_t sum = 0;
  for (const auto slot : rule.score_slots) {
    const auto& value = state.tx.get(slot);
    sum += value.kind == plan::SlotValue::Kind::kNumber ? value.number : 0;
  }
  return sum;
}

/// One link being tried.
class LinkRun {
 public:
  LinkRun(State& state, const plan::Rule& rule, const plan::Link& link) : state_(state), rule_(rule), link_(link) {}

  bool run() {
    if (link_.targets.empty()) {
      set_variables(state_, link_);
      return true;
    }
    for (const auto& target : link_.targets) {
      if (target.count) {
        try_value(Value{target.variable, target.name, {}, true, count(target)});
      } else {
        each_value(state_, target, [this](const Value& value) { try_value(value); });
      }
    }
    return matched_;
  }

 private:
  std::int64_t count(const plan::Target& target) {
    std::int64_t found = 0;
    each_value(state_, target, [&](const Value& value) { found += excluded(state_, link_, value) ? 0 : 1; });
    return found;
  }

  void try_value(const Value& value) {
    if (value.is_number && link_.operation.numeric && link_.transformations.empty()) {
      if (compare(state_, link_.operation, value.number) != link_.operation.negated &&
          !excluded(state_, link_, value)) {
        matches(value, {}, {});
      }
      return;
    }
    if (value.is_number) {
      Value text = value;
      text.is_number = false;
      text.text = state_.keep(digits_of(state_, value.number));
      transform(text);
      return;
    }
    transform(value);
  }

  /// The transformations one after the other, each only where it may change something.
  void transform(const Value& value) {
    if (link_.multi_match || link_.transformations.empty()) {
      test(value, value.text);
    }
    if (link_.transformations.empty()) {
      return;
    }
    auto text = value.text;
    auto classes = transform::classes_of(text);
    std::string* free = &state_.change_a;
    for (const auto transformation : link_.transformations) {
      if (!transform::may_change(transformation, classes)) {
        continue;
      }
      if (!charge(state_, text.size())) {
        return;
      }
      if (!transform::apply(transformation, text, *free)) {
        continue;
      }
      text = *free;
      free = free == &state_.change_a ? &state_.change_b : &state_.change_a;
      classes = transform::classes_of(text);
      if (link_.multi_match) {
        test(value, text);
      }
    }
    if (!link_.multi_match) {
      test(value, text);
    }
  }

  void test(const Value& value, std::string_view text) {
    if (!charge(state_, text.size())) {
      return;
    }
    const bool found = operate(state_, link_.operation, text);
    const bool fires = found != link_.operation.negated;
    const bool captures = found && link_.capture;
    if ((!fires && !captures) || excluded(state_, link_, value)) {
      return;
    }
    if (captures) {
      keep_captures();
    }
    if (fires) {
      matches(value, text, found ? state_.matched_part : text);
    }
  }

  void keep_captures() {
    for (std::size_t i = 0; i < match::Captures::kGroups; ++i) {
      if (const auto& group = state_.captures.groups[i]) {
        state_.tx.set(static_cast<plan::Slot>(i), plan::SlotValue::of(state_.keep(*group)));
      }
    }
  }

  void matches(const Value& value, std::string_view text, std::string_view part) {
    matched_ = true;
    if (rule_.keeps_matches && state_.matched.size() < State::kMostMatched) {
      const auto number = value.is_number ? state_.keep(digits_of(state_, value.number)) : std::string_view{};
      const auto kept = value.is_number ? number : text.data() == value.text.data() ? text : state_.keep(text);
      const bool inside = !part.empty() && part.data() >= text.data() && part.data() <= text.data() + text.size();
      const bool is_kept = kept.size() == text.size();  // false: there was no room
      const auto met = value.is_number ? kept
                       : !inside       ? part
                       : !is_kept      ? std::string_view{}
                                       : kept.substr(static_cast<std::size_t>(part.data() - text.data()), part.size());
      state_.matched.push_back({value.variable, value.name, value.is_number ? number : value.text, kept, met});
    }
    set_variables(state_, link_);
  }

  State& state_;
  const plan::Rule& rule_;
  const plan::Link& link_;
  bool matched_ = false;
};

void record(State& state, const plan::Rule& rule, std::int64_t score, bool decided) {
  if (state.hits.size() >= Transaction::kMostHits) {
    return;
  }
  Hit hit;
  hit.rule_id = rule.id;
  hit.phase = rule.phase;
  hit.severity = rule.severity;
  hit.tags = rule.tags;
  hit.score = score;
  hit.decided = decided;
  hit.message =
      rule.message.has_macro ? state.keep(expand(state, rule.message, state.expanded)) : rule.message.literal();
  hit.log_data = state.keep(expand(state, rule.log_data, state.expanded));
  if (!state.matched.empty()) {
    const auto& last = state.matched.back();
    hit.variable = full_name(state, last.variable, last.name);
    hit.original = last.original;
    hit.value = last.text;
    hit.matched = last.part;
  }
  state.hits.push_back(hit);
}

}  // namespace

bool evaluate(State& state, const plan::Rule& rule) {
  state.rule = &rule;
  state.matched.clear();
  const auto before = score_of(state, rule);
  for (const auto& link : rule.links) {
    if (!LinkRun(state, rule, link).run()) {
      return false;
    }
  }
  for (auto link = rule.links.rbegin(); link != rule.links.rend(); ++link) {
    run_controls(state, *link);
  }
  const bool decided = disrupt(state, rule);
  if (decided || (rule.log && rule.audit_log)) {
    record(state, rule, score_of(state, rule) - before, decided);
  }
  return true;
}

}  // namespace gabion::inspect::waf::engine
