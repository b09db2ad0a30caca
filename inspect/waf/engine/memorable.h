// Which values a worker may remember beyond their exchange: those that come again and hold no secret.
#pragma once

#include <string_view>

#include "inspect/waf/seclang/words.h"

namespace gabion::inspect::waf::engine {

/// Headers whose values are few and public: what a client is and takes, where it goes. `name` in any case. All others
/// (Authorization, Cookie, whatever an application made up) are not remembered.
[[nodiscard]] bool is_memorable_header(std::string_view name) noexcept;

/// The value of a header that is_memorable_header(): not where an address in it has a query or a user.
[[nodiscard]] bool is_public(std::string_view value) noexcept;

/// Texts that come once a message and are few.
[[nodiscard]] bool is_memorable_single(seclang::Variable variable) noexcept;

/// The name of an argument, a cookie or a header whose value is `value`. A name without a value may be a token.
[[nodiscard]] bool is_memorable_name(std::string_view name, std::string_view value) noexcept;

}  // namespace gabion::inspect::waf::engine
