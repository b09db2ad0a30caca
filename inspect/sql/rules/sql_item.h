// One `sql` item of an L7 rule, compiled: what it covers when it allows and what it meets when it denies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/kube/objects.h"
#include "inspect/sql/facts.h"
#include "inspect/sql/fingerprint.h"
#include "inspect/sql/rules/catalog_names.h"
#include "inspect/sql/rules/name_pattern.h"

namespace gabion::inspect::sql {

/// Which names an item without a list means: an Allow those that can do no harm, a Deny and a rule without items all.
enum class Unlisted : std::uint8_t { kHarmless, kAll };

/// The commands of `statements`.
class KindSet {
 public:
  /// A word of policy, or a kind as facts tell it.
  void add(std::string_view word);
  [[nodiscard]] bool empty() const noexcept { return words_.empty() && groups_ == 0; }
  [[nodiscard]] bool has(std::string_view kind, Group group) const noexcept;
  [[nodiscard]] bool has(Access access) const noexcept { return (accesses_ & bit(access)) != 0; }

 private:
  [[nodiscard]] static std::uint8_t bit(Access access) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(access));
  }
  std::vector<std::string> words_;
  std::uint8_t groups_ = 0;
  std::uint8_t accesses_ = 0;
};

struct MaskedColumn {
  ColumnPattern pattern;
  std::string text;  ///< as the policy writes it
};

/// Immutable once compiled. Every empty list is no condition.
struct SqlItem {
  std::vector<Segment> users;
  std::vector<Segment> databases;
  KindSet kinds;
  std::vector<NamePattern> tables;
  std::vector<ColumnPattern> columns;
  std::vector<NamePattern> functions;
  std::vector<std::string> settings;  ///< lower case
  Unlisted unlisted = Unlisted::kHarmless;
  bool everything = false;     ///< of a rule without items: whatever is not refused to all
  bool also_harmless = false;  ///< `functions` adds to the harmless ones and does not replace them
  bool where_for_update = false;
  bool where_for_delete = false;
  config::kube::SqlStacked stacked = config::kube::SqlStacked::kDeny;
  config::kube::SqlInjection injection = config::kube::SqlInjection::kLog;
  config::kube::SqlTaint taint = config::kube::SqlTaint::kLog;
  config::kube::SqlLimits limits;
  std::vector<MaskedColumn> masks;
  config::kube::SqlLostLineage lost_lineage = config::kube::SqlLostLineage::kDeny;
  config::kube::SqlFingerprints::Mode fingerprints = config::kube::SqlFingerprints::Mode::kOff;
  std::vector<Fingerprint> learnt;  ///< sorted

  [[nodiscard]] static SqlItem compile(const config::kube::SqlMatch& match, config::kube::RuleAction action);
  /// Of a rule without items.
  [[nodiscard]] static SqlItem for_everything();

  /// Empty: not known, not compared.
  [[nodiscard]] bool is_for(std::string_view user, std::string_view database) const noexcept;
  [[nodiscard]] bool has_kind(std::string_view kind, Group group) const noexcept {
    return kinds.empty() || kinds.has(kind, group);
  }
  /// Whether its words hold this access. Locks of rows and tables come with the right to write, as in GRANT.
  [[nodiscard]] bool has_access(Access access) const noexcept;
  /// An Allow means a table of the server itself only where it writes the schema's name.
  [[nodiscard]] bool allows_table(QualifiedName table, std::string_view default_schema) const noexcept;
  [[nodiscard]] bool denies_table(QualifiedName table, std::string_view default_schema) const noexcept;
  [[nodiscard]] bool has_column(QualifiedName table, std::string_view column,
                                std::string_view default_schema) const noexcept;
  [[nodiscard]] bool allows_function(QualifiedName function, std::string_view default_schema,
                                     const CatalogNames& catalog) const noexcept;
  [[nodiscard]] bool allows_setting(std::string_view name) const noexcept;
};

/// Adds what a preset stands for.
void add_preset(config::kube::SqlPreset preset, SqlItem& item);

}  // namespace gabion::inspect::sql
