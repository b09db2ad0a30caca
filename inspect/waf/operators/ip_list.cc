// The list of networks, read and searched.
#include "inspect/waf/operators/ip_list.h"

#include <algorithm>

namespace gabion::inspect::waf::operators {

config::Result<IpList> IpList::parse(std::span<const std::string> entries) {
  IpList list;
  for (const auto& entry : entries) {
    if (entry.find('/') != std::string::npos) {
      const auto network = config::Cidr::parse(entry);
      if (!network) {
        return network.error();
      }
      list.networks_.push_back(*network);
      continue;
    }
    const auto address = config::IpAddress::parse(entry);
    if (!address) {
      return address.error();
    }
    list.networks_.push_back({*address, static_cast<std::uint8_t>(address->is_v4() ? 32 : 128)});
  }
  return list;
}

bool IpList::contains(std::string_view address) const {
  const auto parsed = config::IpAddress::parse(address);
  return parsed && std::any_of(networks_.begin(), networks_.end(),
                               [&](const config::Cidr& network) { return network.contains(*parsed); });
}

}  // namespace gabion::inspect::waf::operators
