// Names become slots and indices; equal expressions and lists are kept once.
#include "inspect/waf/plan/compile_link.h"

#include <algorithm>

#include "inspect/waf/operators/numbers.h"

namespace gabion::inspect::waf::plan {
namespace {

using seclang::OperatorName;
using seclang::Selection;
using seclang::Variable;

bool is_numeric(OperatorName name) {
  return name == OperatorName::kEq || name == OperatorName::kGe || name == OperatorName::kGt ||
         name == OperatorName::kLe || name == OperatorName::kLt;
}

bool is_matched(Variable variable) {
  return variable == Variable::kMatchedVar || variable == Variable::kMatchedVarName ||
         variable == Variable::kMatchedVars || variable == Variable::kMatchedVarsNames;
}

bool is_full_request(Variable variable) {
  return variable == Variable::kFullRequest || variable == Variable::kFullRequestLength;
}

}  // namespace

bool reads_matched(const Text& text) {
  return std::any_of(text.parts.begin(), text.parts.end(),
                     [](const TextPart& part) { return part.variable && is_matched(*part.variable); });
}

void LinkCompiler::fail(const config::Error& error, const seclang::Place& place) {
  errors_.emplace_back(error.what, source_.files[place.file] + ":" + std::to_string(place.line));
}

Text LinkCompiler::text(const seclang::MacroText& source) {
  Text result;
  for (const auto& part : source) {
    TextPart& made = result.parts.emplace_back();
    made.literal = part.literal;
    made.variable = part.variable;
    made.key = lower(part.key);
    if (part.variable) {
      result.has_macro = true;
      plan_.reads_full_request = plan_.reads_full_request || is_full_request(*part.variable);
      if (*part.variable == Variable::kTx && !part.key.empty()) {
        made.slot = plan_.slots.add(part.key);
      }
    }
  }
  if (!result.has_macro && result.parts.size() > 1) {
    for (std::size_t i = 1; i < result.parts.size(); ++i) {
      result.parts.front().literal += result.parts[i].literal;
    }
    result.parts.resize(1);
  }
  if (result.has_macro && result.parts.size() == 1) {
    result.only_slot = result.parts.front().slot;
  } else if (!result.has_macro) {
    result.number = operators::integer_of(result.literal());
  }
  return result;
}

Index LinkCompiler::regex(const std::string& pattern, const seclang::Place& place) {
  if (const auto found = regexes_.find(pattern); found != regexes_.end()) {
    return found->second;
  }
  const match::RegexOptions options{plan_.engine.pcre_match_limit, match::CaseRule::kAsWritten};
  if (const auto compiled = match::RuleRegex::compile(pattern, options); !compiled) {
    fail(compiled.error(), place);
  }
  const auto index = static_cast<Index>(plan_.regexes.size());
  plan_.regexes.emplace_back(pattern, options);
  regexes_.emplace(pattern, index);
  return index;
}

Index LinkCompiler::selector_regex(const std::string& pattern, const seclang::Place& place) {
  if (const auto found = selectors_.find(pattern); found != selectors_.end()) {
    return found->second;
  }
  auto compiled = match::RuleRegex::compile(pattern, {plan_.engine.pcre_match_limit, match::CaseRule::kWithoutCase});
  if (!compiled) {
    fail(compiled.error(), place);
    return 0;
  }
  const auto index = static_cast<Index>(plan_.selectors.size());
  plan_.selectors.push_back(std::move(*compiled));
  selectors_.emplace(pattern, index);
  return index;
}

Index LinkCompiler::phrases(const std::vector<std::string>& list) {
  if (const auto found = phrases_.find(list); found != phrases_.end()) {
    return found->second;
  }
  const auto index = static_cast<Index>(plan_.phrases.size());
  plan_.phrases.emplace_back(list);
  plan_.phrase_lists.push_back(list);
  phrases_.emplace(list, index);
  return index;
}

Operation LinkCompiler::operation(const seclang::Link& source) {
  Operation result;
  result.name = source.op.name;
  result.negated = source.op.negated;
  result.numeric = is_numeric(source.op.name);
  result.argument = text(source.op.argument);
  if (result.name == OperatorName::kRx && !result.argument.has_macro && !result.argument.empty()) {
    result.regex = regex(std::string(result.argument.literal()), source.place);
  } else if (result.name == OperatorName::kPm || result.name == OperatorName::kPmFromFile) {
    result.phrases = phrases(source.op.phrases);
  } else if (result.name == OperatorName::kIpMatch || result.name == OperatorName::kIpMatchFromFile) {
    result.addresses = static_cast<Index>(plan_.addresses.size());
    if (auto list = operators::IpList::parse(source.op.phrases)) {
      plan_.addresses.push_back(std::move(*list));
    } else {
      fail(list.error(), source.place);
    }
  } else if (result.name == OperatorName::kValidateByteRange) {
    result.byte_range = static_cast<Index>(plan_.byte_ranges.size());
    if (const auto range = operators::ByteRange::parse(result.argument.literal())) {
      plan_.byte_ranges.push_back(*range);
    } else {
      fail(range.error(), source.place);
    }
  }
  return result;
}

Selector LinkCompiler::selector(const seclang::Target& source, const seclang::Place& place) {
  Selector result;
  result.variable = source.variable;
  plan_.reads_full_request = plan_.reads_full_request || is_full_request(source.variable);
  result.selection = source.selection;
  result.name = source.selection == Selection::kName ? lower(source.selector) : source.selector;
  if (source.selection == Selection::kRegex) {
    result.regex = selector_regex(source.selector, place);
  }
  return result;
}

void LinkCompiler::add_target(Link& link, const seclang::Target& source, const seclang::Place& place) {
  if (source.exclude) {
    link.exclusions.push_back(selector(source, place));
    return;
  }
  Target target;
  static_cast<Selector&>(target) = selector(source, place);
  target.count = source.count;
  if (source.variable == Variable::kTx && source.selection == Selection::kName) {
    target.slot = plan_.slots.add(source.selector);
  }
  link.targets.push_back(std::move(target));
}

SetVariable LinkCompiler::set_variable(const seclang::SetVariable& source) {
  SetVariable result;
  result.collection = source.collection;
  result.change = source.change;
  result.name = text(source.name);
  result.value = text(source.value);
  if (source.collection == Variable::kTx && !result.name.has_macro) {
    result.slot = plan_.slots.add(result.name.literal());
  }
  return result;
}

Link LinkCompiler::link(const seclang::Link& source) {
  Link result;
  for (const auto& target : source.targets) {
    add_target(result, target, source.place);
  }
  if (!source.targets.empty()) {
    result.operation = operation(source);
  }
  result.transformations = source.transformations;
  result.multi_match = source.multi_match;
  result.capture = source.capture;
  for (const auto& each : source.set_variables) {
    result.set_variables.push_back(set_variable(each));
  }
  for (const auto& each : source.expire_variables) {
    result.expire_collections.push_back(each.collection);
    result.expire_names.push_back(text(each.name));
    result.expire_seconds.push_back(text(each.seconds));
  }
  for (const auto& each : source.init_collections) {
    result.init_collections.push_back(each.collection);
    result.init_keys.push_back(text(each.key));
  }
  for (const auto& each : source.controls) {
    auto& control = result.controls.emplace_back();
    control.name = each.name;
    control.value = each.value;
    control.first_id = each.first_id;
    control.last_id = each.last_id;
    if (each.target) {
      control.target = selector(*each.target, source.place);
    }
  }
  return result;
}

}  // namespace gabion::inspect::waf::plan
