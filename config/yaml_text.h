// What must hold of a text before yaml-cpp may see it: bounded, UTF-8, no byte that ends or hides a part of it.
#pragma once

#include <string_view>
#include <vector>

#include "config/result.h"

namespace gabion::config {

/// Lines, from 1, that begin with "---" or "...": only there may a document begin or end.
using YamlMarkerLines = std::vector<int>;

/// Refuses what parse_yaml promises to refuse by size or encoding, and what yaml-cpp 0.7 misreads: byte 0x04 is the end
/// of the text to it, a lone carriage return vanishes, and a flow collection is kept as tokens (110 bytes each) until
/// its end, so the characters that make tokens are counted. Where = "file_name:line".
[[nodiscard]] Result<YamlMarkerLines> check_yaml_text(std::string_view text, std::string_view file_name);

}  // namespace gabion::config
