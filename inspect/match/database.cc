// One compile call, one callback, one translation of errors for all pattern sets.
#include "inspect/match/database.h"

#include <string>
#include <vector>

#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::match {

config::Result<Database> compile_database(std::span<const Pattern> patterns, unsigned mode) {
  return compile_database(patterns, mode, HS_FLAG_CASELESS | HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH,
                          MatchList::kCapacity);
}

config::Result<Database> compile_database(std::span<const Pattern> patterns, unsigned mode, unsigned flags_of_each,
                                          std::size_t most) {
  if (patterns.empty() || patterns.size() > most) {
    return config::Error{"a pattern set holds between 1 and " + std::to_string(most) + " patterns", ""};
  }
  std::vector<const char*> expressions;
  std::vector<unsigned> flags(patterns.size(), flags_of_each);
  std::vector<unsigned> ids;
  for (const Pattern& pattern : patterns) {
    ids.push_back(static_cast<unsigned>(expressions.size()));
    expressions.push_back(pattern.expression);
  }
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  const hs_error_t status = hs_compile_multi(expressions.data(), flags.data(), ids.data(),
                                             static_cast<unsigned>(ids.size()), mode, nullptr, &database, &error);
  if (status == HS_SUCCESS) {
    return Database(database);
  }
  config::Error reason{error != nullptr ? error->message : "no memory for the pattern database", ""};
  if (error != nullptr && error->expression >= 0) {
    reason.where = patterns[static_cast<std::size_t>(error->expression)].name;
  }
  hs_free_compile_error(error);
  return reason;
}

config::Result<void> grow_scratch(const hs_database_t* database, Scratch& scratch) {
  if (hs_alloc_scratch(database, &scratch.impl().engine) != HS_SUCCESS) {
    return config::Error{"no memory for the scan space of the pattern engine", ""};
  }
  return {};
}

int collect_match(unsigned id, unsigned long long /*from*/, unsigned long long to, unsigned /*flags*/, void* matches) {
  auto& list = *static_cast<MatchList*>(matches);
  list.add({id, to});
  return 0;
}

ScanStatus to_status(hs_error_t error) noexcept {
  return error == HS_SUCCESS ? ScanStatus::kDone : ScanStatus::kFailed;
}

}  // namespace gabion::inspect::match
