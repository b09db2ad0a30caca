// Many patterns over one complete value: which of them match.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "config/result.h"
#include "inspect/match/pattern.h"
#include "inspect/scratch.h"

namespace gabion::inspect::match {

/// Immutable, shared by all workers. Scanning allocates nothing.
class PatternSet {
 public:
  /// Takes milliseconds to seconds: never on a worker. Errors: a pattern that does not compile, `where` is its name.
  [[nodiscard]] static config::Result<PatternSet> compile(std::span<const Pattern> patterns);
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;
  ~PatternSet();

  /// REQUIRED once for each scratch before scan().
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const;

  /// Adds the matches in `value` (at most 4 GiB - 1) to `matches`, by end offset.
  [[nodiscard]] ScanStatus scan(std::string_view value, Scratch& scratch, MatchList& matches) const noexcept;

 private:
  struct Impl;
  explicit PatternSet(std::unique_ptr<const Impl> impl) noexcept;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gabion::inspect::match
