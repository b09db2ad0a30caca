// The parts of gabion.yaml that stand alone: who we are, what to look for, limits, deadlines, where to log.
#pragma once

#include "config/config_field.h"
#include "config/config_files.h"
#include "config/proxy_config.h"

namespace gabion::config {

/// Each takes its section's field, absent or not, and fills its part of `config`; what is absent keeps its default.
void read_workload(ConfigField field, ProxyConfig& config);
void read_identity(ConfigField field, const ConfigFolder& folder, ProxyConfig& config);
void read_policy(ConfigField field, const ConfigFolder& folder, ProxyConfig& config);
void read_deny(ConfigField field, ProxyConfig& config);
/// Afterwards `config.profiles` holds "default", written or not.
void read_inspection(ConfigField field, const ConfigFolder& folder, ProxyConfig& config);
void read_limits(ConfigField field, Limits& limits);
void read_timeouts(ConfigField field, Timeouts& timeouts);
void read_overload(ConfigField field, OverloadConfig& overload);
void read_endpoints(ConfigField field, EndpointsConfig& endpoints);
void read_postgres(ConfigField field, PostgresConfig& postgres);
void read_drain(ConfigField field, DrainConfig& drain);
void read_admin(ConfigField field, AdminConfig& admin);
void read_log(ConfigField field, const ConfigFolder& folder, LogConfig& log);

/// "$(NAME)" is what the environment has under that name, as in a pod's manifest; other texts are themselves.
[[nodiscard]] Result<std::string> from_environment(std::string_view text);

/// A name for logs and metrics: 1 to 63 of [A-Za-z0-9._-], the first a letter or digit.
[[nodiscard]] Result<std::string> parse_plain_name(std::string_view text);

}  // namespace gabion::config
