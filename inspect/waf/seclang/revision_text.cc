// Reads SecRuleRemoveBy… and SecRuleUpdate…By….
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inspect/waf/seclang/loader.h"
#include "inspect/waf/seclang/targets.h"

namespace gabion::inspect::waf::seclang {
namespace {

enum class Wanted : std::uint8_t { kRemoval, kTargets, kActions };

struct Form {
  std::string_view directive;
  Wanted wanted;
  RulesBy by;
};

constexpr auto kForms = std::to_array<Form>({
    {"SecRuleRemoveById", Wanted::kRemoval, RulesBy::kId},
    {"SecRuleRemoveByTag", Wanted::kRemoval, RulesBy::kTag},
    {"SecRuleRemoveByMsg", Wanted::kRemoval, RulesBy::kMessage},
    {"SecRuleUpdateTargetById", Wanted::kTargets, RulesBy::kId},
    {"SecRuleUpdateTargetByTag", Wanted::kTargets, RulesBy::kTag},
    {"SecRuleUpdateTargetByMsg", Wanted::kTargets, RulesBy::kMessage},
    {"SecRuleUpdateActionById", Wanted::kActions, RulesBy::kId},
});

const Form* form_of(std::string_view directive) {
  const auto* const form = std::find_if(
      kForms.begin(), kForms.end(), [directive](const Form& known) { return same_name(known.directive, directive); });
  return form == kForms.end() ? nullptr : form;
}

void add_ids(RuleChoice& choice, std::string_view text, Remarks& remarks) {
  for (const std::string_view part : parts_of(text, ", \t")) {
    if (const auto range = parse_id_range(part)) {
      choice.ids.push_back(*range);
    } else {
      remarks.errors.push_back(fmt::format("{} is no rule id and no range like 1000-1999", quoted(part)));
    }
  }
}

/// REQUIRES: words is not empty.
RuleChoice parse_choice(const Form& form, const std::vector<std::string>& words, Remarks& remarks) {
  RuleChoice choice;
  choice.by = form.by;
  if (form.by != RulesBy::kId) {
    choice.text = words.front();
  } else if (form.wanted == Wanted::kRemoval) {
    for (const std::string& word : words) {
      add_ids(choice, word, remarks);
    }
  } else {
    add_ids(choice, words.front(), remarks);
  }
  if (choice.ids.empty() && choice.text.empty() && remarks.errors.empty()) {
    remarks.errors.emplace_back("it does not say which rules");
  }
  return choice;
}

bool words_fit(const Form& form, std::size_t words, Remarks& remarks) {
  const std::size_t wanted = form.wanted == Wanted::kRemoval ? 1 : 2;
  const bool takes_more = form.wanted == Wanted::kRemoval && form.by == RulesBy::kId;
  if (words == wanted || (takes_more && words > wanted)) {
    return true;
  }
  remarks.errors.push_back(fmt::format("it takes {} quoted or bare words, not {}", wanted, words));
  return false;
}

ActionList parse_more_actions(std::string_view text, Remarks& remarks) {
  ActionList said = parse_actions(text, remarks);
  if (said.id || said.phase || said.chain) {
    remarks.errors.emplace_back("id, phase and chain of a rule cannot be changed");
  }
  return said;
}

}  // namespace

bool is_revision(std::string_view directive) noexcept {
  return form_of(directive) != nullptr;
}

Revision parse_revision(std::string_view directive, const std::vector<std::string>& words, Remarks& remarks) {
  Revision revision;
  revision.directive = directive;
  const Form* const form = form_of(directive);
  if (form == nullptr || !words_fit(*form, words.size(), remarks)) {
    return revision;
  }
  revision.rules = parse_choice(*form, words, remarks);
  switch (form->wanted) {
    case Wanted::kRemoval:
      break;
    case Wanted::kTargets:
      revision.change = Revision::AddTargets{parse_targets(words[1], remarks)};
      break;
    case Wanted::kActions:
      revision.change = Revision::AddActions{parse_more_actions(words[1], remarks)};
      break;
  }
  return revision;
}

}  // namespace gabion::inspect::waf::seclang
