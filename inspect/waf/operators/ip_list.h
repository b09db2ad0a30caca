// @ipMatch: addresses and networks, and whether a text names an address among them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.h"
#include "config/result.h"

namespace gabion::inspect::waf::operators {

class IpList {
 public:
  /// Each entry an address or a network; host bits are allowed. Error: one that is neither; `where` is the caller's.
  [[nodiscard]] static config::Result<IpList> parse(std::span<const std::string> entries);

  /// False also for text that is no address.
  [[nodiscard]] bool contains(std::string_view address) const;

 private:
  std::vector<config::Cidr> networks_;
};

}  // namespace gabion::inspect::waf::operators
