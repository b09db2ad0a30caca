// Strict by construction: every byte of the id must belong to one of the three parts' alphabets.
#include "config/spiffe_id.h"

#include <algorithm>

#include "config/dns_name.h"

namespace gabion::config {
namespace {

constexpr std::size_t kMaxIdBytes = 2048;          ///< SPIFFE-ID standard §2.3
constexpr std::size_t kMaxTrustDomainBytes = 255;  ///< ibid.
constexpr std::string_view kScheme = "spiffe://";

Error wrong(std::string_view what) {
  return {"not a SPIFFE id: " + std::string(what), ""};
}

bool take(std::string_view& text, std::string_view prefix) noexcept {
  if (text.substr(0, prefix.size()) != prefix) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

/// What stands before the next '/', which stays.
std::string_view take_segment(std::string_view& text) noexcept {
  const std::string_view segment = text.substr(0, text.find('/'));
  text.remove_prefix(segment.size());
  return segment;
}

}  // namespace

bool is_trust_domain(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxTrustDomainBytes && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

Result<SpiffeId> SpiffeId::parse(std::string_view uri) {
  if (uri.size() > kMaxIdBytes) {
    return wrong("it is longer than 2048 bytes");
  }
  if (!take(uri, kScheme)) {
    return wrong("it must begin with spiffe://");
  }
  const std::string_view domain = take_segment(uri);
  if (!is_trust_domain(domain)) {
    return wrong("its trust domain must be 1 to 255 of a-z, 0-9, '.', '-', '_'");
  }
  if (!take(uri, "/ns/")) {
    return wrong("its path must be /ns/<namespace>/sa/<service account>");
  }
  const std::string_view name_space = take_segment(uri);
  if (!take(uri, "/sa/")) {
    return wrong("its path must be /ns/<namespace>/sa/<service account>");
  }
  if (!is_dns_label(name_space)) {
    return wrong("its namespace is not a DNS label");
  }
  if (!is_dns_subdomain(uri)) {
    return wrong("its service account is not a DNS subdomain");
  }
  return SpiffeId{std::string(domain), std::string(name_space), std::string(uri)};
}

std::string SpiffeId::to_string() const {
  return std::string(kScheme) + trust_domain + "/ns/" + name_space + "/sa/" + service_account;
}

}  // namespace gabion::config
