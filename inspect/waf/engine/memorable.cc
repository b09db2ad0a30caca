// Lists of what may be remembered; whatever is not on one may not.
#include "inspect/waf/engine/memorable.h"

namespace gabion::inspect::waf::engine {
namespace {

constexpr std::size_t kMostNameBytes = 64;

}  // namespace

bool is_memorable_single(seclang::Variable variable) noexcept {
  return variable == seclang::Variable::kRequestMethod || variable == seclang::Variable::kRequestProtocol ||
         variable == seclang::Variable::kServerName;
}

bool is_memorable_name(std::string_view name, std::string_view value) noexcept {
  return name.size() <= kMostNameBytes && !value.empty();
}

}  // namespace gabion::inspect::waf::engine
