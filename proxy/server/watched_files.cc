// Which files a configuration rests on: see watched_files.h.
#include "proxy/server/watched_files.h"

#include <algorithm>
#include <system_error>

#include "config/file_stamp.h"

namespace gabion::proxy {
namespace {

void describe(const std::filesystem::path& file, std::string& into) {
  into.append(file.string()).push_back('\0');
  into.append(config::file_stamp(file));
}

}  // namespace

WatchedFiles::WatchedFiles(std::filesystem::path config_file, const config::ProxyConfig& config)
    : config_file_(std::move(config_file)), policy_directory_(config.policy_directory) {
  if (config.identity) {
    identity_files_ = {config.identity->certificate, config.identity->key, config.identity->trust_bundle};
  }
  for (const auto& rules : config.waf) {
    rule_entries_.push_back(rules.entry);
  }
  if (!config.dlp.key_file.empty()) {
    read_files_.push_back(config.dlp.key_file);
  }
  const auto add_secrets = [this](const auto& listeners) {
    for (const auto& listener : listeners) {
      for (const auto& login : listener.logins) {
        read_files_.push_back(login.secret_file);
      }
    }
  };
  const auto add_pair = [this](const auto& tls) {
    if (tls && !tls->certificate.empty()) {
      read_files_.insert(read_files_.end(), {tls->certificate, tls->key});
    }
  };
  const auto add_database_tls = [this, &add_pair](const auto& tls) {
    add_pair(tls);
    if (tls && !tls->trust_bundle.empty()) {
      read_files_.push_back(tls->trust_bundle);
    }
  };
  for (const auto& inbound : config.inbound) {
    add_database_tls(inbound.target_tls);
    add_pair(inbound.application_tls);
  }
  for (const auto& outbound : config.outbound) {
    add_pair(outbound.application_tls);
    for (const auto& route : outbound.routes) {
      add_database_tls(route.database_tls);
    }
  }
  add_secrets(config.inbound);
  add_secrets(config.outbound);
  if (!config.grpc.descriptors.empty()) {
    read_files_.push_back(config.grpc.descriptors);
  }
}

std::string WatchedFiles::config_file_state() const {
  std::string state;
  describe(config_file_, state);
  return state;
}

std::string WatchedFiles::other_state() const {
  std::string state;
  for (const auto& file : identity_files_) {
    describe(file, state);
  }
  for (const auto& file : rule_entries_) {
    describe(file, state);
  }
  for (const auto& file : read_files_) {
    describe(file, state);
  }
  if (policy_directory_.empty()) {
    return state;
  }
  std::vector<std::filesystem::path> manifests;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(policy_directory_, error), end; !error && entry != end;
       entry.increment(error)) {
    manifests.push_back(entry->path());
  }
  std::sort(manifests.begin(), manifests.end());
  for (const auto& manifest : manifests) {
    describe(manifest, state);
  }
  return state;
}

std::string WatchedFiles::rule_state() const {
  std::string state;
  for (const auto& [file, stamp] : rule_files_) {
    describe(file, state);
  }
  return state;
}

std::string WatchedFiles::rule_state_as_read() const {
  std::string state;
  for (const auto& [file, stamp] : rule_files_) {
    state.append(file).push_back('\0');
    state.append(stamp);
  }
  return state;
}

std::set<std::filesystem::path> WatchedFiles::folders() const {
  std::set<std::filesystem::path> folders{config_file_.parent_path()};
  for (const auto& file : identity_files_) {
    folders.insert(file.parent_path());
  }
  for (const auto& file : rule_entries_) {
    folders.insert(file.parent_path());
  }
  for (const auto& file : read_files_) {
    folders.insert(file.parent_path());
  }
  for (const auto& [file, stamp] : rule_files_) {
    std::error_code error;
    const std::filesystem::path path(file);
    folders.insert(std::filesystem::is_directory(path, error) ? path : path.parent_path());
  }
  if (!policy_directory_.empty()) {
    folders.insert(policy_directory_);
    std::error_code error;
    if (std::filesystem::is_symlink(policy_directory_, error)) {
      folders.insert(policy_directory_.parent_path());  // where the link is swapped
    }
  }
  return folders;
}

}  // namespace gabion::proxy
