// What /certs, /policy, /connections and the metrics tell of a snapshot: dates, fingerprints, rule names; no keys.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "proxy/admin/prometheus_text.h"
#include "proxy/session/connection.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

[[nodiscard]] std::string certificates_json(const Snapshot& snapshot);
[[nodiscard]] std::string policy_json(const Snapshot& snapshot);

/// `ejected`: by worker. Of a service the first thousand endpoints are listed.
[[nodiscard]] std::string services_json(const Snapshot& snapshot,
                                        std::span<const std::vector<config::Endpoint>> ejected);

[[nodiscard]] std::string connections_json(std::span<const ConnectionSummary> connections, std::uint64_t open);

/// How long the files of its identity stay valid. REQUIRES: it has one.
[[nodiscard]] std::vector<CertificateFacts> certificate_facts(const Snapshot& snapshot,
                                                              std::chrono::system_clock::time_point now);

}  // namespace gabion::proxy
