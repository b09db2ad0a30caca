// What judging a text takes at most, told before it is judged: facts times patterns, bounded whatever is sent.
#pragma once

#include <cstddef>
#include <cstdint>

#include "inspect/sql/facts.h"
#include "inspect/sql/rules/sql_rules.h"

namespace gabion::inspect::sql {

/// Comparisons of a name with a pattern that one text may cost: some tens of milliseconds.
inline constexpr std::uint64_t kMostComparisons = 1U << 22;
/// Of one statement, as each of the second may be of each of the first.
inline constexpr std::size_t kMostRelations = 10'000;
inline constexpr std::size_t kMostUnknownColumns = 1'000;

/// False: the text is refused as too deep, unjudged. Without an item in the view nothing is compared.
[[nodiscard]] bool can_be_judged(const Facts& facts, const SqlSubject& subject, const SqlSubject::View& view) noexcept;

}  // namespace gabion::inspect::sql
