// Compiles what Hyperscan takes, one refusal at a time, and scans in block mode.
#include "inspect/match/rules/exact_set.h"

#include <limits>
#include <span>
#include <utility>

#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::match {

namespace {

struct CompileErrorDeleter {
  void operator()(hs_compile_error_t* error) const noexcept { hs_free_compile_error(error); }
};
using CompileError = std::unique_ptr<hs_compile_error_t, CompileErrorDeleter>;

const hs_platform_info_t* platform_of(Platform platform) noexcept {
  static constexpr hs_platform_info_t kPortable{HS_TUNE_FAMILY_GENERIC, 0, 0, 0};
  return platform == Platform::kPortable ? &kPortable : nullptr;
}

/// Hyperscan reads C strings, and some verbs in front that PCRE2 reads otherwise.
bool can_ask_hyperscan(const RulePattern& pattern) noexcept {
  return pattern.expression.find('\0') == std::string::npos && !pattern.expression.starts_with("(*");
}

Database compile_all(const PatternList& patterns, Platform platform, CompileError& error) {
  std::vector<const char*> expressions;
  std::vector<unsigned> ids;
  for (const RulePattern* pattern : patterns) {
    ids.push_back(static_cast<unsigned>(expressions.size()));
    expressions.push_back(pattern->expression.c_str());
  }
  const std::vector<unsigned> flags(patterns.size(), HS_FLAG_DOTALL | HS_FLAG_MULTILINE | HS_FLAG_SINGLEMATCH);
  hs_database_t* database = nullptr;
  hs_compile_error_t* reason = nullptr;
  hs_compile_multi(expressions.data(), flags.data(), ids.data(), static_cast<unsigned>(ids.size()), HS_MODE_BLOCK,
                   platform_of(platform), &database, &reason);
  error.reset(reason);
  return Database(database);
}

struct Scan {
  std::span<const std::uint32_t> ids;
  HitSet& hits;
};

int set_hit(unsigned index, unsigned long long /*from*/, unsigned long long /*to*/, unsigned /*flags*/, void* scan) {
  const auto& [ids, hits] = *static_cast<Scan*>(scan);
  hits.set(ids[index]);
  return 0;
}

}  // namespace

std::optional<ExactSet> ExactSet::of_regexes(PatternList& patterns, PatternList& refused, Platform platform) {
  std::erase_if(patterns, [&refused](const RulePattern* pattern) {
    if (!can_ask_hyperscan(*pattern)) {
      refused.push_back(pattern);
      return true;
    }
    return false;
  });
  while (!patterns.empty()) {
    CompileError error;
    if (Database database = compile_all(patterns, platform, error)) {
      return ExactSet(std::move(database), patterns);
    }
    if (error == nullptr || error->expression < 0) {  // the machine or the whole, not one of them
      refused.insert(refused.end(), patterns.begin(), patterns.end());
      patterns.clear();
      break;
    }
    const auto at = patterns.begin() + error->expression;
    refused.push_back(*at);
    patterns.erase(at);
  }
  return std::nullopt;
}

config::Result<std::optional<ExactSet>> ExactSet::of_phrases(const PatternList& patterns, Platform platform) {
  std::vector<const char*> phrases;
  std::vector<std::size_t> lengths;
  std::vector<unsigned> ids;
  for (const RulePattern* pattern : patterns) {
    for (const std::string& phrase : pattern->phrases) {
      ids.push_back(static_cast<unsigned>(phrases.size()));  // not the pattern's: shared ones take 14 times as long
      phrases.push_back(phrase.c_str());
      lengths.push_back(phrase.size());
    }
  }
  if (phrases.empty()) {
    return std::optional<ExactSet>();
  }
  const std::vector<unsigned> flags(phrases.size(), HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH);
  hs_database_t* database = nullptr;
  hs_compile_error_t* reason = nullptr;
  hs_compile_lit_multi(phrases.data(), flags.data(), ids.data(), lengths.data(), static_cast<unsigned>(ids.size()),
                       HS_MODE_BLOCK, platform_of(platform), &database, &reason);
  const CompileError error(reason);
  if (database == nullptr) {
    return config::Error{error != nullptr ? error->message : "no memory for the phrases", ""};
  }
  return std::optional<ExactSet>(ExactSet(Database(database), patterns));
}

ExactSet::ExactSet(Database database, const PatternList& patterns) : database_(std::move(database)) {
  for (const RulePattern* pattern : patterns) {
    const bool is_regex = pattern->kind == RulePattern::Kind::kRegex;
    ids_.insert(ids_.end(), is_regex ? 1 : pattern->phrases.size(), pattern->id);
  }
}

void ExactSet::scan(std::string_view value, Scratch& scratch, HitSet& hits) const noexcept {
  hs_error_t status = HS_INVALID;
  Scan scan{ids_, hits};
  if (value.size() <= std::numeric_limits<unsigned>::max()) {
    status = hs_scan(database_.get(), value.empty() ? "" : value.data(), static_cast<unsigned>(value.size()), 0,
                     scratch.impl().engine, set_hit, &scan);
  }
  if (status != HS_SUCCESS) {
    for (const std::uint32_t id : ids_) {
      if (!hits.test(id)) {
        hits.set_undecided(id);
      }
    }
  }
}

std::size_t ExactSet::bytes() const noexcept {
  std::size_t bytes = 0;
  return hs_database_size(database_.get(), &bytes) == HS_SUCCESS ? bytes : 0;
}

}  // namespace gabion::inspect::match
