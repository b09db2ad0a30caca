// Which files one reading of the configuration rested on, and whether they have changed since.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <utility>
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
  [[nodiscard]] std::string state() const { return config_file_state() + other_state() + rule_state(); }
  /// The parts: the configuration file tells which the others are, so it is described and read first, and the rules'
  /// entry files tell which files there are besides.
  [[nodiscard]] std::string config_file_state() const;
  [[nodiscard]] std::string other_state() const;
  [[nodiscard]] std::string rule_state() const;

  /// Files of rules with their stamps when they were read: known only when they have been.
  void set_rule_files(std::vector<std::pair<std::string, std::string>> files) { rule_files_ = std::move(files); }
  /// Those of `earlier`: of rules that could not be read now nobody knows which files they would have been.
  void keep_rule_files(const WatchedFiles& earlier) { rule_files_ = earlier.rule_files_; }
  /// What other_state() says of rule files that are as they were when they were read.
  [[nodiscard]] std::string rule_state_as_read() const;

  /// Folders in which something happens when one of the files changes.
  [[nodiscard]] std::set<std::filesystem::path> folders() const;

 private:
  std::filesystem::path config_file_;
  std::vector<std::filesystem::path> identity_files_;
  std::vector<std::filesystem::path> rule_entries_;
  std::vector<std::filesystem::path> read_files_;  ///< of inspection.dlp and inspection.grpc, secrets
  std::filesystem::path policy_directory_;         ///< empty: none
  std::vector<std::pair<std::string, std::string>> rule_files_;
};

}  // namespace gabion::proxy
