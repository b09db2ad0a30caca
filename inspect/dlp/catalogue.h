// All types of sensitive values Gabion knows, in the order of their indexes.
#pragma once

#include <span>

#include "inspect/dlp/catalogue/type.h"

namespace gabion::inspect::dlp {

/// Those of the default set first, then those that are off until they are named.
[[nodiscard]] std::span<const Type> catalogue() noexcept;

/// Their parts, a file each.
[[nodiscard]] std::span<const Type> money_types() noexcept;
[[nodiscard]] std::span<const Type> contact_types() noexcept;
[[nodiscard]] std::span<const Type> secret_types() noexcept;
[[nodiscard]] std::span<const Type> american_types() noexcept;
[[nodiscard]] std::span<const Type> european_types() noexcept;
[[nodiscard]] std::span<const Type> asian_types() noexcept;
[[nodiscard]] std::span<const Type> health_types() noexcept;
[[nodiscard]] std::span<const Type> quiet_types() noexcept;

}  // namespace gabion::inspect::dlp
