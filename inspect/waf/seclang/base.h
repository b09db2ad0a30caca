// The engine configuration that rule sets like the CRS expect to be there, as SecLang text of our own.
#pragma once

#include <string_view>

namespace gabion::inspect::waf::seclang {

/// What messages call it; there is no such file.
constexpr std::string_view kBaseName = "built-in base configuration";

/// Body access and limits, and rules 200000 to 200007.
[[nodiscard]] std::string_view base_text() noexcept;

}  // namespace gabion::inspect::waf::seclang
