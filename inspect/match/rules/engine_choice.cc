// Asks Hyperscan for all, hands on what it refuses, is slow with or judges otherwise than PCRE2.
#include "inspect/match/rules/engine_choice.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "inspect/match/rules/exact_set.h"
#include "inspect/match/rules/exact_trial.h"
#include "inspect/match/rules/rule_regex.h"

namespace gabion::inspect::match {

namespace {

/// PCRE2's opinion of every regular expression, by id.
using Regexes = std::unordered_map<std::uint32_t, RuleRegex>;

void check_phrases(const RulePattern& pattern, config::Errors& errors) {
  for (const std::string& phrase : pattern.phrases) {
    if (phrase.empty()) {
      errors.emplace_back("an empty phrase would match everything", pattern.name);
      return;
    }
  }
}

config::CheckedResult<Regexes> check(std::span<const RulePattern> patterns) {
  Regexes regexes;
  std::unordered_set<std::uint32_t> ids;
  config::Errors errors;
  for (const RulePattern& pattern : patterns) {
    if (!ids.insert(pattern.id).second) {
      errors.emplace_back("pattern " + std::to_string(pattern.id) + " is in the group twice", pattern.name);
      continue;
    }
    if (pattern.kind == RulePattern::Kind::kPhrases) {
      check_phrases(pattern, errors);
      continue;
    }
    auto regex = RuleRegex::compile(pattern.expression);
    if (regex) {
      regexes.emplace(pattern.id, std::move(*regex));
    } else {
      errors.emplace_back(regex.error().what, pattern.name);
    }
  }
  if (!errors.empty()) {
    return errors;
  }
  return regexes;
}

}  // namespace

config::CheckedResult<EngineChoice> choose_engines(std::span<const RulePattern> patterns, const GroupOptions& options) {
  const auto regexes = check(patterns);
  if (!regexes) {
    return regexes.error();
  }
  EngineChoice choice{std::vector<Engine>(patterns.size(), Engine::kPhrases), std::nullopt, std::nullopt};
  PatternList exact;
  PatternList refused;
  for (const RulePattern& pattern : patterns) {
    if (options.stop.stop_requested()) {
      return config::Errors{{"the compilation was stopped", pattern.name}};
    }
    if (pattern.kind == RulePattern::Kind::kRegex) {
      const bool suits = suits_hyperscan(pattern, regexes->at(pattern.id), options.platform);
      (suits ? exact : refused).push_back(&pattern);
    }
  }
  choice.regexes = ExactSet::of_regexes(exact, refused, options.platform);
  for (const RulePattern* pattern : exact) {
    choice.engines[static_cast<std::size_t>(pattern - patterns.data())] = Engine::kExact;
  }
  for (const RulePattern* pattern : refused) {
    choice.engines[static_cast<std::size_t>(pattern - patterns.data())] = Engine::kLinear;
  }
  return choice;
}

config::CheckedResult<EngineChoice> choose_quickly(std::span<const RulePattern> patterns) {
  const auto regexes = check(patterns);
  if (!regexes) {
    return regexes.error();
  }
  EngineChoice choice;
  for (const RulePattern& pattern : patterns) {
    choice.engines.push_back(pattern.kind == RulePattern::Kind::kRegex ? Engine::kSingle : Engine::kPhrases);
  }
  return choice;
}

}  // namespace gabion::inspect::match
