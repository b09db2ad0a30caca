// Asks RE2 whether anything matches, then what; PCRE2 has the last word where the two differ.
#include "inspect/match/rules/linear_set.h"

#include <re2/re2.h>

#include <exception>
#include <string>
#include <utility>

#include "inspect/match/rules/re2_dialect.h"
#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::match {

namespace {

re2::StringPiece piece_of(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

re2::RE2::Options options() {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_max_mem(LinearSet::kMaxMemoryBytes);
  options.set_log_errors(false);
  options.set_never_capture(true);
  return options;
}

/// Behind the line feed that ends a value RE2's ^ matches and PCRE2's does not: RE2 may find more there.
bool may_find_more(std::string_view value) noexcept {
  return value.ends_with('\n');
}

/// The expression for RE2; empty: PCRE2 must judge `pattern`.
std::string accepted(const RulePattern& pattern, const RuleRegex& regex, std::span<const std::string_view> probes) {
  const auto translated = to_re2(pattern.expression);
  if (!translated) {
    return {};
  }
  const re2::RE2 compiled(piece_of(*translated), options());
  if (!compiled.ok()) {
    return {};
  }
  Scratch scratch;
  for (const std::string_view probe : probes) {
    const bool found = re2::RE2::PartialMatch(piece_of(probe), compiled);
    const bool wanted = regex.match(probe, scratch) == RegexVerdict::kMatch;
    if (found != wanted && !(found && may_find_more(probe))) {
      return {};
    }
  }
  return *translated;
}

}  // namespace

void note(RegexVerdict verdict, std::uint32_t id, HitSet& hits) noexcept {
  switch (verdict) {
    case RegexVerdict::kMatch:
      hits.set(id);
      break;
    case RegexVerdict::kUndecided:
      hits.set_undecided(id);
      break;
    case RegexVerdict::kNoMatch:
      break;
  }
}

LinearSet::LinearSet(re2::RE2::Set set, std::vector<Member> members) noexcept
    : set_(std::move(set)), members_(std::move(members)) {}

std::optional<LinearSet> LinearSet::compile(const PatternList& patterns, PatternList& refused,
                                            std::span<const std::string_view> probes, std::uint32_t match_limit) {
  re2::RE2::Set set(options(), re2::RE2::UNANCHORED);
  std::vector<Member> members;
  PatternList taken;
  for (const RulePattern* pattern : patterns) {
    auto regex = RuleRegex::compile(pattern->expression, {.match_limit = match_limit});
    const std::string expression = regex ? accepted(*pattern, *regex, probes) : std::string();
    if (expression.empty() || set.Add(piece_of(expression), nullptr) < 0) {
      refused.push_back(pattern);
      continue;
    }
    members.push_back({pattern->id, std::move(*regex)});
    taken.push_back(pattern);
  }
  if (members.empty()) {
    return std::nullopt;
  }
  if (!set.Compile()) {
    refused.insert(refused.end(), taken.begin(), taken.end());
    return std::nullopt;
  }
  LinearSet built(std::move(set), std::move(members));
  for (const std::string_view probe : probes) {  // its first steps are its slowest: taken here, not by a request
    built.set_.Match(piece_of(probe), nullptr);
  }
  return built;
}

void LinearSet::scan(std::string_view value, Scratch& scratch, HitSet& hits) const noexcept {
  bool done = false;
  try {
    done = scan_with_re2(value, scratch, hits);
  } catch (const std::exception&) {  // no memory
  }
  if (!done) {
    for (const Member& member : members_) {
      note(member.regex.match(value, scratch), member.id, hits);
    }
  }
}

bool LinearSet::scan_with_re2(std::string_view value, Scratch& scratch, HitSet& hits) const {
  re2::RE2::Set::ErrorInfo error{};
  const re2::StringPiece text = piece_of(value);
  if (!set_.Match(text, nullptr, &error)) {  // without a list RE2 allocates nothing for the call
    return error.kind == re2::RE2::Set::kNoError;
  }
  std::vector<int>& found = scratch.impl().linear_hits;
  if (!set_.Match(text, &found, &error)) {
    return false;
  }
  for (const int index : found) {
    const Member& member = members_[static_cast<std::size_t>(index)];
    if (may_find_more(value)) {
      note(member.regex.match(value, scratch), member.id, hits);
    } else {
      hits.set(member.id);
    }
  }
  return true;
}

}  // namespace gabion::inspect::match
