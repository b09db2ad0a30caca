// Least recently used leaves first.
#include "inspect/match/rules/regex_cache.h"

#include <utility>

namespace gabion::inspect::match {

RegexVerdict RegexCache::match(std::string_view pattern, std::string_view value, Scratch& scratch, Captures& captures) {
  if (pattern.size() > kMostBytes) {
    return RegexVerdict::kUndecided;
  }
  const Entry& entry = find_or_compile(pattern);
  return entry.regex ? entry.regex->match(value, scratch, captures) : RegexVerdict::kUndecided;
}

const RegexCache::Entry& RegexCache::find_or_compile(std::string_view pattern) {
  if (const auto found = index_.find(pattern); found != index_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front();
  }
  entries_.push_front({std::string(pattern), std::nullopt});
  index_.emplace(entries_.front().pattern, entries_.begin());
  if (auto compiled = RuleRegex::compile(pattern, options_)) {
    entries_.front().regex.emplace(std::move(*compiled));
  }
  if (entries_.size() > capacity_ && entries_.size() > 1) {
    index_.erase(entries_.back().pattern);
    entries_.pop_back();
  }
  return entries_.front();
}

}  // namespace gabion::inspect::match
