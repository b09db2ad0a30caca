// A folder of manifests that is read again and again: what is known to be as it was is not read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/kube/objects.h"
#include "config/kube/parse.h"
#include "config/result.h"

namespace gabion::config::policy {

/// Pods that are different since the last reading. Nothing else is.
struct PodChanges {
  std::vector<std::pair<kube::ObjectName, std::string>> removed;  ///< with their uid; to be taken away first
  std::vector<kube::Pod> put;                                     ///< new, or perhaps changed
};

/// Pods come and go all the time, policies do not: a change of files that hold nothing but pods is told as a change of
/// pods. Used by one thread at a time.
class ManifestFolder {
 public:
  /// More changed pods at once than this are told as everything: so many steps cost more than one compilation.
  static constexpr std::size_t kMostChangedPods = 256;

  explicit ManifestFolder(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Everything, as load_manifests(): the first time, and whenever more than pods may have changed. Errors as there;
  /// the next reading is then of everything.
  [[nodiscard]] CheckedResult<std::variant<kube::Objects, PodChanges>> read();
  /// The next reading is of everything.
  void forget() noexcept { files_.clear(); }

  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

 private:
  /// What is remembered of a file.
  struct File {
    std::string stamp;  ///< empty: to be read again whatever it looks like
    std::uintmax_t bytes = 0;
    bool only_pods = false;
    std::map<kube::ObjectName, std::string> pods;  ///< with their uid
  };
  using Files = std::map<std::filesystem::path, File>;
  /// What is different of the files, before it is known whether it is taken over.
  struct Changed {
    Files read;
    std::vector<std::filesystem::path> gone;
    PodChanges pods;
  };

  [[nodiscard]] CheckedResult<kube::Objects> read_all(const std::vector<std::filesystem::path>& paths);
  [[nodiscard]] bool find_gone(const std::vector<std::filesystem::path>& paths, Changed& changed) const;
  [[nodiscard]] bool read_changed(const std::filesystem::path& path, Changed& changed) const;
  [[nodiscard]] bool is_consistent(const Changed& changed) const;
  void take_over(Changed& changed);

  std::filesystem::path directory_;
  Files files_;  ///< empty: nothing is known
};

}  // namespace gabion::config::policy
