// Whether a statement is one that was learnt: the list that only narrows what other rules allow.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "inspect/sql/facts.h"
#include "inspect/sql/fingerprint.h"
#include "inspect/sql/rules/sql_rules.h"

namespace gabion::inspect::sql {

/// Of a text that costs more to tell there is no fingerprint.
inline constexpr std::size_t kMostLearntBytes = 16 * 1024;

/// The fingerprint of a statement that it says enough of: see may_be_learnt(); a tree that the library hashes to its
/// leaves, and a text of at most kMostLearntBytes.
[[nodiscard]] std::optional<Fingerprint> learnable_fingerprint(std::string_view text, const Statement& facts);

/// Of the statements of one text, each made when it is first asked for: there may be several views that ask.
class LearntPrints {
 public:
  void begin_text() noexcept { of_.clear(); }
  /// Of the statement at `facts`, whose own text is `text`; neither moves until begin_text().
  [[nodiscard]] std::optional<Fingerprint> of(std::string_view text, const Statement& facts);
  [[nodiscard]] std::uint64_t made() const noexcept { return made_; }

 private:
  std::unordered_map<const Statement*, std::optional<Fingerprint>> of_;
  std::uint64_t made_ = 0;
};

/// A statement that nobody has learnt, where some rule asks.
struct Unlearnt {
  std::string object;  ///< its fingerprint; where it cannot have one that says enough, its kind
  SqlRules::Number rule = SqlRules::kNoRule;
  bool is_refused = false;  ///< an item that concerns it enforces
  bool is_told = false;     ///< … is in mode Learn
};

/// `text`: of the statement alone. `concerned`: by place in `allows`, whether its modes count. Nothing: no item asks,
/// one of those that ask lists it, or it does nothing that fingerprints are about (SET, EXECUTE, FETCH without queries
/// in them). Where an item that does not concern it enforces, it must be covered without that item: the caller sees to
/// it.
[[nodiscard]] std::optional<Unlearnt> find_unlearnt(const Statement& statement, std::string_view text,
                                                    const std::vector<SqlSubject::Applied>& allows,
                                                    const std::vector<unsigned char>& concerned, LearntPrints& prints);

}  // namespace gabion::inspect::sql
