// Fields in the making: what the rules of a phase look at, through which transformations; private to the compiler.
// compiler.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "inspect/waf/plan/scan_plan.h"

namespace gabion::inspect::waf::plan {

/// One field and the rules that look at it.
class FieldBuilder {
 public:
  FieldBuilder(seclang::Variable variable, std::string name, std::uint8_t lane);

  /// The nodes at which `link` looks for its pattern: the end of its chain, every step of it with multiMatch.
  /// 0: no room for more nodes.
  [[nodiscard]] std::uint64_t nodes_of(const Link& link, std::span<const seclang::Transformation> chain);
  void add(std::uint32_t pattern, Index rule, std::uint64_t nodes) { entries_[pattern].push_back({rule, nodes}); }

  void add_probe(Index rule, std::uint64_t nodes) { field_.probes.push_back({rule, nodes}); }

  [[nodiscard]] std::set<std::uint32_t> patterns() const;
  /// Of all patterns of the plan, since entries are found by id.
  [[nodiscard]] ScanField finish();
  [[nodiscard]] const ScanField& field() const noexcept { return field_; }

 private:
  void sort_steps();

  ScanField field_;
  std::map<std::uint32_t, std::vector<ScanEntry>> entries_;
};

/// Does the case of letters matter to a pattern?
using CaseRule = match::CaseRule;

/// The fields of one phase.
class FieldSet {
 public:
  /// Every rule of the phase, before the first add(): headers that some rule names get a field of their own.
  void note_headers(const Rule& rule);
  /// False: the rule cannot be scanned for, nothing was added.
  /// kWithoutCase: the pattern meets a text whatever the case of its letters, so a last t:lowercase is left out.
  [[nodiscard]] bool add(const Rule& rule, Index index, std::uint32_t pattern, CaseRule letters);
  /// The same for a rule whose first link is_probe().
  [[nodiscard]] bool add_probe(const Rule& rule, Index index);
  [[nodiscard]] std::vector<FieldBuilder> take() { return std::move(fields_); }

 private:
  using Key = std::tuple<seclang::Variable, std::string, std::uint8_t>;
  [[nodiscard]] std::vector<Key> keys_of(const Target& target, std::uint8_t lane) const;
  FieldBuilder& field(const Key& key);
  /// Where a rule is looked for: fields and their nodes. Empty: it cannot be.
  using Places = std::vector<std::pair<FieldBuilder*, std::uint64_t>>;
  [[nodiscard]] Places places_of(const Rule& rule, CaseRule letters);

  std::vector<FieldBuilder> fields_;
  std::map<Key, std::size_t> index_;
  std::map<seclang::Variable, std::set<std::string>> headers_;
};

}  // namespace gabion::inspect::waf::plan
