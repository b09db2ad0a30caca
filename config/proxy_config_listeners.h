// `inbound` and `outbound` of gabion.yaml, with the checks that need several of them at once.
#pragma once

#include "config/config_field.h"
#include "config/config_files.h"
#include "config/proxy_config.h"

namespace gabion::config {

/// REQUIRES: identity, profiles, admin and capture of `config` are read. Fills `inbound` and `outbound` and records
/// what is wrong with them, alone and together: names, addresses and ports used twice, unknown profiles, mTLS without
/// identity.
void read_listeners(ConfigField inbound, ConfigField outbound, const ConfigFolder& folder, ProxyConfig& config);

}  // namespace gabion::config
