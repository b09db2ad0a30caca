// Labels of domains, addresses of hosts, days.
#include "inspect/dlp/checks/contact.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

bool is_beyond_ascii(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool is_local_character(char c) noexcept {
  return is_digit(c) || is_letter(c) || is_beyond_ascii(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

bool is_local_part(std::string_view local) noexcept {
  return !local.empty() && local.size() <= 64 && local.front() != '.' && local.back() != '.' &&
         local.find("..") == std::string_view::npos && std::all_of(local.begin(), local.end(), is_local_character);
}

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return is_digit(c) || is_letter(c) || c == '-' || is_beyond_ascii(c); });
}

bool equals_in_lower(std::string_view text, std::string_view lowered) noexcept {
  return std::equal(text.begin(), text.end(), lowered.begin(), lowered.end(),
                    [](char a, char b) { return lower(a) == b; });
}

bool is_top_level(std::string_view label) noexcept {
  for (const std::string_view suffix :
       {"png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "css", "js", "json", "html"}) {
    if (equals_in_lower(label, suffix)) {
      return false;
    }
  }
  return label.size() >= 2 &&
         (equals_in_lower(label.substr(0, 4), "xn--") ||
          std::all_of(label.begin(), label.end(), [](char c) { return is_letter(c) || is_beyond_ascii(c); }));
}

bool is_domain(std::string_view domain) noexcept {
  if (domain.find('.') == std::string_view::npos || domain.size() > 253) {
    return false;
  }
  while (true) {
    const std::size_t dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return is_top_level(domain);
    }
    domain.remove_prefix(dot + 1);
  }
}

bool is_plausible(std::string_view year, std::string_view month, std::string_view day) noexcept {
  return number(year) >= 1900 && number(year) < 2050 && is_date(number(year), number(month), number(day));
}

}  // namespace

bool is_email(std::string_view text) noexcept {
  const std::size_t at = text.rfind('@');
  return text.size() <= 254 && at != std::string_view::npos && is_local_part(text.substr(0, at)) &&
         is_domain(text.substr(at + 1));
}

bool is_ip_address(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  // "::" names no host.
  if (text.size() < 3 || text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return false;
  }
  std::copy(text.begin(), text.end(), terminated.begin());
  std::array<unsigned char, 16> address{};
  return inet_pton(text.find(':') == std::string_view::npos ? AF_INET : AF_INET6, terminated.data(), address.data()) ==
         1;
}

bool is_mac_address(std::string_view hex) noexcept {
  return hex.size() == 12 && std::all_of(hex.begin(), hex.end(), is_hex) &&
         !(one_repeated(hex) && (hex[0] == '0' || lower(hex[0]) == 'f'));
}

bool is_date_of_birth(std::string_view text) noexcept {
  if (digits_of_length(text, 8)) {
    return is_plausible(text.substr(0, 4), text.substr(4, 2), text.substr(6, 2));
  }
  if (text.size() != 10) {
    return false;
  }
  if (has_shape(text, "nnnn-nn-nn")) {
    return is_plausible(text.substr(0, 4), text.substr(5, 2), text.substr(8, 2));
  }
  const char separator = text[2];
  if (std::string_view("./-").find(separator) == std::string_view::npos || text[5] != separator ||
      !all_digits(text.substr(0, 2)) || !all_digits(text.substr(3, 2)) || !all_digits(text.substr(6))) {
    return false;
  }
  const std::string_view year = text.substr(6);
  return is_plausible(year, text.substr(3, 2), text.substr(0, 2)) ||
         is_plausible(year, text.substr(0, 2), text.substr(3, 2));
}

}  // namespace gabion::inspect::dlp
