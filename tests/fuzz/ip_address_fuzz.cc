// Any text as an address, a network and an endpoint: what is accepted prints and parses back to itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/ip_address.h"

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gabion::config::Cidr;
  using gabion::config::Endpoint;
  using gabion::config::IpAddress;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = IpAddress::parse(text)) {
    require(IpAddress::parse(address->to_string()).value() == *address);
    require(text.find('%') == std::string_view::npos);
    const std::string whole = address->to_string() + (address->is_v4() ? "/32" : "/128");
    require(Cidr::parse(whole).value().contains(*address));
  }
  if (const auto cidr = Cidr::parse(text)) {
    require(cidr->prefix_bits <= (cidr->network.is_v4() ? 32 : 128));
    require(cidr->contains(cidr->network));
    const std::string canonical = cidr->network.to_string() + "/" + std::to_string(cidr->prefix_bits);
    require(Cidr::parse(canonical).value() == *cidr);
    require(!cidr->contains(cidr->network.is_v4() ? IpAddress::v6({0x20}) : IpAddress::v4(0)));
  }
  if (const auto endpoint = Endpoint::parse(text)) {
    require(Endpoint::parse(endpoint->to_string()).value() == *endpoint);
  }
  return 0;
}
