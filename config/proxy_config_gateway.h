// `mode` and `gateway` of gabion.yaml.
#pragma once

#include "config/config_field.h"
#include "config/proxy_config.h"

namespace gabion::config {

/// REQUIRES: identity and admin of `config` are read. Fills `gateway` where `mode` says so, and records what a gateway
/// cannot have: a workload, and what is missing.
void read_gateway(ConfigMap& map, ProxyConfig& config);

/// Records against `field`, where it is present, that a gateway cannot do it.
void refuse_in_gateway(const ConfigField& field, const ProxyConfig& config, std::string_view why);

}  // namespace gabion::config
