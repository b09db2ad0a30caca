// Joins the parts of the catalogue.
#include "inspect/dlp/catalogue.h"

#include <vector>

namespace gabion::inspect::dlp {

std::span<const Type> catalogue() noexcept {
  static const std::vector<Type> kAll = [] {
    std::vector<Type> all;
    for (const auto part : {money_types(), contact_types(), secret_types(), american_types(), european_types(),
                            asian_types(), health_types(), quiet_types()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kAll;
}

}  // namespace gabion::inspect::dlp
