// SecRuleRemove… and SecRuleUpdate… on rules that were read.
#include <fmt/format.h>

#include <algorithm>

#include "inspect/waf/seclang/draft.h"

namespace gabion::inspect::waf::seclang {
namespace {

bool says(const DraftLink& link, const RuleChoice& choice) {
  const auto& tags = link.said.tags;
  return choice.by == RulesBy::kTag ? std::find(tags.begin(), tags.end(), choice.text) != tags.end()
                                    : link.said.message_text == choice.text;
}

bool is_chosen(const DraftRule& rule, const RuleChoice& choice) {
  if (choice.by == RulesBy::kId) {
    const std::uint32_t id = rule.id();
    return std::any_of(choice.ids.begin(), choice.ids.end(),
                       [id](const IdRange& range) { return range.first <= id && id <= range.second; });
  }
  return std::any_of(rule.links.begin(), rule.links.end(),
                     [&choice](const DraftLink& link) { return says(link, choice); });
}

const DraftRule* chosen(const DraftItem& item, const RuleChoice& choice) {
  const auto* const rule = std::get_if<DraftRule>(&item);
  return rule != nullptr && is_chosen(*rule, choice) ? rule : nullptr;
}

template <class Field>
void replace_if_said(std::optional<Field>& field, const std::optional<Field>& said) {
  if (said) {
    field = said;
  }
}

template <class Element>
void append(std::vector<Element>& list, const std::vector<Element>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

void add_lists(ActionList& list, const ActionList& more) {
  if (more.forgets_transformations) {
    list.forgets_transformations = true;
    list.transformations.clear();
  }
  append(list.transformations, more.transformations);
  append(list.tags, more.tags);
  append(list.set_variables, more.set_variables);
  append(list.expire_variables, more.expire_variables);
  append(list.init_collections, more.init_collections);
  append(list.controls, more.controls);
  list.capture = list.capture || more.capture;
  list.multi_match = list.multi_match || more.multi_match;
}

void add_actions(ActionList& list, const ActionList& more) {
  if (more.disruptive) {
    list.disruptive = more.disruptive;
    list.redirect = more.redirect;
  }
  if (more.message_text) {
    list.message_text = more.message_text;
    list.message = more.message;
  }
  replace_if_said(list.status, more.status);
  replace_if_said(list.skip_after, more.skip_after);
  replace_if_said(list.skip, more.skip);
  replace_if_said(list.log, more.log);
  replace_if_said(list.audit_log, more.audit_log);
  replace_if_said(list.log_data, more.log_data);
  replace_if_said(list.severity, more.severity);
  replace_if_said(list.version, more.version);
  replace_if_said(list.revision, more.revision);
  replace_if_said(list.maturity, more.maturity);
  replace_if_said(list.accuracy, more.accuracy);
  add_lists(list, more);
}

/// The first link is what a chain's id, tag and message speak of, as in ModSecurity v3.
struct Change {
  DraftRule& rule;

  void operator()(const Revision::Remove& /*removal*/) const {}
  void operator()(const Revision::AddTargets& more) const {
    auto& targets = rule.links.front().targets;
    if (!targets.empty()) {  // a SecAction looks at nothing
      append(targets, more.targets);
    }
  }
  void operator()(const Revision::AddActions& more) const { add_actions(rule.links.front().said, more.said); }
};

void warn_of_no_rule(const Revision& revision, Findings& findings) {
  findings.warnings.push_back({revision.place, fmt::format("{} meets no rule", revision.directive)});
}

}  // namespace

void revise(std::vector<DraftItem>& items, const std::vector<Revision>& revisions, Findings& findings) {
  for (const Revision& revision : revisions) {
    bool met = false;
    for (DraftItem& item : items) {
      if (chosen(item, revision.rules) != nullptr) {
        std::visit(Change{std::get<DraftRule>(item)}, revision.change);
        met = true;
      }
    }
    if (!met) {
      warn_of_no_rule(revision, findings);
    }
    if (std::holds_alternative<Revision::Remove>(revision.change)) {
      items.erase(std::remove_if(items.begin(), items.end(),
                                 [&](const DraftItem& item) { return chosen(item, revision.rules) != nullptr; }),
                  items.end());
    }
  }
}

}  // namespace gabion::inspect::waf::seclang
