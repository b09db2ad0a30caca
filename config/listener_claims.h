// Names, ports and addresses of listeners that only one of them may have, with where each was used first.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/config_field.h"
#include "config/ip_address.h"

namespace gabion::config {

/// What may be used once, and where it was used first.
class UsedOnce {
 public:
  void claim(const ConfigField& field, const std::string& what) {
    const auto [first, is_new] = claimed_.emplace(what, field.path());
    if (!is_new) {
      field.refuse(fmt::format("\"{}\" is already used by {}", what, first->second));
    }
  }

 private:
  std::map<std::string, std::string> claimed_;
};

/// Addresses that are listened on. A wildcard address takes its port on all addresses of its family.
class UsedAddresses {
 public:
  void claim(const ConfigField& field, const Endpoint& endpoint) {
    const auto clash = std::find_if(claimed_.begin(), claimed_.end(),
                                    [&endpoint](const Claim& claim) { return overlap(claim.endpoint, endpoint); });
    if (clash != claimed_.end()) {
      field.refuse(fmt::format("{} is already used by {}", clash->endpoint.to_string(), clash->path));
    }
    claimed_.push_back({endpoint, field.path()});
  }

  /// Of an endpoint no field stands for.
  void reserve(const Endpoint& endpoint, std::string path) { claimed_.push_back({endpoint, std::move(path)}); }

 private:
  struct Claim {
    Endpoint endpoint;
    std::string path;
  };

  static bool is_wildcard(const IpAddress& address) noexcept {
    return std::all_of(address.bytes().begin(), address.bytes().end(), [](std::uint8_t byte) { return byte == 0; });
  }

  static bool overlap(const Endpoint& a, const Endpoint& b) noexcept {
    return a.port == b.port && a.port != 0 && a.address.is_v4() == b.address.is_v4() &&
           (a.address == b.address || is_wildcard(a.address) || is_wildcard(b.address));
  }

  std::vector<Claim> claimed_;
};

}  // namespace gabion::config
