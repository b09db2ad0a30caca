// Makes a rule of what its links say and of its phase's SecDefaultAction.
#include <utility>

#include "inspect/waf/seclang/draft.h"

namespace gabion::inspect::waf::seclang {
namespace {

/// What holds without a SecDefaultAction.
const ActionList& silent_list() {
  static const ActionList list;
  return list;
}

Disruption disruption_of(Disruptive disruptive) {
  switch (disruptive) {
    case Disruptive::kPass:
    case Disruptive::kBlock:  // of nothing: SecDefaultAction itself cannot say it
      return Disruption::kPass;
    case Disruptive::kDeny:
      return Disruption::kDeny;
    case Disruptive::kDrop:
      return Disruption::kDrop;
    case Disruptive::kRedirect:
      return Disruption::kRedirect;
    case Disruptive::kAllow:
      return Disruption::kAllow;
    case Disruptive::kAllowPhase:
      return Disruption::kAllowPhase;
    case Disruptive::kAllowRequest:
      return Disruption::kAllowRequest;
  }
  return Disruption::kPass;
}

void set_disruption(Rule& rule, const ActionList& said, const ActionList& fallback) {
  const Disruptive own = said.disruptive.value_or(Disruptive::kPass);
  rule.is_block = own == Disruptive::kBlock;
  const ActionList& source = rule.is_block ? fallback : said;
  rule.disruption = disruption_of(source.disruptive.value_or(Disruptive::kPass));
  rule.redirect = source.redirect;
  constexpr std::uint16_t kFound = 302;
  const std::uint16_t usual = rule.disruption == Disruption::kRedirect ? kFound : rule.status;
  rule.status = said.status.value_or(source.status.value_or(usual));
}

template <class Field>
void take_if_said(Field& field, std::optional<Field>& said) {
  if (said) {
    field = std::move(*said);
  }
}

/// What any link may say; of several the last one counts.
void add_metadata(Rule& rule, ActionList& said) {
  take_if_said(rule.log, said.log);
  take_if_said(rule.audit_log, said.audit_log);
  take_if_said(rule.log_data, said.log_data);
  take_if_said(rule.version, said.version);
  take_if_said(rule.revision, said.revision);
  take_if_said(rule.maturity, said.maturity);
  take_if_said(rule.accuracy, said.accuracy);
  if (said.severity) {
    rule.severity = said.severity;
  }
  if (said.message_text) {
    rule.message = std::move(said.message);
  }
  std::move(said.tags.begin(), said.tags.end(), std::back_inserter(rule.tags));
}

Link compose_link(DraftLink draft, const ActionList& fallback) {
  ActionList& said = draft.said;
  Link link;
  link.place = draft.place;
  link.targets = std::move(draft.targets);
  link.op = std::move(draft.op);
  if (!said.forgets_transformations) {
    link.transformations = fallback.transformations;
  }
  link.transformations.insert(link.transformations.end(), said.transformations.begin(), said.transformations.end());
  link.multi_match = said.multi_match;
  link.capture = said.capture;
  link.set_variables = std::move(said.set_variables);
  link.expire_variables = std::move(said.expire_variables);
  link.init_collections = std::move(said.init_collections);
  link.controls = std::move(said.controls);
  return link;
}

}  // namespace

Rule compose(DraftRule draft, const Defaults& defaults) {
  Rule rule;
  const ActionList& first = draft.links.front().said;
  rule.id = draft.id();
  rule.phase = first.phase.value_or(rule.phase);
  const auto& of_phase = defaults[rule.phase];
  const ActionList& fallback = of_phase ? of_phase->said : silent_list();
  set_disruption(rule, first, fallback);
  rule.skip_after = first.skip_after.value_or(std::string());
  rule.skip = first.skip.value_or(0);
  rule.log = fallback.log.value_or(true);
  rule.audit_log = fallback.audit_log.value_or(true);
  for (DraftLink& link : draft.links) {
    add_metadata(rule, link.said);
    rule.links.push_back(compose_link(std::move(link), fallback));
  }
  return rule;
}

}  // namespace gabion::inspect::waf::seclang
