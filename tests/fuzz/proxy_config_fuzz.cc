// Any text as gabion.yaml: refused with places, or accepted and then the same configuration again from its own JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/proxy_config.h"
#include "config/proxy_config_json.h"
#include "config/yaml_value.h"

namespace {

using gabion::config::ProxyConfig;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void erase_line(std::string& json, std::string_view beginning) {
  const std::size_t start = json.find(beginning);
  if (start != std::string::npos) {
    json.erase(start, json.find('\n', start) + 1 - start);
  }
}

void require_same_again(const ProxyConfig& config) {
  const std::string once = to_json(config);
  std::string text = once;
  erase_line(text, "  \"file\"");
  erase_line(text, "  \"inbound\": [],");
  erase_line(text, "  \"outbound\": [],");
  text.insert(1, "\"apiVersion\": \"gabion.dev/v1alpha1\", \"kind\": \"Proxy\",");
  const auto again = gabion::config::parse_proxy_config(text, "/g/gabion.yaml", false);
  require(again.has_value() && to_json(*again) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = gabion::config::parse_proxy_config(text, "/g/gabion.yaml", false);
  if (config) {
    require(!config->inbound.empty() || !config->outbound.empty());
    require_same_again(*config);
    return 0;
  }
  require(!config.error().empty());
  for (const auto& error : config.error()) {
    require(!error.what.empty() && error.where.substr(0, 14) == "/g/gabion.yaml");
  }
  return 0;
}
