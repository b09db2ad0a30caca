// Orders the rules by phase, resolves what refers to other rules, and sets what a transaction begins with.
#include "inspect/waf/plan/compile.h"

#include <algorithm>

#include "inspect/waf/plan/compile_link.h"
#include "inspect/waf/plan/fold.h"
#include "inspect/waf/plan/scan_plan.h"

namespace gabion::inspect::waf::plan {
namespace {

using seclang::ControlName;

/// A jump that waits for its marker: rules that skip to it.
struct Jump {
  Index rule;
  std::string marker;
  std::uint32_t skip;
};

class Compiler {
 public:
  Compiler(const seclang::RuleSet& source, const Options& options)
      : source_(source), plan_(std::make_shared<Plan>()), links_(*plan_, source, errors_) {
    plan_->engine = source.engine;
    plan_->options = options;
    plan_->warnings = source.warnings;
    if (options.mode) {
      plan_->engine.rule_engine = *options.mode;
    }
  }

  config::CheckedResult<std::shared_ptr<const Plan>> run() {
    for (std::uint8_t phase = 1; phase <= kPhases; ++phase) {
      plan_->phase_begin[phase - 1U] = static_cast<Index>(plan_->rules.size());
      add_phase(phase);
    }
    plan_->phase_begin[kPhases] = static_cast<Index>(plan_->rules.size());
    plan_->pcre_limit_slot = plan_->slots.add("MSC_PCRE_LIMITS_EXCEEDED");
    preset();
    find_scores();
    for (auto& rule : plan_->rules) {
      finish(rule);
    }
    if (!errors_.empty()) {
      return errors_;
    }
    if (plan_->options.evaluation == Options::Evaluation::kPlan) {
      fold(*plan_);
      for (auto& rule : plan_->rules) {
        find_rules(rule);
      }
      auto scan = make_scan_plan(*plan_);
      if (!scan) {
        return scan.error();
      }
      plan_->scan = std::move(*scan);
      prepare_regexes();
    }
    return std::shared_ptr<const Plan>(plan_);
  }

 private:
  /// Those that every exchange needs, so that the first one does not wait for them.
  void prepare_regexes() {
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
      for (auto index = plan_->phase_begin[phase]; index < plan_->phase_begin[phase + 1]; ++index) {
        const auto& links = plan_->rules[index].links;
        const auto regex = links.front().operation.regex;
        if (plan_->scan->phases[phase].always.test(index) && regex != kNone) {
          plan_->regexes[regex].prepare();
        }
      }
    }
  }

  void add_phase(std::uint8_t phase) {
    std::vector<Jump> jumps;
    for (const auto& item : source_.items) {
      if (const auto* marker = std::get_if<seclang::Marker>(&item)) {
        land(jumps, marker->name);
      } else if (const auto& rule = std::get<seclang::Rule>(item); rule.phase == phase) {
        add_rule(rule, jumps);
      }
    }
    const auto end = static_cast<Index>(plan_->rules.size());
    for (const auto& jump : jumps) {
      plan_->rules[jump.rule].skip_to = jump.marker.empty() ? std::min(jump.rule + 1 + jump.skip, end) : end;
      if (!jump.marker.empty()) {
        warn(plan_->rules[jump.rule].id, "no marker " + jump.marker + " behind it: skips to the end of its phase");
      }
    }
  }

  void land(std::vector<Jump>& jumps, const std::string& marker) {
    const auto here = static_cast<Index>(plan_->rules.size());
    std::erase_if(jumps, [&](const Jump& jump) {
      if (jump.marker != marker) {
        return false;
      }
      plan_->rules[jump.rule].skip_to = here;
      return true;
    });
  }

  void add_rule(const seclang::Rule& source, std::vector<Jump>& jumps) {
    Rule rule;
    rule.id = source.id;
    rule.phase = source.phase;
    for (const auto& link : source.links) {
      rule.links.push_back(links_.link(link));
    }
    rule.disruption = source.disruption;
    rule.status = source.status;
    rule.redirect = links_.text(source.redirect);
    rule.log = source.log;
    rule.audit_log = source.audit_log;
    rule.message = links_.text(source.message);
    rule.log_data = links_.text(source.log_data);
    rule.tags = source.tags;
    rule.severity = source.severity;
    if (!source.skip_after.empty() || source.skip > 0) {
      jumps.push_back({static_cast<Index>(plan_->rules.size()), source.skip_after, source.skip});
    }
    plan_->rules.push_back(std::move(rule));
  }

  void warn(std::uint32_t rule, const std::string& what) {
    plan_->warnings.push_back("rule " + std::to_string(rule) + ": " + what);
  }

  /// The operator's choices as values the rules find set, so that their own defaults do not apply.
  void preset() {
    const auto set = [&](std::string_view name, std::optional<std::uint32_t> value) {
      if (value) {
        const auto slot = plan_->slots.add(name);
        plan_->initial.resize(std::max<std::size_t>(plan_->initial.size(), slot + 1U));
        plan_->initial[slot] = SlotValue::of(std::int64_t{*value});
      }
    };
    set("paranoia_level", plan_->options.paranoia);
    set("blocking_paranoia_level", plan_->options.paranoia);
    set("inbound_anomaly_score_threshold", plan_->options.inbound_threshold);
    set("outbound_anomaly_score_threshold", plan_->options.outbound_threshold);
    plan_->initial.resize(plan_->slots.size());
  }

  /// Names as in CRS 3 and CRS 4.
  void find_scores() {
    for (const char level : {'1', '2', '3', '4'}) {
      for (const std::string_view name :
           {"anomaly_score_pl", "inbound_anomaly_score_pl", "outbound_anomaly_score_pl"}) {
        add_score(std::string(name) + level, plan_->level_scores);
      }
    }
    add_score("blocking_inbound_anomaly_score", plan_->inbound_sums);
    add_score("anomaly_score", plan_->inbound_sums);
    add_score("blocking_outbound_anomaly_score", plan_->outbound_sums);
    add_score("outbound_anomaly_score", plan_->outbound_sums);
  }

  void add_score(const std::string& name, std::vector<Slot>& scores) const {
    if (const auto slot = plan_->slots.find(name); slot != kNoSlot) {
      scores.push_back(slot);
    }
  }

  void finish(Rule& rule) {
    rule.keeps_matches = rule.log || rule.links.size() > 1;
    for (auto& link : rule.links) {
      for (const auto& change : link.set_variables) {
        rule.keeps_matches = rule.keeps_matches || reads_matched(change.name) || reads_matched(change.value);
        note_score(rule, change);
      }
      for (const auto& key : link.init_keys) {
        rule.keeps_matches = rule.keeps_matches || reads_matched(key);
      }
      for (auto& target : link.targets) {
        find_slots(target);
      }
    }
    find_rules(rule);
  }

  void note_score(Rule& rule, const SetVariable& change) const {
    const auto holds = [&](const std::vector<Slot>& slots) {
      return std::find(slots.begin(), slots.end(), change.slot) != slots.end();
    };
    if (holds(plan_->level_scores) && !holds(rule.score_slots)) {
      rule.score_slots.push_back(change.slot);
    }
  }

  /// Static TX names among which a target without a single name chooses.
  void find_slots(Target& target) {
    if (target.variable != seclang::Variable::kTx || target.slot != kNoSlot) {
      return;
    }
    Scratch scratch;
    for (std::size_t slot = 0; slot < plan_->slots.size(); ++slot) {
      const auto index = static_cast<Slot>(slot);
      if (target.selection == seclang::Selection::kAll ||
          (target.selection == seclang::Selection::kRegex && target.regex < plan_->selectors.size() &&
           plan_->selectors[target.regex].match(plan_->slots.name_of(index), scratch) == match::RegexVerdict::kMatch)) {
        target.slots.push_back(index);
      }
    }
  }

  void find_rules(Rule& rule) const {
    for (auto& link : rule.links) {
      for (auto& control : link.controls) {
        find_rules(control);
      }
    }
  }

  void find_rules(Control& control) const {
    control.rules.resize(plan_->rules.size());
    for (std::size_t i = 0; i < plan_->rules.size(); ++i) {
      if (concerns(control, plan_->rules[i])) {
        control.rules.set(i);
      }
    }
  }

  [[nodiscard]] static bool concerns(const Control& control, const Rule& rule) {
    switch (control.name) {
      case ControlName::kRuleRemoveById:
      case ControlName::kRuleRemoveTargetById:
        return rule.id >= control.first_id && rule.id <= control.last_id;
      case ControlName::kRuleRemoveByTag:
      case ControlName::kRuleRemoveTargetByTag:
        return std::find(rule.tags.begin(), rule.tags.end(), control.value) != rule.tags.end();
      case ControlName::kRuleRemoveByMsg:
      case ControlName::kRuleRemoveTargetByMsg:
        return !rule.message.has_macro && !rule.message.empty() && rule.message.literal() == control.value;
      case ControlName::kAuditEngine:
      case ControlName::kAuditLogParts:
      case ControlName::kForceRequestBodyVariable:
      case ControlName::kRequestBodyAccess:
      case ControlName::kRequestBodyProcessor:
      case ControlName::kRuleEngine:
      case ControlName::kResponseBodyAccess:
        return false;
    }
    return false;
  }

  const seclang::RuleSet& source_;
  config::Errors errors_;
  std::shared_ptr<Plan> plan_;
  LinkCompiler links_;
};

}  // namespace

config::CheckedResult<std::shared_ptr<const Plan>> compile(const seclang::RuleSet& rules, const Options& options) {
  return Compiler(rules, options).run();
}

}  // namespace gabion::inspect::waf::plan
