// How a session of PostgreSQL is told that it ends: a SQLSTATE and a sentence for every reason.
#pragma once

#include <string_view>

#include "proxy/session/reason.h"

namespace gabion::proxy {

/// SQLSTATE of the ErrorResponse by which a session ends for `reason`.
[[nodiscard]] std::string_view sqlstate_of(Reason reason) noexcept;
/// What its client may read; never a rule's name.
[[nodiscard]] std::string_view postgres_text_of(Reason reason) noexcept;

}  // namespace gabion::proxy
