// Which files one reading of the configuration rested on, and whether they have changed since.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "config/proxy_config.h"

namespace gabion::proxy {

/// A value: paths only. Nothing is opened.
class WatchedFiles {
 public:
  /// Of a configuration nobody could read yet: that file alone.
  explicit WatchedFiles(std::filesystem::path config_file) : config_file_(std::move(config_file)) {}
  /// `config` was read from `config_file`.
  WatchedFiles(std::filesystem::path config_file, const config::ProxyConfig& config);

  /// Changes whenever the content of a file may have, or what the policy folder holds: take it before reading them.
  [[nodiscard]] std::string state() const { return config_file_state() + other_state(); }
  /// The two halves: the configuration file tells which the others are, so it is described and read first.
  [[nodiscard]] std::string config_file_state() const;
  [[nodiscard]] std::string other_state() const;

  /// Folders in which something happens when one of the files changes.
  [[nodiscard]] std::set<std::filesystem::path> folders() const;

 private:
  std::filesystem::path config_file_;
  std::vector<std::filesystem::path> identity_files_;
  std::filesystem::path policy_directory_;  ///< empty: none
};

}  // namespace gabion::proxy
