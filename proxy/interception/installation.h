// Puts the rules of interception in place, takes them away, and says what is there.
#pragma once

#include <string>
#include <vector>

#include "config/result.h"
#include "proxy/interception/iptables.h"
#include "proxy/interception/redirect_rules.h"

namespace gabion::proxy::interception {

enum class Presence : std::uint8_t {
  kAbsent,   ///< none of our chains
  kAsAsked,  ///< exactly the rules of the settings
  kDiffers,  ///< our chains with other rules, or not all of them
};

/// What one back end holds for one family.
struct Found {
  Backend backend = Backend::kNft;
  Family family = Family::kV4;
  Presence presence = Presence::kAbsent;
  std::vector<std::string> rules;  ///< as iptables-save prints them
};

/// What an installation or a removal did to one family; a sentence for people.
using Steps = std::vector<std::string>;

/// Families that this machine has.
[[nodiscard]] std::vector<Family> families();

/// Every back end and family. A back end whose tools are missing holds nothing.
[[nodiscard]] config::Result<std::vector<Found>> look(const RedirectSettings& settings);

/// Idempotent; each family in one step, read back and compared. After an error what was done before it stays: the
/// pod's traffic is led to a sidecar or refused, never let past.
[[nodiscard]] config::Result<Steps> install(const RedirectSettings& settings, Backend backend);

/// From every back end, whoever put them there. Nothing of ours remains.
[[nodiscard]] config::Result<Steps> remove();

/// What install() would tell the tools, beginning with nothing.
[[nodiscard]] std::string dry_run(const RedirectSettings& settings, const std::vector<Family>& wanted);

}  // namespace gabion::proxy::interception
