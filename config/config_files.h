// Paths in gabion.yaml: resolved against the file's folder and, when asked for, checked to be there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "config/config_field.h"

namespace gabion::config {

/// kSkip: the file system is not touched at all.
enum class FileChecks : std::uint8_t { kCheck, kSkip };

/// Where the paths of one configuration begin.
struct ConfigFolder {
  std::filesystem::path path;
  FileChecks checks = FileChecks::kCheck;
};

/// A regular file that this user can open for reading.
[[nodiscard]] std::optional<std::filesystem::path> read_file_path(const ConfigField& field, const ConfigFolder& folder);

/// A folder that this user can list.
[[nodiscard]] std::optional<std::filesystem::path> read_directory_path(const ConfigField& field,
                                                                       const ConfigFolder& folder);

/// "stdout", "stderr", "off", or a path with a '/' whose folder is there: so a misspelt word is no file.
[[nodiscard]] std::optional<std::string> read_sink(const ConfigField& field, const ConfigFolder& folder);

}  // namespace gabion::config
