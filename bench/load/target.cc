// Where the load goes: see target.h.
#include "bench/load/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace gabion::bench {
namespace {

constexpr std::string_view kLocalhost = "localhost";

config::Error refuse(std::string_view url, std::string_view why) {
  return {fmt::format("\"{}\" {}", url.substr(0, 200), why), ""};
}

struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;
};

/// Brackets stay off the host. A lone bracket leaves a host that is no address.
Authority split_authority(std::string_view text) noexcept {
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    if (end != std::string_view::npos && (end + 1 == text.size() || text[end + 1] == ':')) {
      const auto host = text.substr(1, end - 1);
      return end + 1 == text.size() ? Authority{host, {}} : Authority{host, text.substr(end + 2)};
    }
  }
  const auto colon = text.find(':');
  return colon == std::string_view::npos ? Authority{text, {}}
                                         : Authority{text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<std::uint16_t> read_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0 ? std::optional(port) : std::nullopt;
}

}  // namespace

bool is_origin_form(std::string_view path) noexcept {
  return !path.empty() && path.front() == '/' &&
         std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7F && c != '#'; });
}

config::Result<Target> Target::parse(std::string_view url) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  Target target;
  auto rest = url;
  if (rest.starts_with(kHttps)) {
    target.scheme = Scheme::kHttps;
    rest.remove_prefix(kHttps.size());
  } else if (rest.starts_with(kHttp)) {
    rest.remove_prefix(kHttp.size());
  } else {
    return refuse(url, "is not a URL: it begins with neither http:// nor https://");
  }
  const auto path_begin = std::min(rest.find_first_of("/?#"), rest.size());
  target.authority = rest.substr(0, path_begin);
  target.path = path_begin == rest.size() ? "/" : rest.substr(path_begin);
  if (!is_origin_form(target.path)) {
    return refuse(url,
                  "has a path that cannot be sent: it begins with '/' and has no blank, fragment or control character");
  }
  const auto [host, port] = split_authority(target.authority);
  const auto address = config::IpAddress::parse(host == kLocalhost ? "127.0.0.1" : host);
  if (!address) {
    return refuse(url, "needs an address or localhost as host");
  }
  const auto number = port ? read_port(*port) : std::optional<std::uint16_t>(target.scheme == Scheme::kHttp ? 80 : 443);
  if (!number) {
    return refuse(url, "has a port that is not 1 to 65535");
  }
  target.endpoint = {*address, *number};
  target.server_name = host == kLocalhost ? host : "";
  return target;
}

}  // namespace gabion::bench
