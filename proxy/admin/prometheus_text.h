// All workers' counters and what is known of the whole program as one page of Prometheus text.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/services/service_index.h"
#include "proxy/admin/metrics.h"

namespace gabion::proxy {

/// How long one loaded file stays valid.
struct CertificateFacts {
  std::string role;               ///< "certificate", "trust_bundle"
  std::string file;               ///< its path; the label shows the last part
  double expires_in_seconds = 0;  ///< of its first certificate to expire; negative when it has
};

/// What no worker knows. Filled by the control thread at each scrape.
struct ProcessFacts {
  std::string version;
  std::string workload_namespace;
  std::string pod;
  std::string service_account;
  std::string principal;  ///< own SPIFFE id; empty without identity
  std::chrono::system_clock::time_point start_time;
  std::vector<CertificateFacts> certificates;
  std::uint64_t bundle_generation = 0;
  std::uint64_t config_generation = 0;
  std::uint64_t config_rejected_total = 0;
  std::uint64_t provisional_rules = 0;  ///< 1 while rules of `inspection.waf` lack databases
  std::uint64_t audit_dropped = 0;
  std::uint64_t rss_bytes = 0;
  config::services::EndpointCounts endpoints;  ///< of all services that routes lead to
  std::optional<std::uint64_t> gateway_pods;   ///< of a gateway: those it stands for
};

/// Text format 0.0.4, metric names and labels of mesh.md §9. Values of empty labels read "unknown". The workers'
/// samples are added up; only gabion_accepted_total and gabion_loop_iterations_total tell them apart.
[[nodiscard]] std::string render_prometheus(std::span<const MetricsSample> workers, const ProcessFacts& facts);

/// Content-Type of that text.
inline constexpr std::string_view kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace gabion::proxy
