// Byte by byte: no regex, no locale, no allocation.
#include "config/dns_name.h"

#include <algorithm>
#include <cstddef>

namespace gabion::config {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxSubdomain = 253;

constexpr bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_label_of_any_length(std::string_view text) noexcept {
  if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

}  // namespace

bool is_dns_label(std::string_view text) noexcept {
  return text.size() <= kMaxLabel && is_label_of_any_length(text);
}

bool is_dns_subdomain(std::string_view text) noexcept {
  if (text.size() > kMaxSubdomain) {
    return false;
  }
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label_of_any_length(text.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(dot + 1);
  }
}

}  // namespace gabion::config
