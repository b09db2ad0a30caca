// What the agent may ask the application: the probes that injection moved to its port.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"

namespace gabion::config::inject {

enum class ProbeForm : std::uint8_t { kHttp, kHttps, kTcp, kGrpc };

struct AppProbe {
  std::string path;  ///< on the agent's port: "/app-health/web/livez"
  ProbeForm form = ProbeForm::kHttp;
  std::uint16_t port = 0;                                    ///< of the application
  std::string target = "/";                                  ///< HTTP: path and query
  std::vector<std::pair<std::string, std::string>> headers;  ///< HTTP
  std::string service;                                       ///< gRPC
  std::chrono::milliseconds timeout{1'000};                  ///< Kubernetes' default
};

/// Reads what ProbeRewrites::declared wrote; empty text: none. Errors name the path.
[[nodiscard]] CheckedResult<std::vector<AppProbe>> parse_app_probes(std::string_view text);

}  // namespace gabion::config::inject
