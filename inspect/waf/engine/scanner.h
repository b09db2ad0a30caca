// Runs a plan's scans over a transaction's values, to learn which rules of a phase may match.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "inspect/match/rules/hit_set.h"
#include "inspect/waf/engine/line_batch.h"
#include "inspect/waf/engine/scan_memo.h"
#include "inspect/waf/engine/state.h"
#include "inspect/waf/engine/value_texts.h"
#include "inspect/waf/plan/scan_plan.h"

namespace gabion::inspect::waf::engine {

/// Belongs to one worker: a scan is over before the next begins.
class Scanner {
 public:
  /// The rules of the phase that are to be tried: those tried always and those with a hit. Valid until the next call.
  /// Where is_exhausted() afterwards some are missing.
  [[nodiscard]] const plan::RuleBits& scan(State& state, const plan::ScanPlan& scans, unsigned phase);

 private:
  /// kRepeated: the value comes again in other exchanges and may be remembered.
  enum class Kind : std::uint8_t { kPassing, kRepeated };

  void scan_source(const plan::ScanSource& source);
  void scan_list(const plan::ScanSource& source, Shape shape);
  void scan_headers(Variable variable);
  void scan_value(const plan::ScanSource& source, std::string_view value, Kind kind);
  template <class Scan>
  void each_scanned_text(const plan::ScanSource& source, std::string_view value, Scan&& scan);
  void note_empty(const plan::ScanSource& source);
  void learn(const plan::ScanSource& source, std::string_view value);
  void run_probes(const plan::ScanField& field, const ValueTexts::Text& text);
  void note(plan::Index rule);
  [[nodiscard]] bool is_scanned(const plan::ScanField& field, const ValueTexts::Text& text);
  void gather(const plan::ScanField& field, std::string_view text, std::uint64_t nodes);
  void flush(plan::Index group);
  void flush_apart(plan::Index group, const LineBatch& batch);
  [[nodiscard]] bool asks_for_hit(const LineBatch::Item& item) const;
  void look(const plan::ScanField& field, std::string_view text, std::uint64_t nodes);
  void take_hits(const plan::ScanField& field, std::uint64_t nodes);

  const plan::ScanPlan* scans_ = nullptr;
  const plan::ScanPhase* phase_ = nullptr;
  State* state_ = nullptr;
  ScanMemo* memo_ = nullptr;
  ValueTexts texts_;
  match::HitSet hits_;
  plan::RuleBits rules_;
  std::vector<LineBatch> batches_;         ///< by group
  std::vector<plan::Index> filled_;        ///< groups whose batch is not empty
  std::vector<std::uint32_t> candidates_;  ///< patterns that some text of the batch in work may have met
  std::vector<plan::Index> learned_;       ///< rules that the value in work may match
  bool is_learning_ = false;
  bool is_certain_ = false;  ///< no engine gave up on the value in work
};

}  // namespace gabion::inspect::waf::engine
