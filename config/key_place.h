// Where in a configuration file a key stands, for what is refused after the file was read.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gabion::config {

/// "file:line: key" as errors of the file say it; of a key that is not there the line of the nearest section above it,
/// and none where the file cannot be read any more. `key` is a path of maps, "capture.mark". Slow.
[[nodiscard]] std::string place_of_key(const std::filesystem::path& file, std::string_view key);

}  // namespace gabion::config
