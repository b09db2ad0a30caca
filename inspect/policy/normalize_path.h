// What a request path really is: one normal form that is judged and forwarded (mesh.md §5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/proxy_config.h"

namespace gabion::inspect::policy {

/// kBad: broken escape, %00, control or non-ASCII byte, ".." above the root (not at PathLevel::kNone, which resolves
/// nothing), not starting with '/', or a control byte in the query.
enum class PathStatus : std::uint8_t { kOk, kBad };

/// Splits `target` (origin-form) at '?', drops a fragment, normalises the path at `level` and leaves the query as it
/// is. A path that is normal already is returned as a view of `target` and `buffer` is untouched; else the result is
/// written to `buffer`, whose capacity is reused. `target` must not view `buffer`.
/// Idempotent: normalising the result again changes nothing.
struct NormalizedTarget {
  PathStatus status = PathStatus::kBad;
  std::string_view path;   ///< into `buffer`, or into `target` when nothing had to change
  std::string_view query;  ///< into `target`
  bool has_query = false;
};
[[nodiscard]] NormalizedTarget normalize_target(std::string_view target, config::PathLevel level, std::string& buffer);

}  // namespace gabion::inspect::policy
