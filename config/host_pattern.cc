// Takes the port off, then looks at what kind of host is left.
#include "config/host_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/dns_name.h"
#include "config/ip_address.h"
#include "config/units.h"

namespace gabion::config {
namespace {

constexpr std::size_t kShownBytes = 64;  ///< of a bad text in an error

bool is_port(std::string_view text) {
  const auto port = parse_count(text);
  return port && *port >= 1 && *port <= 65'535 && text.front() != '0';
}

/// Canonical text between brackets.
bool is_bracketed_v6(std::string_view host) {
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') {
    return false;
  }
  const std::string_view inner = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(inner);
  return address && !address->is_v4() && address->to_string() == inner;
}

bool is_host(std::string_view host) {
  if (host == "*" || is_bracketed_v6(host)) {
    return true;
  }
  const bool wildcard = host.substr(0, 2) == "*.";
  return is_dns_subdomain(host.substr(wildcard ? 2 : 0));
}

}  // namespace

Result<std::string> parse_host_pattern(std::string_view text) {
  const std::string quoted = fmt::format("\"{}\"", text.substr(0, kShownBytes));
  if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return Error{quoted + " must be lower case", ""};
  }
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  if (has_port && !is_port(text.substr(colon + 1))) {
    return Error{quoted + " is not a host: its port must be 1 to 65535", ""};
  }
  if (!is_host(has_port ? text.substr(0, colon) : text)) {
    return Error{quoted + " is not a host: a DNS name, *.name, *, an IPv4 address or a [canonical IPv6 address]", ""};
  }
  return std::string(text);
}

}  // namespace gabion::config
