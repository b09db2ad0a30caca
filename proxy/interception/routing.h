// The routing rule and table by which packets with our mark stay on this machine, and notes of the marks beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "proxy/interception/net_settings.h"

namespace gabion::proxy::interception {

/// What the kernel has of it, as `ip` prints it: "rule …", "route …" in our table.
using RoutingLines = std::vector<std::string>;

/// Of what `ip rule show` and `ip route show table N` printed: the rules that lead to our table, our notes, and all
/// routes of the table.
[[nodiscard]] RoutingLines own_routing(const NetSettings& settings, std::string_view rules, std::string_view routes);

/// Whether that is one rule for our mark at our place, the notes, and one local route for everything.
[[nodiscard]] bool is_as_asked(const NetSettings& settings, const RoutingLines& lines);

/// The words of `ip` that put rule and route in place, in order; and the notes.
[[nodiscard]] std::vector<std::vector<std::string>> routing_commands(const NetSettings& settings, Family family);
[[nodiscard]] std::vector<std::vector<std::string>> note_commands(const NetSettings& settings, Family family);

/// Nothing there: no lines.
[[nodiscard]] config::Result<RoutingLines> look_at_routing(const NetSettings& settings, Family family);

/// Rule and route, and no notes unless all was as asked already. Idempotent, read back and compared. A sentence for
/// people.
[[nodiscard]] config::Result<std::string> install_routing(const NetSettings& settings, Family family);

/// Once the rules are there: a note says that they are. Nothing to say to people.
[[nodiscard]] config::Result<std::string> install_notes(const NetSettings& settings, Family family);
[[nodiscard]] config::Result<std::string> remove_notes(const NetSettings& settings, Family family);

/// Empty: there was nothing.
[[nodiscard]] config::Result<std::string> remove_routing(const NetSettings& settings, Family family);

}  // namespace gabion::proxy::interception
