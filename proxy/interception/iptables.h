// The system's iptables, either back end and family: reads a table and changes it in one step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"
#include "proxy/interception/net_settings.h"

namespace gabion::proxy::interception {

/// Two tables that the kernel keeps apart: rules of one say nothing of the other's, and both are followed.
enum class Backend : std::uint8_t { kNft, kLegacy };

[[nodiscard]] std::string_view name_of(Backend backend) noexcept;
[[nodiscard]] std::string_view name_of(Family family) noexcept;

/// "ip6tables-nft-restore"
[[nodiscard]] std::string tool(Backend backend, Family family, std::string_view what);

/// What iptables-save prints of a table; empty where the legacy back end has none, which asking would make.
[[nodiscard]] config::Result<std::string> saved_rules(Backend backend, std::string_view table, Family family);

/// One transaction: all of `text` or nothing. Waits for whoever holds the lock.
[[nodiscard]] config::Result<void> restore_rules(Backend backend, Family family, std::string_view text);

/// The back end that holds our rules already, else the one that holds rules of others, else nft where it works.
[[nodiscard]] config::Result<Backend> choose_backend();

/// Whether this kernel speaks IPv6 here.
[[nodiscard]] bool has_ipv6() noexcept;

}  // namespace gabion::proxy::interception
