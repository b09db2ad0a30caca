// A gabion.yaml around an `inspection` section, and what is wrong with it.
#pragma once

#include <string>

#include "config/proxy_config.h"

namespace gabion::config {

inline std::string with_inspection(const std::string& inspection) {
  return "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: a, pod: b}\npolicy: {directory: p}\n"
         "inbound:\n- {listen: \"127.0.0.1:1\", port: 80, protocol: http, target: \"127.0.0.1:2\", tls: DISABLE}\n"
         "inspection: " +
         inspection + "\n";
}

/// All errors, one a line; "": there are none.
inline std::string refusal(const std::string& inspection) {
  const auto config = parse_proxy_config(with_inspection(inspection), "g.yaml", false);
  std::string all;
  for (const Error& error : config ? Errors{} : config.error()) {
    all += (all.empty() ? "" : "\n") + error.to_string();
  }
  return all;
}

}  // namespace gabion::config
