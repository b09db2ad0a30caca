// Where the load goes: the URL of the command line, taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/ip_address.h"
#include "config/result.h"

namespace gabion::bench {

enum class Scheme : std::uint8_t { kHttp, kHttps };

struct Target {
  Scheme scheme = Scheme::kHttp;
  config::Endpoint endpoint;
  std::string authority;    ///< what Host says unless told otherwise: as written in the URL
  std::string server_name;  ///< SNI: the host when it is a name; addresses have none (RFC 6066 §3)
  std::string path;         ///< with query; "/" when the URL has none

  /// "http://127.0.0.1:8080/x?y", "https://[::1]/", "http://localhost". The host is an address or localhost, which is
  /// 127.0.0.1: a name would make a resolver part of what is measured. No user info, no fragment.
  [[nodiscard]] static config::Result<Target> parse(std::string_view url);
};

/// Origin form: begins with '/', printable ASCII without blank, '#' excluded.
[[nodiscard]] bool is_origin_form(std::string_view path) noexcept;

}  // namespace gabion::bench
