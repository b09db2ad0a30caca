// `inspection.waf` of gabion.yaml: rule sets in ModSecurity's language, each under a name that profiles choose.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/config_field.h"
#include "config/config_files.h"

namespace gabion::config {

/// Rules that are not asked, everywhere or below a path, about anything or about one target.
struct WafExclusion {
  std::uint32_t first_id = 0;  ///< range of rule ids, both ends included; 0: `tag` chooses
  std::uint32_t last_id = 0;
  std::string tag;     ///< an exact tag, as SecRuleRemoveByTag
  std::string path;    ///< prefix of whole segments of REQUEST_FILENAME; empty: everywhere
  std::string target;  ///< "ARGS:comment"; empty: the whole rule

  friend bool operator==(const WafExclusion&, const WafExclusion&) = default;
};

/// Whether REQUEST_BODY holds every body (ModSecurity 3) or only URL-encoded ones (ModSecurity 2).
enum class RequestBodyRule : std::uint8_t { kAlways, kForms };

struct WafConfig {
  std::string name;
  std::filesystem::path entry;                     ///< the file that includes the others, e.g. owasp-crs.load
  std::uint8_t paranoia = 1;                       ///< 1 to 4
  std::optional<std::uint32_t> inbound_threshold;  ///< anomaly score that blocks; absent: as the rules say
  std::optional<std::uint32_t> outbound_threshold;
  RequestBodyRule request_body = RequestBodyRule::kAlways;
  std::vector<WafExclusion> exclusions;

  friend bool operator==(const WafConfig&, const WafConfig&) = default;
};

/// What is done when the rules want to refuse: say so, or do it.
enum class WafMode : std::uint8_t { kDetect, kBlock };

/// A profile's choice.
struct WafChoice {
  std::string name;  ///< of `inspection.waf`
  WafMode mode = WafMode::kBlock;
};

/// Names are unique, since YAML refuses a key twice.
[[nodiscard]] std::vector<WafConfig> read_waf(const ConfigField& field, const ConfigFolder& folder);
/// Refuses a name that is not among `known`.
[[nodiscard]] std::optional<WafChoice> read_waf_choice(const ConfigField& field, std::span<const WafConfig> known);

}  // namespace gabion::config
