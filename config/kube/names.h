// The shapes of label keys, label values and port names, as the API server checks them (policy V2, V3, V8).
#pragma once

#include <string_view>

namespace gabion::config::kube {

/// "[prefix/]name": prefix a DNS subdomain, name a label name of 1 to 63 bytes.
[[nodiscard]] bool is_label_key(std::string_view text) noexcept;

/// Empty, or at most 63 of [A-Za-z0-9_.-] beginning and ending with a letter or digit.
[[nodiscard]] bool is_label_value(std::string_view text) noexcept;

/// 1 to 15 of [a-z0-9-], with a letter, no "--", no '-' at either end (RFC 6335 §5.1).
[[nodiscard]] bool is_port_name(std::string_view text) noexcept;

}  // namespace gabion::config::kube
