// Compiles patterns with Hyperscan; shared by the block and the streaming set. Private to inspect/match.
#pragma once

#include <hs.h>

#include <memory>
#include <span>

#include "config/result.h"
#include "inspect/match/pattern.h"
#include "inspect/scratch.h"

namespace gabion::inspect::match {

struct DatabaseDeleter {
  void operator()(hs_database_t* database) const noexcept { hs_free_database(database); }
};
using Database = std::unique_ptr<hs_database_t, DatabaseDeleter>;

/// `mode` is HS_MODE_BLOCK or HS_MODE_STREAM. Errors name the pattern that does not compile; none and more than
/// MatchList::kCapacity are errors too.
[[nodiscard]] config::Result<Database> compile_database(std::span<const Pattern> patterns, unsigned mode);
/// With the flags given instead of those a Pattern promises, and as many patterns as `most`.
[[nodiscard]] config::Result<Database> compile_database(std::span<const Pattern> patterns, unsigned mode,
                                                        unsigned flags, std::size_t most);

/// Grows the scan space of `scratch` for `database`.
[[nodiscard]] config::Result<void> grow_scratch(const hs_database_t* database, Scratch& scratch);

/// Callback of every scan; `matches` is a MatchList.
int collect_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void* matches);

[[nodiscard]] ScanStatus to_status(hs_error_t error) noexcept;

}  // namespace gabion::inspect::match
