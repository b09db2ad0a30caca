// Small grammars: see syntax.h.
#include "proxy/protocol/http1/syntax.h"

#include <algorithm>
#include <charconv>

namespace gabion::proxy::http1 {
namespace {

bool consists_of(std::string_view text, std::string_view marks) noexcept {
  for (const char c : text) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!alphanumeric && marks.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

/// "" or ":" and at most five digits (RFC 3986 §3.2.3 allows none).
bool is_port(std::string_view text) noexcept {
  return text.empty() ||
         (text.front() == ':' && text.size() <= 6 && text.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

constexpr std::size_t kLongestAuthority = 262;  // a name of 255 bytes (RFC 1035 §2.3.4), ":" and a port, rounded up

}  // namespace

bool is_request_line(std::string_view line, std::string_view method, std::string_view target) noexcept {
  constexpr std::string_view kVersion = " HTTP/1.";
  const std::size_t version_at = method.size() + 1 + target.size();
  return line.size() == version_at + kVersion.size() + 1 && line.substr(version_at, kVersion.size()) == kVersion;
}

bool is_status_line(std::string_view line) noexcept {
  constexpr std::size_t kStatusAt = 9;
  constexpr std::size_t kStatusEnd = 12;
  return line.size() >= kStatusEnd && line.substr(0, 7) == "HTTP/1." && line[kStatusAt - 1] == ' ' &&
         line.substr(kStatusAt, 3).find_first_not_of("0123456789") == std::string_view::npos &&
         (line.size() == kStatusEnd || line[kStatusEnd] == ' ');
}

bool is_authority(std::string_view text) noexcept {
  if (text.empty() || text.size() > kLongestAuthority) {
    return false;
  }
  if (text.front() == '[') {
    const auto close = text.find(']');
    return close != std::string_view::npos && close > 1 && is_port(text.substr(close + 1)) &&
           text.substr(1, close - 1).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  }
  const auto colon = std::min(text.find(':'), text.size());
  return colon > 0 && consists_of(text.substr(0, colon), "-._~%!$&'()*+;=") && is_port(text.substr(colon));
}

std::optional<std::uint64_t> parse_content_length(std::string_view text) noexcept {
  constexpr std::size_t kMostDigits = 19;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool whole = error == std::errc() && end == text.data() + text.size() && text.size() <= kMostDigits;
  return whole ? std::optional(length) : std::nullopt;
}

}  // namespace gabion::proxy::http1
