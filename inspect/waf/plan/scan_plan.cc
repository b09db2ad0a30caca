// How rules are spread over fields, and fields over groups.
//
// Scanning may only err on one side: a rule that is tried although it does not match costs time, one that is not tried
// although it would match is a hole. So selectors and exclusions do not count here, and whatever is not plainly a
// pattern over values that stand still during the phase is tried always.
#include "inspect/waf/plan/scan_plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "inspect/match/rules/joinable.h"
#include "inspect/waf/plan/probe.h"
#include "inspect/waf/plan/scan_field.h"

namespace gabion::inspect::waf::plan {
namespace {

using seclang::OperatorName;
using seclang::Selection;
using seclang::Variable;

/// What a rule's first link looks for: an index of regexes, or of phrase lists.
struct PatternKey {
  match::RulePattern::Kind kind;
  Index index;
  CaseRule letters = CaseRule::kAsWritten;  ///< kWithoutCase: the expression with (?i) in front
  friend auto operator<=>(const PatternKey&, const PatternKey&) = default;
};

std::optional<PatternKey> pattern_of(const Rule& rule) {
  const auto& operation = rule.links.front().operation;
  if (rule.links.front().targets.empty() || operation.negated) {
    return std::nullopt;
  }
  if (operation.name == OperatorName::kRx && operation.regex != kNone) {
    return PatternKey{match::RulePattern::Kind::kRegex, operation.regex};
  }
  if (operation.name == OperatorName::kPm || operation.name == OperatorName::kPmFromFile) {
    return PatternKey{match::RulePattern::Kind::kPhrases, operation.phrases};
  }
  return std::nullopt;
}

/// Meets a text whatever the case of its letters.
bool ignores_case(std::string_view expression) {
  return expression.substr(0, 4) == "(?i)" && expression.find("(?-") == std::string_view::npos &&
         expression.find("(?^") == std::string_view::npos;
}

bool lowers_last(const Link& link) {
  return !link.multi_match && !link.transformations.empty() &&
         link.transformations.back() == seclang::Transformation::kLowercase;
}

/// Whatever it meets in lower case it also meets before, with (?i): there is nothing in it that asks for the absence of
/// a letter (negated classes, look-arounds) and no letter in upper case.
bool is_lower(std::string_view expression) {
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    const auto next = expression.substr(i + 1, 2);
    if ((c >= 'A' && c <= 'Z') || (c == '[' && next.substr(0, 1) == "^") || (c == '[' && next == ":^") ||
        (c == '(' && next.substr(0, 1) == "?" && next != "?:")) {
      return false;
    }
  }
  return true;
}

/// A group in the making: the ids of its patterns.
using PatternIds = std::set<std::uint32_t>;

class ScanPlanner {
 public:
  explicit ScanPlanner(const Plan& plan) : plan_(plan), made_(std::make_unique<ScanPlan>()) {}

  config::CheckedResult<std::unique_ptr<const ScanPlan>> run() {
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
      plan_phase(phase);
    }
    made_->patterns = patterns_.size();
    if (auto errors = compile_groups(); !errors.empty()) {
      return errors;
    }
    for (auto& phase : made_->phases) {
      for (auto& field : phase.fields) {
        field.first_entry.resize(patterns_.size() + 1, static_cast<std::uint32_t>(field.entries.size()));
        learn_empty(field);
      }
    }
    return std::unique_ptr<const ScanPlan>(std::move(made_));
  }

 private:
  void plan_phase(std::size_t number) {
    auto& phase = made_->phases[number];
    phase.always.resize(plan_.rules.size());
    FieldSet fields;
    const auto begin = plan_.phase_begin[number];
    const auto end = plan_.phase_begin[number + 1];
    for (auto index = begin; index < end; ++index) {
      fields.note_headers(plan_.rules[index]);
    }
    for (auto index = begin; index < end; ++index) {
      if (!add_rule(fields, index)) {
        phase.always.set(index);
      }
    }
    for (auto index = begin; index < end; ++index) {  // behind the patterns, which need the nodes more
      const auto& rule = plan_.rules[index];
      if (phase.always.test(index) && is_probe(rule.links.front()) && fields.add_probe(rule, index)) {
        phase.always.reset(index);
      }
    }
    for (auto& builder : fields.take()) {
      phase.fields.push_back(builder.finish());
      wanted_.push_back(builder.patterns());
    }
    share_groups(phase);
    gather_sources(phase);
    wanted_.clear();
  }

  bool add_rule(FieldSet& fields, Index index) {
    const auto& rule = plan_.rules[index];
    auto pattern = pattern_of(rule);
    if (!pattern) {
      return false;
    }
    auto letters = CaseRule::kWithoutCase;
    if (pattern->kind == match::RulePattern::Kind::kRegex) {
      const auto& expression = plan_.regexes[pattern->index].pattern();
      if (!ignores_case(expression)) {
        pattern->letters = letters =
            lowers_last(rule.links.front()) && is_lower(expression) ? CaseRule::kWithoutCase : CaseRule::kAsWritten;
      }
    }
    return fields.add(rule, index, id_of(*pattern, rule), letters);
  }

  std::uint32_t id_of(const PatternKey& key, const Rule& rule) {
    const auto [found, is_new] = ids_.try_emplace(key, static_cast<std::uint32_t>(patterns_.size()));
    if (is_new) {
      auto& pattern = patterns_.emplace_back();
      pattern.id = found->second;
      pattern.kind = key.kind;
      pattern.name = "rule " + std::to_string(rule.id);
      if (key.kind == match::RulePattern::Kind::kRegex) {
        pattern.expression = key.letters == CaseRule::kWithoutCase ? "(?i)" : "";
        pattern.expression += match::loosen_ends(plan_.regexes[key.index].pattern());
      } else {
        pattern.phrases = plan_.phrase_lists[key.index];
      }
    }
    return found->second;
  }

  /// Fields that ask for much the same patterns share a group: scanning with a few patterns too many is cheaper than
  /// one database more. From the largest down.
  void share_groups(ScanPhase& phase) {
    std::vector<std::size_t> order(phase.fields.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = i;
    }
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return wanted_[a].size() > wanted_[b].size(); });
    const auto first = groups_.size();
    for (const auto field : order) {
      if (!wanted_[field].empty()) {
        phase.fields[field].group = group_for(wanted_[field], first);
      }
    }
  }

  /// The fields one value is looked at by, together.
  void gather_sources(ScanPhase& phase) {
    for (std::size_t i = 0; i < phase.fields.size(); ++i) {
      const auto& field = phase.fields[i];
      auto found = std::find_if(phase.sources.begin(), phase.sources.end(), [&](const ScanSource& source) {
        return source.variable == field.variable && source.name == field.name;
      });
      if (found == phase.sources.end()) {
        found = phase.sources.insert(found, ScanSource{field.variable, field.name, made_->source_count++, {}});
      }
      found->fields.push_back(static_cast<Index>(i));
    }
  }

  Index group_for(const PatternIds& wanted, std::size_t first) {
    for (auto group = first; group < groups_.size(); ++group) {
      const auto common = static_cast<std::size_t>(
          std::count_if(wanted.begin(), wanted.end(), [&](std::uint32_t id) { return groups_[group].contains(id); }));
      if (common * 2 >= wanted.size() && wanted.size() * 3 >= groups_[group].size()) {
        groups_[group].insert(wanted.begin(), wanted.end());
        return static_cast<Index>(group);
      }
    }
    groups_.push_back(wanted);
    return static_cast<Index>(groups_.size() - 1);
  }

  config::Errors compile_groups() {
    match::GroupOptions options;
    options.match_limit = plan_.engine.pcre_match_limit;
    options.cache_directory = plan_.options.cache_directory;
    options.stop = plan_.options.stop;
    config::Errors errors;
    for (const auto& ids : groups_) {
      std::vector<match::RulePattern> patterns;
      for (const auto id : ids) {
        patterns.push_back(patterns_[id]);
      }
      auto group = make_group(patterns, options);
      if (!group) {
        const config::Errors more = group.error();  // error() answers a copy each time
        errors.insert(errors.end(), more.begin(), more.end());
        continue;
      }
      made_->groups.push_back(std::move(*group));
    }
    return errors;
  }

  [[nodiscard]] config::CheckedResult<match::PatternGroup> make_group(std::span<const match::RulePattern> patterns,
                                                                      const match::GroupOptions& options) {
    switch (plan_.options.databases) {
      case Options::Databases::kComplete:
        return match::PatternGroup::compile(patterns, options);
      case Options::Databases::kQuick:
        break;
    }
    if (auto loaded = match::PatternGroup::load(patterns, options)) {
      return std::move(*loaded);
    }
    made_->complete = false;
    return match::PatternGroup::compile_fast(patterns, options);
  }

  /// An empty value stays empty under every transformation that may leave a value alone; the others are tried.
  void learn_empty(ScanField& field) const {
    for (const auto& each : field.probes) {
      const bool plain = (each.nodes & ~field.plain_nodes) == 0;
      if (!plain || probe(plan_, plan_.rules[each.rule].links.front().operation, "")) {
        field.on_empty.push_back(each.rule);
      }
    }
    if (field.group == kNone) {
      return;
    }
    Scratch scratch;
    match::HitSet hits(patterns_.size());
    const auto& group = made_->groups[field.group];
    if (!group.prepare(scratch)) {
      return;
    }
    group.scan("", scratch, hits);
    for (std::uint32_t id = 0; id < patterns_.size(); ++id) {
      for (auto i = field.first_entry[id]; i < field.first_entry[id + 1]; ++i) {
        const bool plain = (field.entries[i].nodes & ~field.plain_nodes) == 0;
        if (hits.test(id) || hits.undecided(id) || !plain) {
          field.on_empty.push_back(field.entries[i].rule);
        }
      }
    }
  }

  const Plan& plan_;
  std::unique_ptr<ScanPlan> made_;
  std::map<PatternKey, std::uint32_t> ids_;
  std::vector<match::RulePattern> patterns_;
  std::vector<PatternIds> wanted_;  ///< beside the fields of the phase in work
  std::vector<PatternIds> groups_;
};

}  // namespace

config::CheckedResult<std::unique_ptr<const ScanPlan>> make_scan_plan(const Plan& plan) {
  return ScanPlanner(plan).run();
}

}  // namespace gabion::inspect::waf::plan
