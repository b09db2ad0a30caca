// Byte by byte checks; no locale, no regex.
#include "config/kube/names.h"

#include <algorithm>

#include "config/dns_name.h"

namespace gabion::config::kube {
namespace {

constexpr std::size_t kMaxNameBytes = 63;
constexpr std::size_t kMaxPortNameBytes = 15;

bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) noexcept {
  return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

bool is_label_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxNameBytes && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

bool is_label_key(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return is_label_name(text);
  }
  return is_dns_subdomain(text.substr(0, slash)) && is_label_name(text.substr(slash + 1));
}

bool is_label_value(std::string_view text) noexcept {
  return text.empty() || is_label_name(text);
}

bool is_port_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxPortNameBytes && text.front() != '-' && text.back() != '-' &&
         text.find("--") == std::string_view::npos && std::any_of(text.begin(), text.end(), is_lower) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

}  // namespace gabion::config::kube
