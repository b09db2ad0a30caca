// The routing rule and table by which packets that bear our mark stay on this machine, whoever's address they have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "proxy/interception/net_settings.h"

namespace gabion::proxy::interception {

/// What the kernel has of it, as `ip` prints it: "rule …", "route …" in our table.
using RoutingLines = std::vector<std::string>;

/// Of what `ip rule show` and `ip route show table N` printed: the rules that lead to our table, and all its routes.
[[nodiscard]] RoutingLines own_routing(const NetSettings& settings, std::string_view rules, std::string_view routes);

/// Whether that is one rule for our mark at our place, and one local route for everything.
[[nodiscard]] bool is_as_asked(const NetSettings& settings, const RoutingLines& lines);

/// The words of `ip` that put it in place, in order.
[[nodiscard]] std::vector<std::vector<std::string>> routing_commands(const NetSettings& settings, Family family);

/// Nothing there: no lines.
[[nodiscard]] config::Result<RoutingLines> look_at_routing(const NetSettings& settings, Family family);

/// Idempotent, read back and compared. A sentence for people.
[[nodiscard]] config::Result<std::string> install_routing(const NetSettings& settings, Family family);

/// Empty: there was nothing.
[[nodiscard]] config::Result<std::string> remove_routing(const NetSettings& settings, Family family);

}  // namespace gabion::proxy::interception
