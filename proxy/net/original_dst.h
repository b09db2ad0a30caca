// Where a connection was going before the kernel led it to us.
#pragma once

#include <optional>

#include "config/ip_address.h"

namespace gabion::proxy {

/// Of an accepted socket, from the kernel's connection tracking (SO_ORIGINAL_DST, IP6T_SO_ORIGINAL_DST). Nothing: the
/// kernel tracks no such connection. One that was not led anywhere has its own local address.
[[nodiscard]] std::optional<config::Endpoint> original_destination(int fd) noexcept;

}  // namespace gabion::proxy
