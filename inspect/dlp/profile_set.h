// All profiles of sensitive values that one configuration needs, and what they keep from snapshot to snapshot.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/dlp_config.h"
#include "config/result.h"
#include "inspect/dlp/profile.h"

namespace gabion::inspect::dlp {

/// Plain values; copies share what they point to. The key stays while its file says the same, budgets while their
/// profile says the same, compiled types while nothing of the profile changed.
class ProfileSet {
 public:
  /// Compiles what `needed` names of `config` or of the built-in profiles. Never on a worker. Errors: a key that cannot
  /// be read or is too short, and every error of Profile::compile().
  [[nodiscard]] static config::CheckedResult<ProfileSet> compile(const config::DlpConfig& config,
                                                                 std::span<const std::string> needed,
                                                                 const ProfileSet* previous);

  /// Null: not among those that were needed.
  [[nodiscard]] std::shared_ptr<const Profile> find(std::string_view name) const noexcept;

 private:
  struct Kept {
    config::DlpProfile config;
    std::shared_ptr<Budget> budget;
    std::shared_ptr<const Profile> profile;
  };
  std::string key_file_;
  std::shared_ptr<const KeyedHash> hash_;
  std::vector<Kept> kept_;
};

}  // namespace gabion::inspect::dlp
