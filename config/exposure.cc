// What a configuration opens to whoever can reach it: see exposure.h.
#include "config/exposure.h"

#include "config/proxy_words.h"

namespace gabion::config {
namespace {

void add_kept_paths(const ProxyConfig& config, Errors& warnings) {
  for (const auto& profile : config.profiles) {
    for (const auto& known : kDoubtfulPathKeys) {
      if (profile.paths.*known.member == DoubtfulPath::kKeep) {
        warnings.push_back(
            {"a Deny on /admin does not meet " + std::string(known.walks_past) +
                 ": keep it only if the service does not take that for /admin",
             config.file.string() + ": inspection.profiles." + profile.name + ".paths." + std::string(known.key)});
      }
    }
  }
}

}  // namespace

Errors exposure_warnings(const ProxyConfig& config) {
  Errors warnings;
  if (const auto& listen = config.admin.listen; !listen.address.is_loopback()) {
    warnings.push_back({listen.to_string() +
                            " is not on loopback: whoever reaches it may read the configuration and POST /drain, /quit "
                            "and /log; there is no authentication",
                        config.file.string() + ": admin.listen"});
  }
  add_kept_paths(config, warnings);
  return warnings;
}

}  // namespace gabion::config
