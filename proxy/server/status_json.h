// What /certs, /policy and /connections show: dates, fingerprints and rule names; no keys.
#pragma once

#include <span>
#include <string>

#include "proxy/session/connection.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

[[nodiscard]] std::string certificates_json(const Snapshot& snapshot);
[[nodiscard]] std::string policy_json(const Snapshot& snapshot);

[[nodiscard]] std::string connections_json(std::span<const ConnectionSummary> connections, std::uint64_t open);

}  // namespace gabion::proxy
