// Puts the rules of interception in place, takes them away, and says what is there.
#pragma once

#include <string>
#include <vector>

#include "config/result.h"
#include "proxy/interception/iptables.h"
#include "proxy/interception/net_settings.h"
#include "proxy/interception/rule_text.h"

namespace gabion::proxy::interception {

enum class Presence : std::uint8_t {
  kAbsent,   ///< none of our chains
  kAsAsked,  ///< exactly the rules of the settings
  kDiffers,  ///< our chains with other rules, or not all of them
};

/// What one table of one back end, or the routing, holds for one family.
struct Found {
  std::string_view holder;  ///< a back end's name, or "routing"
  std::string_view table;   ///< of a back end
  Family family = Family::kV4;
  Presence presence = Presence::kAbsent;
  std::vector<std::string> rules;  ///< as iptables-save and `ip` print them
};

/// What an installation or a removal did to one family; a sentence for people.
using Steps = std::vector<std::string>;

/// Families that this machine has.
[[nodiscard]] std::vector<Family> families();

/// Every back end, table and family that should have something or has. A back end whose tools are missing holds
/// nothing.
[[nodiscard]] config::Result<std::vector<Found>> look(const NetSettings& settings);

/// Whether every family has all as asked, in one back end, and nothing of ours is anywhere else.
[[nodiscard]] bool is_complete(const NetSettings& settings, const std::vector<Found>& all);

/// Idempotent; each family's table in one step, read back and compared. After an error in one family the other is
/// installed all the same, the first error is returned, and what was done stays.
[[nodiscard]] config::Result<Steps> install(const NetSettings& settings, Backend backend);

/// From every back end, whoever put them there, and the routing by `settings.table`. Nothing of ours remains.
[[nodiscard]] config::Result<Steps> remove(const NetSettings& settings);

/// What install() would tell the tools, beginning with nothing.
[[nodiscard]] std::string dry_run(const NetSettings& settings, const std::vector<Family>& wanted);

}  // namespace gabion::proxy::interception
