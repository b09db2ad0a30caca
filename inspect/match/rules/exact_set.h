// Patterns on Hyperscan, found exactly and all in one pass: regular expressions or phrases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "inspect/match/database.h"
#include "inspect/match/rules/group_options.h"
#include "inspect/match/rules/hit_set.h"
#include "inspect/match/rules/rule_pattern.h"
#include "inspect/scratch.h"

namespace gabion::inspect::match {

using PatternList = std::vector<const RulePattern*>;

/// Immutable, shared by all workers. Private to inspect/match.
class ExactSet {
 public:
  /// Of regular expressions. Hyperscan does not take every one: those it refuses go from `patterns` to `refused`.
  /// nullopt: none is left.
  [[nodiscard]] static std::optional<ExactSet> of_regexes(PatternList& patterns, PatternList& refused,
                                                          Platform platform);
  /// Of phrases. nullopt without an error: no pattern has a phrase.
  [[nodiscard]] static config::Result<std::optional<ExactSet>> of_phrases(const PatternList& patterns,
                                                                          Platform platform);

  /// `patterns` are those in `database`, which is not null.
  ExactSet(Database database, const PatternList& patterns);

  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const { return grow_scratch(database_.get(), scratch); }
  /// REQUIRES prepare(scratch). Allocates nothing.
  void scan(std::string_view value, Scratch& scratch, HitSet& hits) const noexcept;

  [[nodiscard]] const hs_database_t* database() const noexcept { return database_.get(); }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  Database database_;
  std::vector<std::uint32_t> ids_;  ///< of the pattern behind each expression or phrase of the database, in order
};

}  // namespace gabion::inspect::match
