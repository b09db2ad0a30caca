// Requests that between them meet and miss the conditions of some HTTP rules: what a comparison of policies asks with.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/traffic.h"

namespace gabion::inspect::policy {

inline constexpr std::size_t kMaxSamples = 2048;

struct RequestSamples {
  std::vector<config::policy::HttpRequest> requests;
  std::vector<std::string> unsampled;  ///< regexes for which no text was found
  bool truncated = false;              ///< more than kMaxSamples combinations: only each item alone was sampled
};

/// Every combination of the methods, paths, hosts and headers that `items` name, and of one of each that none names.
[[nodiscard]] RequestSamples sample_requests(const std::vector<const config::kube::HttpMatch*>& items);

/// A text that the whole regex meets: the first alternative, as few repetitions as it allows. Checked with RE2.
[[nodiscard]] std::optional<std::string> sample_of_regex(std::string_view regex);

}  // namespace gabion::inspect::policy
