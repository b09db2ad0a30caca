// Rules are resolved for every type and direction once, so that a finding only looks one up.
#include "inspect/dlp/profile.h"

#include <algorithm>
#include <utility>

#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

using config::DlpAction;
using config::DlpDirection;
using config::DlpRule;
using config::DlpTreatment;

constexpr Direction kDirections[] = {Direction::kRequest, Direction::kResponse};

std::uint8_t group_of(std::string_view name) noexcept {
  constexpr std::pair<std::string_view, Group> kGroups[] = {
      {"default", kDefault}, {"pci", kPci}, {"gdpr", kGdpr}, {"hipaa", kHipaa}, {"secrets", kSecrets}};
  for (const auto& [text, group] : kGroups) {
    if (text == name) {
      return group;
    }
  }
  return kOff;
}

bool is_known(std::string_view name, const TypeSet& types) noexcept {
  return group_of(name) != kOff || types.find(name).has_value();
}

bool names(const DlpRule& rule, TypeIndex type, const TypeSet& types) noexcept {
  if (rule.types.empty()) {
    return true;
  }
  const auto groups = type < catalogue().size() ? catalogue()[type].groups : std::uint8_t{kOff};
  return std::any_of(rule.types.begin(), rule.types.end(), [&](const config::PlacedText& named) {
    return (group_of(named.text) & groups) != 0 || named.text == types.name(type);
  });
}

bool goes(const DlpRule& rule, Direction direction) noexcept {
  return rule.direction == DlpDirection::kBoth ||
         rule.direction == (direction == Direction::kRequest ? DlpDirection::kRequest : DlpDirection::kResponse);
}

DlpAction action_of(Operator chosen) noexcept {
  switch (chosen) {
    case Operator::kLog:
      return DlpAction::kLog;
    case Operator::kMask:
      return DlpAction::kMask;
    case Operator::kBlock:
      return DlpAction::kBlock;
  }
  return DlpAction::kBlock;
}

/// What the catalogue does where no rule says more, one rule for each of its actions.
std::vector<DlpRule> default_rules() {
  std::vector<DlpRule> rules;
  for (const DlpAction action : {DlpAction::kLog, DlpAction::kMask, DlpAction::kBlock}) {
    rules.emplace_back().treatment.action = action;
  }
  return rules;
}

bool covers(DlpAction action) noexcept {
  return action != DlpAction::kLog && action != DlpAction::kBlock;
}

Selection selection_of(const config::DlpProfile& profile) {
  Selection selection;
  selection.min_score = profile.min_score;
  for (const config::PlacedText& type : profile.types) {
    selection.entities.push_back(type.text);
    selection.places.push_back(type.where);
  }
  for (const config::DlpCustomType& own : profile.custom) {
    CustomType& type = selection.custom.emplace_back();
    type.name = own.name.text;
    type.pattern = own.pattern.text;
    type.validator = own.validator.text;
    type.cues = own.cues;
    type.fields = own.fields;
    type.cue = own.cue_required ? CustomType::Cue::kRequired : CustomType::Cue::kHelps;
    type.ignore = own.ignore;
    type.match = own.match;
    type.no_match = own.no_match;
    type.where = own.pattern.where;
  }
  return selection;
}

config::Errors unknown_types(const config::DlpProfile& profile, const TypeSet& types) {
  config::Errors errors;
  for (const DlpRule& rule : profile.rules) {
    for (const config::PlacedText& named : rule.types) {
      if (!is_known(named.text, types)) {
        errors.emplace_back("\"" + named.text + "\" is neither a type nor a group; `gabion dlp types` lists them",
                            named.where);
      }
    }
  }
  return errors;
}

}  // namespace

config::DlpProfile built_in_profile(std::string_view name) {
  config::DlpProfile profile;
  profile.name = name;
  profile.types.push_back({std::string(name), ""});
  return profile;
}

config::CheckedResult<std::shared_ptr<const Profile>> Profile::compile(const config::DlpProfile& profile,
                                                                       std::shared_ptr<const KeyedHash> hash,
                                                                       std::shared_ptr<Budget> budget) {
  auto types = TypeSet::compile(selection_of(profile));
  if (!types) {
    config::Errors errors = types.error();
    for (config::Error& error : errors) {
      error.where = error.where.empty() ? profile.where : error.where;
    }
    return errors;
  }
  if (auto errors = unknown_types(profile, *types); !errors.empty()) {
    return errors;
  }
  return std::shared_ptr<const Profile>(new Profile(std::move(*types), profile, std::move(hash), std::move(budget)));
}

Profile::Profile(TypeSet types, const config::DlpProfile& profile, std::shared_ptr<const KeyedHash> hash,
                 std::shared_ptr<Budget> budget)
    : name_(profile.name),
      types_(std::move(types)),
      rules_(profile.rules),
      hash_(std::move(hash)),
      budget_(std::move(budget)) {
  classify();
  choose_rules();
  for (const Direction direction : kDirections) {
    for (std::size_t demand = 0; demand < reach_[0].size(); ++demand) {
      reach_[static_cast<std::size_t>(direction)][demand] = reach_of(direction, static_cast<Demand>(demand));
    }
  }
  std::string canonical;
  for (const std::string& value : profile.allow) {
    for (const ValueClass value_class : {ValueClass::kNumber, ValueClass::kEmail, ValueClass::kOther}) {
      make_canonical(value, value_class, canonical);
      allowed_.insert(canonical);
    }
  }
}

void Profile::classify() {
  classes_.assign(types_.size(), ValueClass::kOther);
  for (std::size_t i = 0; i < catalogue().size(); ++i) {
    const Type& type = catalogue()[i];
    classes_[i] = (type.groups & kSecrets) != 0 ? ValueClass::kSecret
                  : type.id == "EMAIL_ADDRESS"  ? ValueClass::kEmail
                  : type.id == "CREDIT_CARD"    ? ValueClass::kCard
                                                : ValueClass::kNumber;
  }
}

void Profile::choose_rules() {
  const std::size_t own = rules_.size();
  const auto defaults = default_rules();
  rules_.insert(rules_.end(), defaults.begin(), defaults.end());
  for (const Direction direction : kDirections) {
    auto& chosen = chosen_[static_cast<std::size_t>(direction)];
    chosen.resize(types_.size());
    for (std::size_t i = 0; i < types_.size(); ++i) {
      const auto type = static_cast<TypeIndex>(i);
      const auto end = rules_.begin() + static_cast<std::ptrdiff_t>(own);
      auto rule = std::find_if(rules_.begin(), end, [&](const DlpRule& candidate) {
        return goes(candidate, direction) && names(candidate, type, types_);
      });
      if (rule == end) {
        const Operator usual = i >= catalogue().size()            ? Operator::kLog
                               : direction == Direction::kRequest ? catalogue()[i].request
                                                                  : catalogue()[i].response;
        rule = std::find_if(end, rules_.end(),
                            [&](const DlpRule& candidate) { return candidate.treatment.action == action_of(usual); });
      }
      chosen[i] = static_cast<std::uint16_t>(rule - rules_.begin());
    }
  }
}

config::DlpTreatment Profile::treatment(TypeIndex type, Direction direction, Demand demand) const {
  DlpTreatment treatment = rules_[chosen_[static_cast<std::size_t>(direction)][type]].treatment;
  switch (demand) {
    case Demand::kAsWritten:
      break;
    case Demand::kLog:
      treatment.action = DlpAction::kLog;
      treatment.block_over = 0;
      break;
    case Demand::kCover:
      treatment.action = covers(treatment.action) ? treatment.action : DlpAction::kMask;
      break;
    case Demand::kCoverMore:
      treatment.action = treatment.action == DlpAction::kLog ? DlpAction::kMask : treatment.action;
      break;
    case Demand::kBlock:
      treatment.action = DlpAction::kBlock;
      break;
  }
  return treatment;
}

bool Profile::is_excepted(TypeIndex type, Direction direction, std::string_view field) const noexcept {
  const auto& excepted = rules_[chosen_[static_cast<std::size_t>(direction)][type]].except_fields;
  return std::find(excepted.begin(), excepted.end(), field) != excepted.end();
}

std::string_view Profile::public_prefix(TypeIndex type, std::string_view value) const noexcept {
  if (type >= catalogue().size()) {
    return {};
  }
  for (const Form& form : catalogue()[type].forms) {
    if (form.walk == Walk::kLiteral && value.starts_with(form.anchor)) {
      return form.anchor;
    }
  }
  return {};
}

Profile::Reach Profile::most(Direction direction) const noexcept {
  Reach most;
  for (const Reach& one : reach_[static_cast<std::size_t>(direction)]) {
    most.refuses = most.refuses || one.refuses;
    most.covers = most.covers || one.covers;
    most.changes_length = most.changes_length || one.changes_length;
    most.drops = most.drops || one.drops;
  }
  return most;
}

Profile::Reach Profile::reach_of(Direction direction, Demand demand) const {
  Reach reach;
  reach.refuses = budget_ != nullptr && demand != Demand::kLog;
  for (std::size_t i = 0; i < types_.size(); ++i) {
    const auto type = static_cast<TypeIndex>(i);
    if (!types_.is_selected(type)) {
      continue;
    }
    const DlpTreatment made = treatment(type, direction, demand);
    reach.refuses = reach.refuses || made.action == DlpAction::kBlock || made.block_over > 0;
    reach.covers = reach.covers || covers(made.action);
    const bool is_same_length = made.action == DlpAction::kMask ||
                                (made.action == DlpAction::kToken && made.token_length == config::TokenLength::kSame);
    reach.changes_length = reach.changes_length || (covers(made.action) && !is_same_length);
    reach.drops = reach.drops || made.action == DlpAction::kDropField;
  }
  return reach;
}

}  // namespace gabion::inspect::dlp
