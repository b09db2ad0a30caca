// Puts every pattern on its engine, and asks the engines one after the other.
#include "inspect/match/rules/pattern_group.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "inspect/match/rules/engine_choice.h"
#include "inspect/match/rules/exact_set.h"
#include "inspect/match/rules/exact_trial.h"
#include "inspect/match/rules/group_key.h"
#include "inspect/match/rules/group_store.h"
#include "inspect/match/rules/joinable.h"
#include "inspect/match/rules/linear_set.h"
#include "inspect/match/rules/rule_regex.h"

namespace gabion::inspect::match {

struct PatternGroup::Impl {
  struct Single {
    std::uint32_t id;
    RuleRegex regex;
  };

  std::optional<ExactSet> regexes;
  std::optional<ExactSet> phrases;
  std::optional<LinearSet> linear;
  std::vector<Single> singles;
  bool joins = true;  ///< all but `singles` may look at several values at once
  std::size_t id_bound = 0;
  GroupContents contents;

  [[nodiscard]] static config::CheckedResult<std::unique_ptr<Impl>> assemble(std::span<const RulePattern> patterns,
                                                                             EngineChoice choice,
                                                                             const GroupOptions& options);
  /// Null: nothing stored, or `distrust` says why it is not used.
  [[nodiscard]] static std::unique_ptr<Impl> load(std::span<const RulePattern> patterns, const GroupOptions& options,
                                                  std::string& distrust);
  void store(std::span<const RulePattern> patterns, const std::vector<Engine>& engines, const GroupOptions& options);
  [[nodiscard]] config::Result<void> add_single(const RulePattern& pattern, const GroupOptions& options);
  void count(std::span<const RulePattern> patterns);
};

namespace {

PatternList patterns_on(Engine engine, std::span<const RulePattern> patterns, const std::vector<Engine>& engines) {
  PatternList list;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (engines[i] == engine) {
      list.push_back(&patterns[i]);
    }
  }
  return list;
}

/// Whether all regular expressions but `singles` can look at several values at once; phrases always can.
bool all_join(std::span<const RulePattern> patterns, const std::vector<Engine>& engines, const PatternList& singles) {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const bool together = (engines[i] == Engine::kExact || engines[i] == Engine::kLinear) &&
                          std::find(singles.begin(), singles.end(), &patterns[i]) == singles.end();
    if (together && !can_join(patterns[i].expression)) {
      return false;
    }
  }
  return true;
}

/// A file with the right key holds this; a wrong one is caught all the same.
bool fits(std::span<const RulePattern> patterns, const StoredGroup& stored) {
  if (stored.engines.size() != patterns.size()) {
    return false;
  }
  bool has_exact = false;
  bool has_phrases = false;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const bool is_phrases = patterns[i].kind == RulePattern::Kind::kPhrases;
    if (is_phrases != (stored.engines[i] == Engine::kPhrases)) {
      return false;
    }
    has_exact = has_exact || stored.engines[i] == Engine::kExact;
    has_phrases = has_phrases || !patterns[i].phrases.empty();
  }
  return has_exact == (stored.regexes != nullptr) && has_phrases == (stored.phrases != nullptr);
}

EngineChoice to_choice(std::span<const RulePattern> patterns, StoredGroup stored) {
  EngineChoice choice{std::move(stored.engines), std::nullopt, std::nullopt};
  if (stored.regexes != nullptr) {
    choice.regexes.emplace(std::move(stored.regexes), patterns_on(Engine::kExact, patterns, choice.engines));
  }
  if (stored.phrases != nullptr) {
    choice.phrases.emplace(std::move(stored.phrases), patterns_on(Engine::kPhrases, patterns, choice.engines));
  }
  return choice;
}

}  // namespace

std::unique_ptr<PatternGroup::Impl> PatternGroup::Impl::load(std::span<const RulePattern> patterns,
                                                             const GroupOptions& options, std::string& distrust) {
  if (options.cache_directory.empty()) {
    return nullptr;
  }
  const GroupStore store(options.cache_directory);
  for (const Platform platform : {options.platform, Platform::kPortable}) {
    auto stored = store.load(group_key(patterns, platform));
    if (!stored) {
      distrust = stored.error().to_string();
    } else if (*stored && !fits(patterns, **stored)) {
      distrust = store.path_of(group_key(patterns, platform)) + ": does not fit its patterns";
    } else if (*stored) {
      auto impl = assemble(patterns, to_choice(patterns, std::move(**stored)), options);
      if (impl) {
        (*impl)->contents.loaded = true;
        return std::move(*impl);
      }
    }
  }
  return nullptr;
}

void PatternGroup::Impl::store(std::span<const RulePattern> patterns, const std::vector<Engine>& engines,
                               const GroupOptions& options) {
  const GroupStore store(options.cache_directory);
  const auto saved = store.save(group_key(patterns, options.platform), engines, regexes ? regexes->database() : nullptr,
                                phrases ? phrases->database() : nullptr);
  if (!saved) {
    contents.cache_error = saved.error().to_string();
  }
}

config::Result<void> PatternGroup::Impl::add_single(const RulePattern& pattern, const GroupOptions& options) {
  auto regex = RuleRegex::compile(pattern.expression, {.match_limit = options.match_limit});
  if (!regex) {
    return config::Error{regex.error().what, pattern.name};
  }
  singles.push_back({pattern.id, std::move(*regex)});
  return {};
}

config::CheckedResult<std::unique_ptr<PatternGroup::Impl>> PatternGroup::Impl::assemble(
    std::span<const RulePattern> patterns, EngineChoice choice, const GroupOptions& options) {
  auto impl = std::make_unique<Impl>();
  if (!choice.phrases) {
    auto phrases = ExactSet::of_phrases(patterns_on(Engine::kPhrases, patterns, choice.engines), options.platform);
    if (!phrases) {
      return config::Errors{phrases.error()};
    }
    choice.phrases = std::move(*phrases);
  }
  impl->regexes = std::move(choice.regexes);
  impl->phrases = std::move(choice.phrases);
  PatternList singles = patterns_on(Engine::kSingle, patterns, choice.engines);
  impl->linear = LinearSet::compile(patterns_on(Engine::kLinear, patterns, choice.engines), singles, probe_values(),
                                    options.match_limit);
  impl->joins = all_join(patterns, choice.engines, singles);
  config::Errors errors;
  for (const RulePattern* pattern : singles) {
    if (auto added = impl->add_single(*pattern, options); !added) {
      errors.push_back(added.error());
    }
  }
  if (!errors.empty()) {
    return errors;
  }
  impl->count(patterns);
  return impl;
}

void PatternGroup::Impl::count(std::span<const RulePattern> patterns) {
  std::size_t regex_count = 0;
  for (const RulePattern& pattern : patterns) {
    id_bound = std::max(id_bound, std::size_t{pattern.id} + 1);
    regex_count += pattern.kind == RulePattern::Kind::kRegex ? 1 : 0;
    contents.phrases += pattern.phrases.size();
  }
  contents.linear = linear ? linear->size() : 0;
  contents.single = singles.size();
  contents.exact = regex_count - contents.linear - contents.single;
  contents.database_bytes = (regexes ? regexes->bytes() : 0) + (phrases ? phrases->bytes() : 0);
}

PatternGroup::PatternGroup(std::unique_ptr<const Impl> impl) noexcept : impl_(std::move(impl)) {}
PatternGroup::PatternGroup(PatternGroup&&) noexcept = default;
PatternGroup& PatternGroup::operator=(PatternGroup&&) noexcept = default;
PatternGroup::~PatternGroup() = default;

config::CheckedResult<PatternGroup> PatternGroup::compile(std::span<const RulePattern> patterns,
                                                          const GroupOptions& options) {
  std::string distrust;
  if (auto loaded = Impl::load(patterns, options, distrust)) {
    return PatternGroup(std::move(loaded));
  }
  auto choice = choose_engines(patterns, options);
  if (!choice) {
    return choice.error();
  }
  const std::vector<Engine> engines = choice->engines;
  auto impl = Impl::assemble(patterns, std::move(*choice), options);
  if (!impl) {
    return impl.error();
  }
  (*impl)->contents.cache_error = std::move(distrust);
  if (!options.cache_directory.empty()) {
    (*impl)->store(patterns, engines, options);
  }
  return PatternGroup(std::move(*impl));
}

config::CheckedResult<PatternGroup> PatternGroup::compile_fast(std::span<const RulePattern> patterns,
                                                               const GroupOptions& options) {
  auto choice = choose_quickly(patterns);
  if (!choice) {
    return choice.error();
  }
  auto impl = Impl::assemble(patterns, std::move(*choice), options);
  if (!impl) {
    return impl.error();
  }
  return PatternGroup(std::move(*impl));
}

std::optional<PatternGroup> PatternGroup::load(std::span<const RulePattern> patterns, const GroupOptions& options) {
  std::string distrust;
  if (auto impl = Impl::load(patterns, options, distrust)) {
    return PatternGroup(std::move(impl));
  }
  return std::nullopt;
}

config::Result<void> PatternGroup::prepare(Scratch& scratch) const {
  for (const auto* set : {&impl_->regexes, &impl_->phrases}) {
    if (*set) {
      if (auto prepared = (*set)->prepare(scratch); !prepared) {
        return prepared;
      }
    }
  }
  return {};
}

void PatternGroup::scan(std::string_view value, Scratch& scratch, HitSet& hits) const noexcept {
  scan_lines(value, scratch, hits);
  scan_rest(value, scratch, hits);
}

bool PatternGroup::can_scan_lines() const noexcept {
  return impl_->joins;
}

void PatternGroup::scan_lines(std::string_view lines, Scratch& scratch, HitSet& hits) const noexcept {
  hits.fit(impl_->id_bound);
  if (impl_->regexes) {
    impl_->regexes->scan(lines, scratch, hits);
  }
  if (impl_->phrases) {
    impl_->phrases->scan(lines, scratch, hits);
  }
  if (impl_->linear) {
    impl_->linear->scan(lines, scratch, hits);
  }
}

bool PatternGroup::has_rest() const noexcept {
  return !impl_->singles.empty();
}

void PatternGroup::scan_rest(std::string_view value, Scratch& scratch, HitSet& hits) const noexcept {
  hits.fit(impl_->id_bound);
  for (const Impl::Single& single : impl_->singles) {
    note(single.regex.match(value, scratch), single.id, hits);
  }
}

std::size_t PatternGroup::id_bound() const noexcept {
  return impl_->id_bound;
}
const GroupContents& PatternGroup::contents() const noexcept {
  return impl_->contents;
}

}  // namespace gabion::inspect::match
