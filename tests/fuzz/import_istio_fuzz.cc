// Any bytes as AuthorizationPolicies: whatever is written must be a policy our own parser takes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/kube/parse.h"
#include "config/policy/import.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gabion::config::policy::ImportOptions options;
  options.http_ports = {8080};
  options.expand_namespaces = {"a", "b"};
  const auto result =
      gabion::config::policy::import_istio({{std::string(reinterpret_cast<const char*>(data), size), "fuzz"}}, options);
  const auto objects = gabion::config::kube::parse_manifests(result.manifests, "written");
  if (!objects || !objects->refusals.empty() || (result.imported == 0) != result.manifests.empty()) {
    std::abort();
  }
  return 0;
}
