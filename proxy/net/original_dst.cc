// Where a connection was going before the kernel led it to us: see original_dst.h.
#include "proxy/net/original_dst.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "proxy/net/socket.h"

namespace gabion::proxy {
namespace {

// linux/netfilter_ipv4.h and linux/netfilter_ipv6/ip6_tables.h, which do not go together with netinet/in.h.
constexpr int kOriginalDst = 80;

}  // namespace

std::optional<config::Endpoint> original_destination(int fd) noexcept {
  if (local_endpoint(fd).address.is_v4()) {
    sockaddr_in v4{};
    socklen_t length = sizeof v4;
    if (::getsockopt(fd, IPPROTO_IP, kOriginalDst, &v4, &length) != 0) {
      return std::nullopt;
    }
    return config::Endpoint{config::IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  socklen_t length = sizeof v6;
  if (::getsockopt(fd, IPPROTO_IPV6, kOriginalDst, &v6, &length) != 0) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return config::Endpoint{config::IpAddress::v6(bytes), ntohs(v6.sin6_port)};
}

}  // namespace gabion::proxy
