// Which values besides headers' (inspect/memorable.h) a worker may remember beyond their exchange.
#pragma once

#include <string_view>

#include "inspect/memorable.h"
#include "inspect/waf/seclang/words.h"

namespace gabion::inspect::waf::engine {

/// Texts that come once a message and are few.
[[nodiscard]] bool is_memorable_single(seclang::Variable variable) noexcept;

/// The name of an argument, a cookie or a header whose value is `value`. A name without a value may be a token.
[[nodiscard]] bool is_memorable_name(std::string_view name, std::string_view value) noexcept;

}  // namespace gabion::inspect::waf::engine
