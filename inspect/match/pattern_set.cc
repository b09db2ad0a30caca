// Block mode of Hyperscan.
#include "inspect/match/pattern_set.h"

#include <limits>

#include "inspect/match/database.h"
#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::match {

struct PatternSet::Impl {
  Database database;
};

PatternSet::PatternSet(std::unique_ptr<const Impl> impl) noexcept : impl_(std::move(impl)) {}
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;
PatternSet::~PatternSet() = default;

config::Result<PatternSet> PatternSet::compile(std::span<const Pattern> patterns) {
  auto database = compile_database(patterns, HS_MODE_BLOCK);
  if (!database) {
    return database.error();
  }
  return PatternSet(std::make_unique<const Impl>(Impl{std::move(*database)}));
}

config::Result<void> PatternSet::prepare(Scratch& scratch) const {
  return grow_scratch(impl_->database.get(), scratch);
}

ScanStatus PatternSet::scan(std::string_view value, Scratch& scratch, MatchList& matches) const noexcept {
  if (value.empty()) {
    return ScanStatus::kDone;
  }
  if (value.size() > std::numeric_limits<unsigned>::max()) {
    return ScanStatus::kFailed;
  }
  return to_status(hs_scan(impl_->database.get(), value.data(), static_cast<unsigned>(value.size()), 0,
                           scratch.impl().engine, collect_match, &matches));
}

}  // namespace gabion::inspect::match
