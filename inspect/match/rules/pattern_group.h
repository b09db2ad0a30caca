// Many patterns of many rules over one value in a few passes: a bit for each that matches.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "config/result.h"
#include "inspect/match/rules/group_options.h"
#include "inspect/match/rules/hit_set.h"
#include "inspect/match/rules/rule_pattern.h"
#include "inspect/scratch.h"

namespace gabion::inspect::match {

/// Immutable, shared by all workers. Each regular expression is on the fastest engine that judges it as PCRE2 does:
/// Hyperscan, else RE2, else PCRE2 itself. How a group was made changes its speed, never its hits.
class PatternGroup {
 public:
  /// From the cache if it can, else compiled (up to many seconds of a processor, so never on a worker) and stored.
  /// Errors: what PCRE2 does not take, empty phrases, ids given twice; `where` is the name of the pattern.
  [[nodiscard]] static config::CheckedResult<PatternGroup> compile(std::span<const RulePattern> patterns,
                                                                   const GroupOptions& options = {});
  /// Ready in milliseconds, some ten times slower to scan: regular expressions on PCRE2 only. To serve with while
  /// compile() runs on another thread.
  [[nodiscard]] static config::CheckedResult<PatternGroup> compile_fast(std::span<const RulePattern> patterns,
                                                                        const GroupOptions& options = {});
  /// What compile() stored for the same patterns, milliseconds. nullopt: nothing that can be trusted.
  [[nodiscard]] static std::optional<PatternGroup> load(std::span<const RulePattern> patterns,
                                                        const GroupOptions& options);

  PatternGroup(PatternGroup&&) noexcept;
  PatternGroup& operator=(PatternGroup&&) noexcept;
  ~PatternGroup();

  /// REQUIRED once for each scratch before scan().
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const;

  /// Adds to `hits`: set() for each pattern found anywhere in `value`, set_undecided() where its engine gave up.
  /// Allocates while `hits` and `scratch` are new, later only inside RE2, which is bounded (LinearSet).
  void scan(std::string_view value, Scratch& scratch, HitSet& hits) const noexcept;

  /// Whether scan_lines() may be used.
  [[nodiscard]] bool can_scan_lines() const noexcept;
  /// Several values at once, each a line of `lines`: adds to `hits` at least what scan() would add for one of them, all
  /// but scan_rest(). Who was meant is for scan() to tell. REQUIRES can_scan_lines(), and that no line is empty: behind
  /// the last line feed no line begins.
  void scan_lines(std::string_view lines, Scratch& scratch, HitSet& hits) const noexcept;
  /// Of scan() what scan_lines() leaves out, for one value; nothing where !has_rest().
  void scan_rest(std::string_view value, Scratch& scratch, HitSet& hits) const noexcept;
  [[nodiscard]] bool has_rest() const noexcept;

  /// All ids of the group are below this.
  [[nodiscard]] std::size_t id_bound() const noexcept;
  [[nodiscard]] const GroupContents& contents() const noexcept;

 private:
  struct Impl;
  explicit PatternGroup(std::unique_ptr<const Impl> impl) noexcept;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gabion::inspect::match
