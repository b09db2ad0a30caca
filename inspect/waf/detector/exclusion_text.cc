// One directive an exclusion; texts were checked to end no argument (config/waf_config.cc).
#include "inspect/waf/detector/exclusion_text.h"

#include <fmt/format.h>

namespace gabion::inspect::waf {
namespace {

using config::WafExclusion;

std::string ids_of(const WafExclusion& exclusion) {
  return exclusion.first_id == exclusion.last_id ? std::to_string(exclusion.first_id)
                                                 : fmt::format("{}-{}", exclusion.first_id, exclusion.last_id);
}

/// ctl:ruleRemove[Target]By…=
std::string control_of(const WafExclusion& exclusion) {
  const bool by_tag = !exclusion.tag.empty();
  return fmt::format("ctl:ruleRemove{}By{}={}{}{}", exclusion.target.empty() ? "" : "Target", by_tag ? "Tag" : "Id",
                     by_tag ? exclusion.tag : ids_of(exclusion), exclusion.target.empty() ? "" : ";", exclusion.target);
}

/// Whole segments: /a means /a and /a/b, /a/ only what is below.
std::string path_rule(const WafExclusion& exclusion, std::uint32_t id) {
  const std::string_view path = exclusion.path;
  return fmt::format(
      "SecRule REQUEST_FILENAME \"@rx \\A\\Q{}\\E{}\" \"id:{},phase:1,pass,nolog,t:none,t:normalizePath,{}\"\n", path,
      path.ends_with('/') ? "" : "(?:/|\\z)", id, control_of(exclusion));
}

}  // namespace

std::string text_before_rules(const config::WafConfig& config) {
  std::string text;
  std::uint32_t id = kFirstExclusionId;
  for (const WafExclusion& exclusion : config.exclusions) {
    text += exclusion.path.empty() ? std::string() : path_rule(exclusion, id++);
  }
  return text;
}

std::string text_after_rules(const config::WafConfig& config) {
  std::string text;
  for (const WafExclusion& exclusion : config.exclusions) {
    if (!exclusion.path.empty()) {
      continue;
    }
    const bool by_tag = !exclusion.tag.empty();
    const std::string whom = by_tag ? "\"" + exclusion.tag + "\"" : ids_of(exclusion);
    text += exclusion.target.empty()
                ? fmt::format("SecRuleRemoveBy{} {}\n", by_tag ? "Tag" : "Id", whom)
                : fmt::format("SecRuleUpdateTargetBy{} {} \"!{}\"\n", by_tag ? "Tag" : "Id", whom, exclusion.target);
  }
  return text;
}

}  // namespace gabion::inspect::waf
