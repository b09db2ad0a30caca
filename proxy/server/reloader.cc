// From files to snapshots, beside the traffic: see reloader.h.
#include "proxy/server/reloader.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <vector>

#include "proxy/server/memory.h"

namespace gabion::proxy {
namespace {

/// Changes whenever the file's content may have: inode, size and time of the file a symlink ends at.
void describe(const std::filesystem::path& file, std::string& into) {
  struct stat status {};
  into.append(file.string()).push_back('\0');
  if (::stat(file.c_str(), &status) == 0) {
    for (const auto number :
         {static_cast<long long>(status.st_ino), static_cast<long long>(status.st_size),
          static_cast<long long>(status.st_mtim.tv_sec), static_cast<long long>(status.st_mtim.tv_nsec)}) {
      into.append(std::to_string(number)).push_back(',');
    }
  }
}

std::string describe_files(const config::ProxyConfig& config) {
  std::string state;
  describe(config.file, state);
  if (config.identity) {
    describe(config.identity->certificate, state);
    describe(config.identity->key, state);
    describe(config.identity->trust_bundle, state);
  }
  std::vector<std::filesystem::path> manifests;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(config.policy_directory, error), end; !error && entry != end;
       entry.increment(error)) {
    manifests.push_back(entry->path());
  }
  std::sort(manifests.begin(), manifests.end());
  for (const auto& manifest : manifests) {
    describe(manifest, state);
  }
  return state;
}

config::CheckedResult<std::shared_ptr<const Snapshot>> compile(const std::filesystem::path& file,
                                                               std::uint64_t generation, const Snapshot* previous) {
  auto config = config::load_proxy_config(file);
  if (config.has_error()) {
    return config.error();
  }
  return Snapshot::make(std::move(*config), generation, previous);
}

}  // namespace

Reloader::Reloader(boost::asio::io_context& io, std::filesystem::path config_file, Callbacks callbacks)
    : io_(io), config_file_(std::move(config_file)), callbacks_(std::move(callbacks)) {}

Reloader::~Reloader() {
  stop();
}

void Reloader::stop() {
  compiler_.stop();
  compiler_.join();
}

config::CheckedResult<std::shared_ptr<const Snapshot>> Reloader::load_first() {
  auto snapshot = compile(config_file_, ++generation_, nullptr);
  if (snapshot.has_value()) {
    last_good_ = *snapshot;
    seen_ = describe_files(last_good_->config);
  }
  return snapshot;
}

void Reloader::request(When when) {
  if (running_) {
    again_ = true;
    return;
  }
  auto state = describe_files(last_good_->config);
  if (when == When::kIfChanged && state == seen_) {
    return;
  }
  seen_ = std::move(state);
  run();
}

void Reloader::run() {
  running_ = true;
  boost::asio::post(compiler_, [this, generation = generation_ + 1, previous = last_good_] {
    auto result = std::make_shared<config::CheckedResult<std::shared_ptr<const Snapshot>>>(
        compile(config_file_, generation, previous.get()));
    trim_heap();
    boost::asio::post(io_, [this, result] {
      running_ = false;
      if (result->has_error()) {
        callbacks_.refused(result->error());
      } else {
        ++generation_;
        last_good_ = **result;
        callbacks_.loaded(**result);
      }
      if (again_) {
        again_ = false;
        request(When::kIfChanged);
      }
    });
  });
}

std::set<std::filesystem::path> Reloader::folders_of(const config::ProxyConfig& config) {
  std::set<std::filesystem::path> folders{config.file.parent_path(), config.policy_directory};
  if (config.identity) {
    for (const auto* file : {&config.identity->certificate, &config.identity->key, &config.identity->trust_bundle}) {
      folders.insert(file->parent_path());
    }
  }
  return folders;
}

}  // namespace gabion::proxy
