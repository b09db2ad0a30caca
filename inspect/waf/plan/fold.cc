// A walk over the rules in the order they run, knowing of each TX variable what it may hold.
//
// What the walk may conclude must hold for every request: an unknown link is "maybe", a jump that may be taken joins
// both ways at its marker, and a rule that some ctl can remove is never "always". A skip that can be removed still
// counts when whatever removes it removes all it skips too, as ruleRemoveByTag=OWASP_CRS does.
#include "inspect/waf/plan/fold.h"

#include <algorithm>
#include <map>
#include <optional>

#include "inspect/waf/plan/outcome.h"
#include "inspect/waf/plan/touched.h"

namespace gabion::inspect::waf::plan {
namespace {

using seclang::ControlName;
using seclang::Disruption;

void join(Variables& into, const Variables& other) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    into[i].add(other[i]);
  }
}

bool is_removal(ControlName name) {
  return name == ControlName::kRuleRemoveById || name == ControlName::kRuleRemoveByTag ||
         name == ControlName::kRuleRemoveByMsg;
}

class Folder {
 public:
  explicit Folder(Plan& plan) : plan_(plan), dropped_(plan.rules.size()), quiet_skip_(plan.rules.size()) {
    for (const auto& rule : plan.rules) {
      for (const auto& link : rule.links) {
        for (const auto& control : link.controls) {
          if (is_removal(control.name)) {
            removals_.push_back(&control.rules);
          }
        }
      }
    }
  }

  void run() {
    begin();
    for (std::size_t phase = 1; phase <= kPhases; ++phase) {
      walk(phase);
    }
    drop_idle_skips();
    compact();
  }

 private:
  void begin() {
    now_.emplace();
    for (std::size_t slot = 0; slot < plan_.slots.size(); ++slot) {
      const bool free = slot < kCaptureSlots || slot == plan_.pcre_limit_slot;
      now_->push_back(free ? Possible::anything() : Possible(plan_.initial[slot]));
    }
    ever_ = *now_;
  }

  /// Phase 5 runs after whatever came before, maybe cut short anywhere.
  void walk(std::size_t phase) {
    if (phase == kPhases) {
      now_ = ever_;
    }
    phase_ = phase;
    waiting_.clear();
    early_.reset();
    const auto end = plan_.phase_begin[phase];
    for (auto index = plan_.phase_begin[phase - 1]; index < end; ++index) {
      land(index);
      if (!now_) {
        dropped_.set(index);
        continue;
      }
      step(index);
      if (now_) {
        join(ever_, *now_);
      }
    }
    land(end);
    arrive(early_);
  }

  void arrive(const std::optional<Variables>& from) {
    if (!from) {
      return;
    }
    if (now_) {
      join(*now_, *from);
    } else {
      now_ = from;
    }
  }

  void land(Index index) {
    if (const auto found = waiting_.find(index); found != waiting_.end()) {
      arrive(found->second);
      waiting_.erase(found);
    }
  }

  void step(Index index) {
    const auto& rule = plan_.rules[index];
    const bool removable = is_removable(index);
    bool has_effects = false;
    auto whole = Outcome::kAlways;
    for (const auto& link : rule.links) {
      const auto outcome = outcome_of(link, *now_);
      if (outcome == Outcome::kNever) {
        whole = Outcome::kNever;
        break;
      }
      whole = std::min(whole, outcome);
      apply_sets(plan_, link, removable ? Outcome::kMaybe : whole, *now_);
      has_effects = has_effects || !link.set_variables.empty() || link.capture;
    }
    if (whole == Outcome::kNever) {
      if (has_effects) {
        touched_.add(rule);
      } else {
        dropped_.set(index);
      }
      return;
    }
    settle(index, removable ? Outcome::kMaybe : whole);
  }

  void settle(Index index, Outcome outcome) {
    const auto& rule = plan_.rules[index];
    if (outcome == Outcome::kAlways && can_hoist(rule)) {
      hoist(rule);
      quiet_skip_.set(index);
      if (rule.skip_to == kNone) {
        dropped_.set(index);
      }
    } else {
      touched_.add(rule);
      stops_ = stops_ || rule.disruption != Disruption::kPass;
    }
    if (rule.disruption == Disruption::kAllowPhase || rule.disruption == Disruption::kAllowRequest ||
        rule.disruption == Disruption::kAllow) {
      add_to(early_, *now_);
    }
    if (rule.skip_to != kNone) {
      add_to(waiting_[rule.skip_to], *now_);
      if (outcome == Outcome::kAlways) {
        now_.reset();
      }
    }
  }

  static void add_to(std::optional<Variables>& place, const Variables& variables) {
    if (place) {
      join(*place, variables);
    } else {
      place = variables;
    }
  }

  /// May some ctl take this rule away while something behind its skip stays?
  [[nodiscard]] bool is_removable(Index index) const {
    const auto skip_to = plan_.rules[index].skip_to;
    const auto last = skip_to == kNone ? index : skip_to - 1;
    return std::any_of(removals_.begin(), removals_.end(), [&](const RuleBits* removal) {
      if (!removal->test(index)) {
        return false;
      }
      bool takes_all = skip_to != kNone;
      for (auto i = index + 1; takes_all && i <= last; ++i) {
        takes_all = removal->test(i);
      }
      return !takes_all;
    });
  }

  /// Its only effect is variables with one certain value, and nobody before it can tell when they were set.
  [[nodiscard]] bool can_hoist(const Rule& rule) const {
    if (rule.log || rule.disruption != Disruption::kPass) {
      return false;
    }
    bool sets = false;
    for (const auto& link : rule.links) {
      if (link.capture || !link.controls.empty() || !link.init_keys.empty() || !link.expire_names.empty()) {
        return false;
      }
      for (const auto& change : link.set_variables) {
        sets = true;
        if (change.collection != seclang::Variable::kTx || change.slot == kNoSlot || touched_.test(change.slot) ||
            !(*now_)[change.slot].is_one()) {
          return false;
        }
      }
    }
    return !sets || (phase_ == 1 && !stops_ && waiting_.empty());
  }

  void hoist(const Rule& rule) {
    for (const auto& link : rule.links) {
      for (const auto& change : link.set_variables) {
        auto value = (*now_)[change.slot].values().front();
        if (value.kind == SlotValue::Kind::kText) {
          value = SlotValue::of(std::string_view(plan_.texts.emplace_back(value.text())));
        }
        plan_.initial[change.slot] = value;
      }
    }
  }

  /// A skip over nothing that is left, with nothing else to do.
  void drop_idle_skips() {
    for (Index index = 0; index < plan_.rules.size(); ++index) {
      const auto skip_to = plan_.rules[index].skip_to;
      if (dropped_.test(index) || !quiet_skip_.test(index) || skip_to == kNone) {
        continue;
      }
      bool idle = true;
      for (auto i = index + 1; idle && i < skip_to; ++i) {
        idle = dropped_.test(i);
      }
      if (idle) {
        dropped_.set(index);
      }
    }
  }

  void compact() {
    std::vector<Index> place(plan_.rules.size() + 1);
    std::vector<Rule> kept;
    for (std::size_t i = 0; i < plan_.rules.size(); ++i) {
      place[i] = static_cast<Index>(kept.size());
      if (!dropped_.test(i)) {
        kept.push_back(std::move(plan_.rules[i]));
      }
    }
    place.back() = static_cast<Index>(kept.size());
    plan_.folded = plan_.rules.size() - kept.size();
    plan_.rules = std::move(kept);
    for (auto& begin : plan_.phase_begin) {
      begin = place[begin];
    }
    for (auto& rule : plan_.rules) {
      rule.skip_to = rule.skip_to == kNone ? kNone : place[rule.skip_to];
    }
  }

  Plan& plan_;
  std::vector<const RuleBits*> removals_;
  RuleBits dropped_;
  RuleBits quiet_skip_;                                ///< always skips and has no other effect left
  std::optional<Variables> now_;                       ///< empty: no way leads here
  Variables ever_;                                     ///< all that was possible so far
  std::optional<Variables> early_;                     ///< where an allow ended the phase
  std::map<Index, std::optional<Variables>> waiting_;  ///< jumps that have not landed
  Touched touched_;                                    ///< by the rules kept so far
  std::size_t phase_ = 1;
  bool stops_ = false;  ///< a rule kept so far may end the transaction
};

}  // namespace

void fold(Plan& plan) {
  Folder(plan).run();
}

}  // namespace gabion::inspect::waf::plan
