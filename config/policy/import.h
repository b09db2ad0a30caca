// Other people's policies become ours: all or nothing per source object, never wider than the source (policy §5).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.h"
#include "config/result.h"

namespace gabion::config::policy {

struct ImportOptions {
  /// Istio: policies in this namespace are for the whole mesh: refused (E_SCOPE) unless `expand_namespaces` lists every
  /// namespace of the mesh; they are then written once for each.
  std::string root_namespace = "istio-system";
  std::vector<std::string> expand_namespaces;
  /// Istio: the ports on which HTTP is spoken, for rules with HTTP fields and no ports.
  std::vector<std::uint16_t> http_ports;
  /// Cilium: every range of pods and nodes. CIDR rules and `world` never mean those there, but an ipBlock does.
  std::vector<Cidr> cluster_cidrs;
  /// Cilium: take a path pattern although the query would have counted too.
  bool ignore_query = false;
  /// Cilium: where a layer-4 rule switches an HTTP rule off, do the same instead of refusing.
  bool cilium_compat = false;
  /// Says whether RE2 takes a regex. Unset: every regex is taken.
  std::function<Result<void>(std::string_view)> check_regex;
};

/// One remark about a source object. E_ codes refuse it, W_ codes do not.
struct ImportFinding {
  std::string where;  ///< "file:doc:path"
  std::string code;
  std::string text;

  [[nodiscard]] bool is_error() const noexcept { return code.starts_with("E_"); }
  [[nodiscard]] std::string to_string() const { return where + ": " + code + ": " + text; }
};

struct ImportResult {
  std::string manifests;  ///< documents, each begun with "---"
  std::vector<ImportFinding> findings;
  std::size_t imported = 0;  ///< source objects written
  std::size_t refused = 0;   ///< source objects with an error; texts that are no YAML count as one
};

struct ImportText {
  std::string text;
  std::string file;  ///< for messages
};

/// AuthorizationPolicy (security.istio.io/v1, v1beta1). Other kinds are left out with W_KIND.
[[nodiscard]] ImportResult import_istio(const std::vector<ImportText>& texts, const ImportOptions& options);

/// CiliumNetworkPolicy (cilium.io/v2). Other kinds are left out with W_KIND.
[[nodiscard]] ImportResult import_cilium(const std::vector<ImportText>& texts, const ImportOptions& options);

}  // namespace gabion::config::policy
