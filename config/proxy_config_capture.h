// `capture` of gabion.yaml, and what its reader shares with that of listeners.
#pragma once

#include <string>
#include <string_view>

#include "config/config_field.h"
#include "config/proxy_config.h"

namespace gabion::config {

/// REQUIRES: identity, profiles and admin of `config` are read. Fills `capture`.
void read_capture(ConfigField field, ProxyConfig& config);

/// The name of a profile of `config`; empty when the field is absent.
[[nodiscard]] std::string read_profile_name(const ConfigField& field, const ProxyConfig& config);

/// An address with a port that is not 0.
[[nodiscard]] Result<Endpoint> parse_fixed_endpoint(std::string_view text);

}  // namespace gabion::config
