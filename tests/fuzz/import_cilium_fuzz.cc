// Any bytes as CiliumNetworkPolicies: whatever is written must be a policy our own parser takes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/kube/parse.h"
#include "config/policy/import.h"
#include "inspect/match/regex.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gabion::config::Result;
  gabion::config::policy::ImportOptions options;
  options.cluster_cidrs = {gabion::config::Cidr::parse("10.0.0.0/8").value()};
  options.ignore_query = size % 2 == 0;
  options.cilium_compat = size % 3 == 0;
  options.check_regex = [](std::string_view pattern) -> Result<void> {
    const auto compiled = gabion::inspect::match::Regex::compile(pattern);
    return compiled ? Result<void>() : compiled.error();
  };
  const auto result = gabion::config::policy::import_cilium(
      {{std::string(reinterpret_cast<const char*>(data), size), "fuzz"}}, options);
  const auto objects = gabion::config::kube::parse_manifests(result.manifests, "written");
  if (!objects || !objects->refusals.empty()) {
    std::abort();
  }
  for (const auto& policy : objects->l7_policies) {
    for (const auto& rule : policy.ingress) {
      for (const auto& item : rule.http) {
        for (const auto& path : item.paths) {
          if (path.kind == gabion::config::kube::PathMatch::Kind::kRegex && !options.check_regex(path.text)) {
            std::abort();
          }
        }
      }
    }
  }
  return 0;
}
