// IP addresses and networks as policies compare them: families never mix, v4-mapped IPv6 is IPv4.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "config/result.h"

namespace gabion::config {

/// A value, 17 bytes, no zone. `::ffff:a.b.c.d` becomes the IPv4 address it stands for (policy R17).
class IpAddress {
 public:
  IpAddress() noexcept = default;  ///< 0.0.0.0
  [[nodiscard]] static IpAddress v4(std::uint32_t host_order) noexcept;
  [[nodiscard]] static IpAddress v6(const std::array<std::uint8_t, 16>& network_order) noexcept;
  /// Dotted quad (leading zeros are decimal, as the API server reads them) or RFC 4291 text. No zone, no port.
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const noexcept { return v4_; }
  /// Network order. IPv4 uses the first 4 bytes, the rest are 0.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool is_loopback() const noexcept;
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) noexcept = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool v4_ = true;
};

/// A network: an address with host bits masked off and a prefix length in bits of its own family.
struct Cidr {
  IpAddress network;
  std::uint8_t prefix_bits = 0;

  /// "10.0.0.0/16", "2001:db8::/32". A bare address, blanks, short forms and signs are errors (policy V13).
  [[nodiscard]] static Result<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  friend auto operator<=>(const Cidr&, const Cidr&) noexcept = default;
};

/// An address and a TCP port.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// "10.0.0.1:80", "[::1]:80". Port 0 is accepted here; who forbids it says so.
  [[nodiscard]] static Result<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) noexcept = default;
};

}  // namespace gabion::config

template <>
struct std::hash<gabion::config::IpAddress> {
  std::size_t operator()(const gabion::config::IpAddress& address) const noexcept;
};
