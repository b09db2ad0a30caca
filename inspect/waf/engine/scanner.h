// Runs a plan's scans over a transaction's values, to learn which rules of a phase may match.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/match/rules/hit_set.h"
#include "inspect/waf/engine/state.h"
#include "inspect/waf/plan/scan_plan.h"

namespace gabion::inspect::waf::engine {

/// One worker's memory for scans; belongs to a transaction.
class Scanner {
 public:
  /// The rules of the phase that are to be tried: those tried always and those with a hit. Valid until the next call.
  [[nodiscard]] const plan::RuleBits& scan(State& state, const plan::ScanPlan& scans, unsigned phase);

 private:
  void scan_field(const State& state, const plan::ScanField& field);
  void scan_headers(const State& state, const plan::ScanPhase& phase, Variable variable, std::size_t lane);
  void scan_value(const plan::ScanField& field, std::string_view value);
  void scan_text(const plan::ScanField& field, std::string_view text, std::uint64_t nodes);
  void walk(const plan::ScanField& field, std::string_view value);
  void walk_always(const plan::ScanField& field, std::string_view value);
  [[nodiscard]] std::uint8_t transform(std::uint8_t from, seclang::Transformation transformation);
  void begin_strings(std::string_view value);
  [[nodiscard]] std::string& next_buffer();

  /// A distinct byte string some nodes have.
  struct Text {
    std::string_view bytes;
    std::uint32_t classes = 0;
    std::uint64_t nodes = 0;
  };

  const plan::ScanPlan* scans_ = nullptr;
  Scratch* scratch_ = nullptr;
  match::HitSet hits_;
  plan::RuleBits rules_;
  std::vector<Text> texts_;
  std::vector<std::string> buffers_;  ///< behind texts_[1…]
  std::size_t used_buffers_ = 0;
};

}  // namespace gabion::inspect::waf::engine
