// The types one policy looks for, compiled: what the scanner asks for every candidate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "inspect/dlp/match.h"
#include "inspect/scratch.h"

namespace gabion::inspect::dlp {

/// A pattern of the user's own (dlp.md §10), in Hyperscan's syntax.
struct CustomType {
  std::string name;
  std::string pattern;
  std::string validator;            ///< "", "none", a name of checks.h, or "entropy>=3.5"
  std::vector<std::string> cues;    ///< words before or behind; in names of fields too
  std::vector<std::string> fields;  ///< words in names of fields only
  enum class Cue : std::uint8_t { kHelps, kRequired } cue = Cue::kHelps;
  std::vector<std::string> ignore;  ///< values that are none
  std::vector<std::string> match;   ///< examples: REQUIRED, checked at compile()
  std::vector<std::string> no_match;
  std::string where;  ///< for errors
};

struct Selection {
  /// Read from left to right: a set ("default", "pci", "gdpr", "hipaa", "secrets", "all"), a type's name, or either
  /// with '+' or '-' before it. Empty: "default".
  std::vector<std::string> entities;
  std::vector<std::string> places;  ///< of the entities, for errors; may have fewer
  std::vector<CustomType> custom;
  std::uint8_t min_score = 0;  ///< hundredths: less certain matches are not reported
};

/// Immutable, shared by all workers.
class TypeSet {
 public:
  static constexpr std::size_t kMaxCustom = 256;
  static constexpr std::size_t kMaxPatternBytes = 1024;
  static constexpr std::size_t kMinMatchBytes = 4;
  /// Most memory one Scanner may hold, its stream included; a set that needs more is refused.
  static constexpr std::size_t kMaxScannerBytes = 4096;

  /// Takes milliseconds to seconds: never on a worker. Every error: unknown names, patterns that are refused, examples
  /// that fail.
  [[nodiscard]] static config::CheckedResult<TypeSet> compile(const Selection& selection);
  TypeSet(TypeSet&&) noexcept;
  TypeSet& operator=(TypeSet&&) noexcept;
  ~TypeSet();

  /// REQUIRED once for each scratch before a Scanner of this set uses it.
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const;

  /// Types there are indexes for: the whole catalogue, then the custom ones.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::string_view name(TypeIndex type) const noexcept;
  [[nodiscard]] std::optional<TypeIndex> find(std::string_view name) const noexcept;
  /// Whether the set looks for it.
  [[nodiscard]] bool is_selected(TypeIndex type) const noexcept;

  /// Bytes one Scanner holds, its stream included.
  [[nodiscard]] std::size_t scanner_bytes() const noexcept;

  struct Tables;
  /// For the scanner.
  [[nodiscard]] const Tables& tables() const noexcept { return *tables_; }
  /// For what is kept beside a set as long as it lives.
  [[nodiscard]] const std::shared_ptr<const Tables>& shared_tables() const noexcept { return tables_; }

 private:
  explicit TypeSet(std::shared_ptr<const Tables> tables) noexcept;
  std::shared_ptr<const Tables> tables_;
};

}  // namespace gabion::inspect::dlp
