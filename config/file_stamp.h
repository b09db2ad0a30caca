// What tells one state of a file from another without reading it.
#pragma once

#include <filesystem>
#include <string>

namespace gabion::config {

/// Of the file a symlink ends at: device, inode, size, and both times, since a file may be rewritten in place and its
/// mtime set back. Empty when there is none.
[[nodiscard]] std::string file_stamp(const std::filesystem::path& file);

/// The same, but empty too for a file that changed a moment ago: the kernel's clock moves in steps of milliseconds, so
/// another change within the same step would look the same.
[[nodiscard]] std::string settled_file_stamp(const std::filesystem::path& file);

}  // namespace gabion::config
