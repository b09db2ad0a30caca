// Reads a directory of manifests: what kubectl would apply, no more and no less.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/kube/objects.h"
#include "config/result.h"

namespace gabion::config::policy {

inline constexpr std::size_t kMaxManifestFiles = 4096;
inline constexpr std::uintmax_t kMaxManifestBytes = 64ULL << 20;  ///< of all files together

/// The manifests directly in `directory`, sorted by name. Errors: it cannot be read, or has too many.
[[nodiscard]] CheckedResult<std::vector<std::filesystem::path>> manifest_files(const std::filesystem::path& directory);

/// Reads every *.yaml, *.yml and *.json directly in `directory`, sorted by name. An empty directory is legal: it
/// means a cluster without policies and pods.
///
/// Errors, all of them: the directory or a file cannot be read, more than kMaxManifestFiles or kMaxManifestBytes, not
/// YAML, an object without a usable kind, namespace or name, a malformed Pod, Namespace, Node, Service or
/// EndpointSlice, the same object twice. A policy that has a name but is bad inside is no error here: it comes back
/// `unreadable` (it isolates and allows nothing) and Objects::refusals says why. Other kinds are ignored with a
/// warning.
[[nodiscard]] CheckedResult<kube::Objects> load_manifests(const std::filesystem::path& directory);

/// Files and directories together, as one set, for commands: unlike load_manifests a policy that is bad inside is an
/// error too. Places name files as they were given; "-" is standard input.
[[nodiscard]] CheckedResult<kube::Objects> load_checked_manifests(const std::vector<std::filesystem::path>& paths);

/// At most `limit` bytes of one regular file; "-" is standard input.
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& file,
                                                 std::uintmax_t limit = kMaxManifestBytes);

}  // namespace gabion::config::policy
