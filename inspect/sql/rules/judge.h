// Whether a text of SQL may pass, by the rules of who sends it: the one question a session asks of each statement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/result.h"
#include "inspect/sql/facts.h"
#include "inspect/sql/parse.h"
#include "inspect/sql/rules/evaluate.h"
#include "inspect/sql/rules/keyed_digest.h"
#include "inspect/sql/rules/reason.h"
#include "inspect/sql/rules/sql_rules.h"
#include "inspect/sql/rules/text_shape.h"
#include "inspect/sql/rules/verdict_cache.h"

namespace gabion::inspect::sql {

/// Views live until the next judge() and as long as the subject.
struct SqlVerdict {
  bool allow = false;  ///< by the Enforce policies: this is applied
  SqlReason reason = SqlReason::kUnknownNode;
  std::string_view object;  ///< what was refused, never a literal
  std::string_view rule;    ///< "namespace/policy/rule" that refused or allows; empty: none did

  bool dry_run_differs = false;  ///< with DryRun policies the answer would be another
  SqlReason dry_run_reason = SqlReason::kAllowed;
  std::string_view dry_run_object;
  std::string_view dry_run_rule;

  std::uint64_t rows = 0;   ///< most rows of each result; 0: no limit
  std::uint64_t bytes = 0;  ///< most bytes of each result; 0: no limit
  bool looks_injected = false;
  std::string_view unlearnt;  ///< fingerprint of a statement that passes and that a rule in mode Learn does not list
  std::string_view unlearnt_rule;
  /// What is to become of structure that came with a request: depends on what is in flight, so the session asks.
  config::kube::SqlTaint taint = config::kube::SqlTaint::kLog;
  std::string_view taint_rule;
  config::kube::SqlTaint dry_run_taint = config::kube::SqlTaint::kOff;  ///< with DryRun policies, where some apply
  std::string_view dry_run_taint_rule;
  std::span<const std::string> masks;  ///< columns to cover, as the policy writes them
  const Facts* facts = nullptr;        ///< never null; what the session replays and audit tells, also on a cache hit

  [[nodiscard]] bool dry_run_allows() const noexcept { return dry_run_differs ? !allow : allow; }
};

/// A text that was read elsewhere, by any Parser.
struct ReadText {
  Digest name;  ///< SqlJudge::name_of() of the judge that is to use it
  Facts facts;
};

/// One a worker thread, made by it, for as long as the process lives (see Parser).
class SqlJudge {
 public:
  static constexpr std::size_t kCacheBytes = 16U << 20;

  /// Errors: see Parser::make().
  [[nodiscard]] static config::Result<SqlJudge> make(std::size_t cache_bytes = kCacheBytes);

  /// What may not be parsed or is longer than a rule allows is refused whatever rules say: there is no fail-open.
  /// `read`: used where it is of this text and needed, and then empty.
  [[nodiscard]] SqlVerdict judge(std::string_view text, const SqlSubject& subject, ReadText* read = nullptr);

  [[nodiscard]] Digest name_of(std::string_view text) const noexcept { return digest_(text); }
  /// judge() need not read the text that has this name.
  [[nodiscard]] bool knows(const Digest& name) noexcept { return cache_.find(name) != nullptr; }

  [[nodiscard]] const CacheCounts& cache_counts() const noexcept { return cache_.counts(); }
  [[nodiscard]] std::uint64_t parses() const noexcept { return parses_; }
  [[nodiscard]] std::uint64_t fingerprints_made() const noexcept { return evaluator_.fingerprints_made(); }

 private:
  SqlJudge(Parser parser, std::size_t cache_bytes);

  /// What the cache may know a text by.
  struct Names {
    std::optional<Digest> of_shape;  ///< that of others, too
    Digest of_text;                  ///< made where the shape is not known
  };
  [[nodiscard]] VerdictCache::Entry* find(std::string_view text, Names& names);
  [[nodiscard]] SqlVerdict judge_known(VerdictCache::Entry& known, std::string_view text, const SqlSubject& subject);
  [[nodiscard]] Judged rule(const Facts& facts, std::string_view text, const SqlSubject& subject);

  Parser parser_;
  TextShape shape_;
  KeyedDigest shape_digest_;
  Evaluator evaluator_;
  KeyedDigest digest_;
  VerdictCache cache_;
  Facts facts_;
  Judged judged_;
  std::uint64_t parses_ = 0;
};

/// "reason" or "reason: object".
[[nodiscard]] std::string describe(SqlReason reason, std::string_view object);

}  // namespace gabion::inspect::sql
