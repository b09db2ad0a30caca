// The rules of a layout, by the tables of the kernel that they are put in.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "proxy/interception/net_settings.h"
#include "proxy/interception/rule_text.h"

namespace gabion::proxy::interception {

/// Every table that we may have rules in, in the order in which they are put in place: until the last is there,
/// traffic is led by the first or not at all.
inline constexpr std::array<std::string_view, 2> kTables = {"mangle", "nat"};

/// Empty: nothing of ours belongs there.
[[nodiscard]] Rules rules_of(const NetSettings& settings, std::string_view table, Family family);

}  // namespace gabion::proxy::interception
