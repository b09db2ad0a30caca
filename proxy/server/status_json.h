// What /certs and /policy show: dates, fingerprints and rule names; no keys.
#pragma once

#include <string>

#include "proxy/snapshot.h"

namespace gabion::proxy {

[[nodiscard]] std::string certificates_json(const Snapshot& snapshot);
[[nodiscard]] std::string policy_json(const Snapshot& snapshot);

}  // namespace gabion::proxy
