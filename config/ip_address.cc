// One parser for addresses and networks, with the API server's spelling rules (Go's net package before 1.17).
//
// Leading zeros are decimal: "010.0.0.0/08" is 10.0.0.0/8. inet_aton reads octal there and would open another
// network, inet_pton refuses and would lose the policy; so neither is used.
#include "config/ip_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace gabion::config {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

constexpr std::size_t kV4Bytes = 4;
constexpr std::size_t kV6Bytes = 16;
constexpr unsigned kMappedPrefixBits = 96;
constexpr std::size_t kNoEllipsis = kV6Bytes + 1;
constexpr std::size_t kShownBytes = 64;  ///< of a bad text in an error

int digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return 16;
}

/// Takes digits from the front of `text`; nothing when there is none or the number is above `max` (< 2^24).
std::optional<std::uint32_t> take_number(std::string_view& text, int base, std::uint32_t max) noexcept {
  std::uint32_t value = 0;
  std::size_t used = 0;
  while (used < text.size() && digit_value(text[used]) < base) {
    value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit_value(text[used]));
    if (value > max) {
      return std::nullopt;
    }
    ++used;
  }
  if (used == 0) {
    return std::nullopt;
  }
  text.remove_prefix(used);
  return value;
}

bool take(std::string_view& text, char expected) noexcept {
  if (text.empty() || text.front() != expected) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

std::optional<std::array<std::uint8_t, kV4Bytes>> parse_v4(std::string_view text) noexcept {
  std::array<std::uint8_t, kV4Bytes> octets{};
  for (std::size_t i = 0; i < kV4Bytes; ++i) {
    if (i > 0 && !take(text, '.')) {
      return std::nullopt;
    }
    const auto octet = take_number(text, 10, 255);
    if (!octet) {
      return std::nullopt;
    }
    octets[i] = static_cast<std::uint8_t>(*octet);
  }
  return text.empty() ? std::optional(octets) : std::nullopt;
}

/// The 16-bit groups of an IPv6 text while it is read from the front.
struct Groups {
  Bytes bytes{};
  std::size_t filled = 0;              ///< bytes
  std::size_t ellipsis = kNoEllipsis;  ///< value of `filled` where "::" stood
};

/// "a.b.c.d" at the end of an IPv6 text: it must end at the 16th byte, which only a "::" before it can do otherwise.
bool take_embedded_v4(std::string_view text, Groups& groups) noexcept {
  const bool fits =
      groups.ellipsis == kNoEllipsis ? groups.filled == kV6Bytes - kV4Bytes : groups.filled + kV4Bytes <= kV6Bytes;
  const auto octets = parse_v4(text);
  if (!fits || !octets) {
    return false;
  }
  std::copy(octets->begin(), octets->end(), groups.bytes.begin() + static_cast<std::ptrdiff_t>(groups.filled));
  groups.filled += kV4Bytes;
  return true;
}

/// Reads groups up to the end of `text`. False when it is not IPv6.
bool take_groups(std::string_view text, Groups& groups) noexcept {
  while (groups.filled < kV6Bytes) {
    if (text.substr(0, text.find(':')).find('.') != std::string_view::npos) {
      return take_embedded_v4(text, groups);
    }
    std::string_view rest = text;
    const auto value = take_number(rest, 16, 0xFFFF);
    if (!value) {
      return false;
    }
    groups.bytes[groups.filled] = static_cast<std::uint8_t>(*value >> 8U);
    groups.bytes[groups.filled + 1] = static_cast<std::uint8_t>(*value & 0xFFU);
    groups.filled += 2;
    if (rest.empty()) {
      return true;
    }
    if (!take(rest, ':') || rest.empty()) {
      return false;
    }
    if (take(rest, ':')) {
      if (groups.ellipsis != kNoEllipsis) {
        return false;
      }
      groups.ellipsis = groups.filled;
      if (rest.empty()) {
        return true;
      }
    }
    text = rest;
  }
  return false;
}

/// Moves what follows the "::" to the end. False when a "::" stands for nothing, or groups are missing.
bool expand_ellipsis(Groups& groups) noexcept {
  if (groups.filled == kV6Bytes || groups.ellipsis == kNoEllipsis) {
    return groups.filled == kV6Bytes && groups.ellipsis == kNoEllipsis;
  }
  const auto start = groups.bytes.begin() + static_cast<std::ptrdiff_t>(groups.ellipsis);
  const auto end = groups.bytes.begin() + static_cast<std::ptrdiff_t>(groups.filled);
  std::rotate(start, end, groups.bytes.end());
  return true;
}

std::optional<Bytes> parse_v6(std::string_view text) noexcept {
  Groups groups;
  if (text.substr(0, 2) == "::") {
    groups.ellipsis = 0;
    text.remove_prefix(2);
    if (text.empty()) {
      return groups.bytes;
    }
  }
  if (!take_groups(text, groups) || !expand_ellipsis(groups)) {
    return std::nullopt;
  }
  return groups.bytes;
}

bool is_v4_mapped(const Bytes& bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
         bytes[10] == 0xFF && bytes[11] == 0xFF;
}

void clear_host_bits(Bytes& bytes, unsigned prefix_bits) noexcept {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned before = static_cast<unsigned>(i) * 8;
    const unsigned kept = prefix_bits > before ? std::min(prefix_bits - before, 8U) : 0U;
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xFF00U >> kept) & 0xFFU);
  }
}

std::uint32_t to_host_order(const std::uint8_t* octets) noexcept {
  return (std::uint32_t{octets[0]} << 24U) | (std::uint32_t{octets[1]} << 16U) | (std::uint32_t{octets[2]} << 8U) |
         octets[3];
}

Error no_address(std::string_view text, std::string_view expected) {
  return {fmt::format("\"{}\" is not {}", text.substr(0, kShownBytes), expected), ""};
}

/// First group of the longest run of two or more zero groups, and its length (RFC 5952 §4.2); length 0: none.
std::pair<std::size_t, std::size_t> longest_zero_run(const std::array<unsigned, 8>& groups) noexcept {
  std::pair<std::size_t, std::size_t> best{0, 0};
  std::size_t length = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    length = groups[i] == 0 ? length + 1 : 0;
    if (length >= 2 && length > best.second) {
      best = {i + 1 - length, length};
    }
  }
  return best;
}

std::string v6_to_string(const Bytes& bytes) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = (unsigned{bytes[2 * i]} << 8U) | bytes[2 * i + 1];
  }
  const auto [start, length] = longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (length > 0 && i == start) {
      text += "::";
      i += length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') {
      text += ':';
    }
    text += fmt::format("{:x}", groups[i]);
  }
  return text;
}

Result<std::uint16_t> parse_port(std::string_view text) {
  std::string_view rest = text;
  const auto port = take_number(rest, 10, 65535);
  if (text.size() > 5 || !port || !rest.empty()) {
    return no_address(text, "a port");
  }
  return static_cast<std::uint16_t>(*port);
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) noexcept {
  IpAddress address;
  for (std::size_t i = 0; i < kV4Bytes; ++i) {
    address.bytes_[i] = static_cast<std::uint8_t>((host_order >> (24U - 8U * i)) & 0xFFU);
  }
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& network_order) noexcept {
  if (is_v4_mapped(network_order)) {
    return v4(to_host_order(network_order.data() + kV6Bytes - kV4Bytes));
  }
  IpAddress address;
  address.v4_ = false;
  address.bytes_ = network_order;
  return address;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    if (const auto octets = parse_v4(text)) {
      return v4(to_host_order(octets->data()));
    }
  } else if (const auto bytes = parse_v6(text)) {
    return v6(*bytes);
  }
  return no_address(text, "an IP address");
}

bool IpAddress::is_loopback() const noexcept {
  if (v4_) {
    return bytes_[0] == 127;
  }
  return bytes_.back() == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; });
}

std::string IpAddress::to_string() const {
  return v4_ ? fmt::format("{}.{}.{}.{}", bytes_[0], bytes_[1], bytes_[2], bytes_[3]) : v6_to_string(bytes_);
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return no_address(text, "a network: it needs a prefix length, as in 10.0.0.0/8");
  }
  const std::string_view address = text.substr(0, slash);
  std::string_view length = text.substr(slash + 1);
  const bool written_as_v6 = address.find(':') != std::string_view::npos;
  const auto bits = take_number(length, 10, written_as_v6 ? 128 : 32);
  if (!bits || !length.empty()) {
    return no_address(text, "a network: its prefix length is wrong");
  }
  Bytes bytes{};
  if (written_as_v6) {
    const auto parsed = parse_v6(address);
    if (!parsed) {
      return no_address(text, "a network: its address is wrong");
    }
    bytes = *parsed;
    clear_host_bits(bytes, *bits);
    // Below 96 bits the mask has cleared the mark of a mapped address: such a net is IPv6 and holds no IPv4.
    const IpAddress network = IpAddress::v6(bytes);
    return Cidr{network, static_cast<std::uint8_t>(network.is_v4() ? *bits - kMappedPrefixBits : *bits)};
  }
  const auto octets = parse_v4(address);
  if (!octets) {
    return no_address(text, "a network: its address is wrong");
  }
  std::copy(octets->begin(), octets->end(), bytes.begin());
  clear_host_bits(bytes, *bits);
  return Cidr{IpAddress::v4(to_host_order(bytes.data())), static_cast<std::uint8_t>(*bits)};
}

bool Cidr::contains(const IpAddress& address) const noexcept {
  if (address.is_v4() != network.is_v4()) {
    return false;
  }
  const std::size_t whole = prefix_bits / 8U;
  const auto& ours = network.bytes();
  const auto& theirs = address.bytes();
  if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(whole), theirs.begin())) {
    return false;
  }
  const unsigned rest = prefix_bits % 8U;
  return rest == 0 || ((unsigned{ours[whole]} ^ theirs[whole]) >> (8U - rest)) == 0;
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  constexpr std::string_view kExpected = "an address with a port, as in 10.0.0.1:80 or [::1]:80";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return no_address(text, kExpected);
  }
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  if (bracketed != (host.find(':') != std::string_view::npos)) {
    return no_address(text, kExpected);
  }
  const auto address = IpAddress::parse(host);
  const auto port = parse_port(text.substr(colon + 1));
  if (!address || !port) {
    return no_address(text, kExpected);
  }
  return Endpoint{*address, *port};
}

std::string Endpoint::to_string() const {
  return address.is_v4() ? fmt::format("{}:{}", address.to_string(), port)
                         : fmt::format("[{}]:{}", address.to_string(), port);
}

}  // namespace gabion::config

std::size_t std::hash<gabion::config::IpAddress>::operator()(const gabion::config::IpAddress& address) const noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes().data(), sizeof halves);
  // Multiply and fold: consecutive pod addresses differ in few bits and must spread over the whole word.
  std::uint64_t mixed = (halves[0] ^ (address.is_v4() ? 0x9E3779B97F4A7C15ULL : 0ULL)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 32U) ^ halves[1]) * 0x94D049BB133111EBULL;
  return static_cast<std::size_t>(mixed ^ (mixed >> 29U));
}
