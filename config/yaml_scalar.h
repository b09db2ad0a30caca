// What a plain (unquoted) YAML scalar is to the API server.
#pragma once

#include <string_view>

#include "config/yaml_value.h"

namespace gabion::config {

/// Never kList or kMap.
[[nodiscard]] YamlKind classify_plain_scalar(std::string_view text) noexcept;

/// Of a kBool: which of the two. REQUIRES: classify_plain_scalar(text) == kBool; false for anything else.
[[nodiscard]] bool is_true_word(std::string_view text) noexcept;

}  // namespace gabion::config
