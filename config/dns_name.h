// The two name shapes Kubernetes uses everywhere: DNS labels and DNS subdomains (RFC 1123).
#pragma once

#include <string_view>

namespace gabion::config {

/// 1 to 63 of [a-z0-9-], beginning and ending with a letter or digit. Namespaces, ports of Services, …
[[nodiscard]] bool is_dns_label(std::string_view text) noexcept;

/// Labels joined by '.', at most 253 bytes. Names of most objects. Unlike DNS itself a single part may be longer
/// than 63 bytes: the API server limits the whole only.
[[nodiscard]] bool is_dns_subdomain(std::string_view text) noexcept;

}  // namespace gabion::config
