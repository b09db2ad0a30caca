// A folder of compiled databases, so that a start takes milliseconds; only a file exactly as written is used.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "inspect/match/database.h"
#include "inspect/match/rules/engine_choice.h"
#include "inspect/match/rules/group_key.h"

namespace gabion::inspect::match {

/// What one file holds.
struct StoredGroup {
  std::vector<Engine> engines;
  Database regexes;  ///< null: none
  Database phrases;  ///< null: none
};

/// Reads and writes files: control threads only. Several at once may use one folder: files appear whole, by rename.
class GroupStore {
 public:
  static constexpr std::size_t kMostFileBytes = std::size_t{256} << 20U;
  static constexpr std::size_t kMostFiles = 128;  ///< after save(); the oldest leave
  static constexpr std::string_view kPrefix = "gabion-patterns-";

  /// Borrows nothing. The folder is made by the first save(), for its owner only.
  explicit GroupStore(std::string folder) : folder_(std::move(folder)) {}

  /// nullopt: no such file. Error: a file that may not be trusted (another owner, others may write), is damaged, or is
  /// of another version or processor; `where` is its path.
  [[nodiscard]] config::Result<std::optional<StoredGroup>> load(const Sha256::Digest& key) const;
  /// Mode 0600, and in place at once or not at all. Null databases are none.
  [[nodiscard]] config::Result<void> save(const Sha256::Digest& key, const std::vector<Engine>& engines,
                                          const hs_database_t* regexes, const hs_database_t* phrases) const;

  [[nodiscard]] std::string path_of(const Sha256::Digest& key) const;

 private:
  void forget_oldest() const noexcept;

  std::string folder_;
};

}  // namespace gabion::inspect::match
