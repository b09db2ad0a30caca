// What a configuration opens to whoever can reach it: see exposure.h.
#include "config/exposure.h"

namespace gabion::config {

Errors exposure_warnings(const ProxyConfig& config) {
  Errors warnings;
  if (const auto& listen = config.admin.listen; !listen.address.is_loopback()) {
    warnings.push_back({listen.to_string() +
                            " is not on loopback: whoever reaches it may read the configuration and POST /drain, /quit "
                            "and /log; there is no authentication",
                        config.file.string() + ": admin.listen"});
  }
  return warnings;
}

}  // namespace gabion::config
