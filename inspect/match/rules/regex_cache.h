// Regular expressions whose text is known only at run time (macros expanded), compiled once and kept within a bound.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "inspect/match/rules/rule_regex.h"

namespace gabion::inspect::match {

/// Belongs to one worker. The one longest unused leaves first. Texts that do not compile are remembered too.
class RegexCache {
 public:
  static constexpr std::size_t kDefaultCapacity = 64;
  static constexpr std::size_t kMostBytes = 64 * 1024;  ///< of one expanded text; a longer one is undecided

  explicit RegexCache(RegexOptions options = {}, std::size_t capacity = kDefaultCapacity)
      : options_(options), capacity_(capacity) {}

  /// Compiles `pattern` unless it is here; kUndecided also for one that does not compile.
  [[nodiscard]] RegexVerdict match(std::string_view pattern, std::string_view value, Scratch& scratch,
                                   Captures& captures);
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string pattern;
    std::optional<RuleRegex> regex;
  };
  [[nodiscard]] const Entry& find_or_compile(std::string_view pattern);

  RegexOptions options_;
  std::size_t capacity_;
  std::list<Entry> entries_;                                                ///< latest use first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  ///< keys view the entries
};

}  // namespace gabion::inspect::match
