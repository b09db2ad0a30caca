// The http, sql and inspect parts of an L7 rule.
#pragma once

#include <string>

#include "config/kube/fields.h"
#include "config/kube/objects.h"

namespace gabion::config::kube {

[[nodiscard]] HttpMatch read_http_match(const YamlValue& value, const std::string& path, Report& report);
[[nodiscard]] SqlMatch read_sql_match(const YamlValue& value, const std::string& path, Report& report);
/// Reports what an item of a Deny rule cannot have.
void check_deny_sql(const YamlValue& value, const std::string& path, Report& report);
/// Fills rule.waf and rule.dlp.
void read_inspect(const YamlValue& value, const std::string& path, L7Rule& rule, Report& report);

}  // namespace gabion::config::kube
