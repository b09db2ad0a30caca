// The spelling of ends: ns/pod, node:NAME, ip:ADDR.
#include "config/policy/traffic.h"

#include "config/dns_name.h"

namespace gabion::config::policy {
namespace {

constexpr std::string_view kAddressPrefix = "ip:";
constexpr std::string_view kNodePrefix = "node:";

}  // namespace

Result<End> End::parse(std::string_view text) {
  End end;
  end.text = std::string(text);
  if (text.starts_with(kAddressPrefix)) {
    const auto address = IpAddress::parse(text.substr(kAddressPrefix.size()));
    if (!address) {
      return Error{address.error().what, end.text};
    }
    end.kind = Kind::kAddress;
    end.address = *address;
    return end;
  }
  if (text.starts_with(kNodePrefix) && text.size() > kNodePrefix.size()) {
    end.kind = Kind::kNode;
    end.node = std::string(text.substr(kNodePrefix.size()));
    return end;
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !is_dns_label(text.substr(0, slash)) ||
      !is_dns_subdomain(text.substr(slash + 1))) {
    return Error{"is no end: want namespace/pod, node:NAME or ip:ADDRESS", end.text};
  }
  end.pod = {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  return end;
}

std::string Traffic::to_string() const {
  std::string text =
      from.text + " -> " + to.text + ":" + std::to_string(port) + "/" + std::string(kube::to_string(protocol));
  if (request) {
    text += "  " + request->method + " " + request->target;
  }
  if (sql) {
    text += "  SQL";
    text += sql->user.empty() ? "" : " as " + sql->user;
    text += sql->database.empty() ? "" : " in " + sql->database;
  }
  return text;
}

Result<kube::IpProtocol> parse_ip_protocol(std::string_view text) {
  for (const auto protocol : {kube::IpProtocol::kTcp, kube::IpProtocol::kUdp, kube::IpProtocol::kSctp}) {
    if (text == kube::to_string(protocol)) {
      return protocol;
    }
  }
  return Error{"must be TCP, UDP or SCTP", std::string(text)};
}

}  // namespace gabion::config::policy
