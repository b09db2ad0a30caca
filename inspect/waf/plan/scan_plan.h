// What is scanned ahead: the patterns of all rules of a phase, over each value once, to learn which rules may match.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/result.h"
#include "inspect/match/rules/pattern_group.h"
#include "inspect/waf/plan/plan.h"
#include "inspect/waf/plan/rule_bits.h"

namespace gabion::inspect::waf::plan {

/// One transformation behind another: a node of the trie of all chains a field's rules ask for. Node 0 is the value.
struct ScanStep {
  std::uint8_t parent = 0;
  seclang::Transformation transformation = seclang::Transformation::kLowercase;
};

/// A rule whose first link has this pattern, and at which nodes it looks for it.
struct ScanEntry {
  Index rule = 0;
  std::uint64_t nodes = 0;
};

/// A rule whose first link is_probe(), and at which nodes it looks.
struct ScanProbe {
  Index rule = 0;
  std::uint64_t nodes = 0;
};

/// Values that are judged alike: one variable, or the headers of one name, or all other headers.
struct ScanField {
  static constexpr std::size_t kMostNodes = 64;

  seclang::Variable variable = seclang::Variable::kArgs;
  std::uint8_t lane = 0;  ///< see lane_of()
  std::string name;       ///< REQUEST_HEADERS, RESPONSE_HEADERS: in lower case, empty = all others; XML: the XPath
  Index group = kNone;    ///< kNone: no patterns, only probes
  std::vector<ScanStep> steps;  ///< [0] is unused; parents come first
  /// Each transformation in `steps` that leaves some values alone; where none may change a value, its nodes are all it.
  std::vector<seclang::Transformation> sometimes;
  std::vector<std::uint8_t> always;  ///< nodes at or below a transformation that changes everything, parents first
  std::uint64_t plain_nodes = 1;     ///< nodes that are the value itself where `sometimes` leaves it alone
  std::vector<std::uint32_t>
      first_entry;  ///< by pattern id, one more than ids: entries[first_entry[id]] up to the next
  std::vector<ScanEntry> entries;
  std::vector<ScanProbe> probes;
  std::vector<Index> on_empty;  ///< rules an empty value may match
};

/// Chains whose texts rarely are those of the other chains have fields, and so groups, of their own: the few patterns
/// behind cmdLine need not be scanned again with all others because a letter was upper case.
inline constexpr std::size_t kLanes = 3;

/// The values of one variable, or of the headers of one name, or of all other headers: what each of them is looked at
/// by. A header that some field names is in no other source: its fields, in every lane, are all there are for it.
struct ScanSource {
  seclang::Variable variable = seclang::Variable::kArgs;
  std::string name;           ///< as ScanField::name
  std::uint32_t number = 0;   ///< no other source of the plan has it
  std::vector<Index> fields;  ///< of the phase
};

struct ScanPhase {
  RuleBits always;  ///< rules of the phase that are tried without a hit
  std::vector<ScanField> fields;
  std::vector<ScanSource> sources;
};

class ScanPlan {
 public:
  std::array<ScanPhase, kPhases> phases;
  std::vector<match::PatternGroup> groups;
  std::size_t patterns = 0;
  bool complete = true;  ///< false: some group is on the engines of Options::Databases::kQuick
  std::uint32_t source_count = 0;
};

/// Chooses what is scanned and compiles the groups. REQUIRES: the plan's rules are final.
[[nodiscard]] config::CheckedResult<std::unique_ptr<const ScanPlan>> make_scan_plan(const Plan& plan);

}  // namespace gabion::inspect::waf::plan
