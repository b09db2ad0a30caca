// Files of a directory in the order of their names, read one after another within bounds.
#include "config/policy/load.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "config/kube/parse.h"
#include "config/policy/manifest_folder.h"

namespace gabion::config::policy {
namespace {

namespace fs = std::filesystem;

bool is_manifest(const fs::path& file) {
  const auto extension = file.extension();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

}  // namespace

CheckedResult<std::vector<fs::path>> manifest_files(const fs::path& directory) {
  std::error_code failed;
  std::vector<fs::path> files;
  auto entry = fs::directory_iterator(directory, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    std::error_code unknown;
    if (is_manifest(entry->path()) && !entry->is_directory(unknown)) {
      files.push_back(entry->path());
    }
    if (files.size() > kMaxManifestFiles) {
      return Errors{Error{"has more than " + std::to_string(kMaxManifestFiles) + " manifests", directory.string()}};
    }
  }
  if (failed) {
    return Errors{Error{"cannot be read: " + failed.message(), directory.string()}};
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::string> read_text_file(const fs::path& file, std::uintmax_t limit) {
  const bool standard_input = file == "-";
  std::error_code failed;
  if (!standard_input && !fs::is_regular_file(file, failed)) {
    return Error{fs::exists(file, failed) ? "is no regular file" : "is not there", file.string()};
  }
  std::ifstream opened;
  if (!standard_input) {
    opened.open(file, std::ios::binary);
    if (!opened) {
      return Error{"cannot be opened", file.string()};
    }
  }
  std::istream& stream = standard_input ? std::cin : opened;
  std::string text;
  std::vector<char> block(64 * 1024);
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
    if (text.size() > limit) {
      return Error{"has more than " + std::to_string(limit) + " bytes, or the files before it had", file.string()};
    }
  }
  if (stream.bad()) {
    return Error{"cannot be read", file.string()};
  }
  return text;
}

CheckedResult<kube::Objects> load_manifests(const fs::path& directory) {
  auto read = ManifestFolder(directory).read();
  if (!read) {
    return read.error();
  }
  return std::get<kube::Objects>(std::move(*read));  // the first reading is of everything
}

CheckedResult<kube::Objects> load_checked_manifests(const std::vector<fs::path>& paths) {
  kube::ManifestReader reader;
  std::uintmax_t left = kMaxManifestBytes;
  for (const auto& path : paths) {
    std::error_code failed;
    auto files = fs::is_directory(path, failed) ? manifest_files(path)
                                                : CheckedResult<std::vector<fs::path>>(std::vector<fs::path>{path});
    if (!files) {
      return files.error();
    }
    for (const auto& file : *files) {
      const auto text = read_text_file(file, left);
      if (!text) {
        reader.refuse(text.error());
        continue;
      }
      left -= text->size();
      reader.read(*text, file.string());
    }
  }
  auto objects = std::move(reader).finish();
  if (objects && !objects->refusals.empty()) {
    return objects->refusals;
  }
  return objects;
}

}  // namespace gabion::config::policy
