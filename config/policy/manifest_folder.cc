// Stamps tell which files changed; files of pods alone are read alone. See manifest_folder.h.
#include "config/policy/manifest_folder.h"

#include <algorithm>

#include "config/file_stamp.h"
#include "config/policy/load.h"

namespace gabion::config::policy {
namespace {

namespace fs = std::filesystem;

/// How much of each kind has been read.
struct Counts {
  explicit Counts(const kube::Objects& read)
      : pods(read.pods.size()),
        others(read.network_policies.size() + read.l7_policies.size() + read.namespaces.size() + read.nodes.size() +
               read.services.size() + read.endpoint_slices.size() + read.refusals.size() + read.warnings.size()) {}
  std::size_t pods;
  std::size_t others;
};

}  // namespace

CheckedResult<std::variant<kube::Objects, PodChanges>> ManifestFolder::read() {
  using Reading = std::variant<kube::Objects, PodChanges>;
  const auto paths = manifest_files(directory_);
  if (!paths) {
    forget();
    return paths.error();
  }
  Changed changed;
  const auto only_pods = [&] {
    return find_gone(*paths, changed) &&
           std::all_of(paths->begin(), paths->end(), [&](const auto& path) { return read_changed(path, changed); }) &&
           is_consistent(changed);
  };
  if (!files_.empty() && only_pods()) {
    take_over(changed);
    return Reading(std::move(changed.pods));
  }
  auto all = read_all(*paths);
  if (!all) {
    forget();
    return all.error();
  }
  return Reading(std::move(*all));
}

CheckedResult<kube::Objects> ManifestFolder::read_all(const std::vector<fs::path>& paths) {
  forget();
  kube::ManifestReader reader;
  std::uintmax_t left = kMaxManifestBytes;
  for (const auto& path : paths) {
    File& file = files_[path];
    file.stamp = settled_file_stamp(path);  // before it is read: what changes in between is a change afterwards
    const auto text = read_text_file(path, left);
    if (!text) {
      file.stamp.clear();  // it may be readable the next time
      reader.refuse(text.error());
      continue;
    }
    left -= text->size();
    file.bytes = text->size();
    const Counts before(reader.so_far());
    reader.read(*text, path.filename().string());
    const auto& read = reader.so_far();
    file.only_pods = Counts(read).others == before.others;
    for (std::size_t i = before.pods; i < read.pods.size(); ++i) {
      file.pods.emplace(read.pods[i].name, read.pods[i].uid);
    }
  }
  return std::move(reader).finish();
}

// Each of the next says false when more than pods may have changed.

bool ManifestFolder::find_gone(const std::vector<fs::path>& paths, Changed& changed) const {
  for (const auto& [path, file] : files_) {
    if (std::binary_search(paths.begin(), paths.end(), path)) {
      continue;
    }
    if (!file.only_pods) {
      return false;
    }
    changed.gone.push_back(path);
    changed.pods.removed.insert(changed.pods.removed.end(), file.pods.begin(), file.pods.end());
  }
  return true;
}

bool ManifestFolder::read_changed(const fs::path& path, Changed& changed) const {
  const auto known = files_.find(path);
  std::string stamp = settled_file_stamp(path);
  if (known != files_.end() && !stamp.empty() && known->second.stamp == stamp) {
    return true;
  }
  if (known != files_.end() && !known->second.only_pods) {
    return false;
  }
  const auto text = read_text_file(path);
  if (!text) {
    return false;
  }
  auto read = kube::parse_manifests(*text, path.filename().string());
  if (!read || Counts(*read).others != 0) {
    return false;
  }
  File& file = changed.read[path];
  file = File{std::move(stamp), text->size(), true, {}};
  for (auto& pod : read->pods) {
    file.pods.emplace(pod.name, pod.uid);
    changed.pods.put.push_back(std::move(pod));
  }
  if (known != files_.end()) {
    for (const auto& [name, uid] : known->second.pods) {
      if (!file.pods.contains(name)) {
        changed.pods.removed.emplace_back(name, uid);
      }
    }
  }
  return true;
}

/// Within the bounds, and no pod in two files: reading everything says which and where.
bool ManifestFolder::is_consistent(const Changed& changed) const {
  const auto is_elsewhere = [&](const fs::path& own, const kube::ObjectName& name) {
    return std::any_of(changed.read.begin(), changed.read.end(),
                       [&](const auto& other) { return other.first != own && other.second.pods.contains(name); }) ||
           std::any_of(files_.begin(), files_.end(), [&](const auto& other) {
             return other.first != own && !changed.read.contains(other.first) && other.second.pods.contains(name) &&
                    std::find(changed.gone.begin(), changed.gone.end(), other.first) == changed.gone.end();
           });
  };
  std::uintmax_t bytes = 0;
  for (const auto& [path, file] : files_) {
    bytes += changed.read.contains(path) ? 0 : file.bytes;
  }
  for (const auto& [path, file] : changed.read) {
    bytes += file.bytes;
    if (file.pods.size() > kMostChangedPods ||
        std::any_of(file.pods.begin(), file.pods.end(),
                    [&, own = &path](const auto& pod) { return is_elsewhere(*own, pod.first); })) {
      return false;
    }
  }
  return bytes <= kMaxManifestBytes && changed.pods.put.size() + changed.pods.removed.size() <= kMostChangedPods;
}

void ManifestFolder::take_over(Changed& changed) {
  for (const auto& path : changed.gone) {
    files_.erase(path);
  }
  for (auto& [path, file] : changed.read) {
    files_.insert_or_assign(path, std::move(file));
  }
}

}  // namespace gabion::config::policy
