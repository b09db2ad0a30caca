// The rules of a layout, by the tables of the kernel that they are put in: see tables.h.
#include "proxy/interception/tables.h"

#include "proxy/interception/redirect_rules.h"
#include "proxy/interception/tproxy_rules.h"

namespace gabion::proxy::interception {
namespace {

Rules mangle_rules(const NetSettings& settings, Family family) {
  switch (settings.layout) {
    case Layout::kSidecarRedirect:
      return {};
    case Layout::kSidecarTproxy:
      return sidecar_mangle_rules(settings, family);
    case Layout::kGateway:
      return gateway_mangle_rules(settings, family);
  }
  return {};
}

Rules nat_rules(const NetSettings& settings, Family family) {
  switch (settings.layout) {
    case Layout::kSidecarRedirect:
    case Layout::kSidecarTproxy:
      return redirect_rules(settings, family);
    case Layout::kGateway:
      return gateway_nat_rules(settings);
  }
  return {};
}

}  // namespace

Rules rules_of(const NetSettings& settings, std::string_view table, Family family) {
  return table == "mangle" ? mangle_rules(settings, family) : nat_rules(settings, family);
}

}  // namespace gabion::proxy::interception
