// Ways to reach a person or a machine: e-mail, network addresses, a date of birth. Phones: phone.h.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// RFC 5321 and 5322 dot-atom local part (64 bytes), RFC 6531 letters beyond ASCII, domain of two labels or more (63
/// bytes each, no hyphen at their ends) whose last is letters, xn-- or beyond ASCII and no suffix of an image or script
/// (logo@2x.png). No quoted local parts, no address literals.
[[nodiscard]] bool is_email(std::string_view text) noexcept;

/// RFC 4291 or dotted quad without leading zeros. No zone, no prefix length, no port, not "::". Proves the shape:
/// version numbers of four parts pass.
[[nodiscard]] bool is_ip_address(std::string_view text) noexcept;

/// IEEE 802 EUI-48: twelve hexadecimal digits, ':' '-' and '.' gone; not all zeros, not broadcast.
[[nodiscard]] bool is_mac_address(std::string_view hex) noexcept;

/// A day from 1900 to 2049 (there is no clock here) as ISO 8601 writes it, with or without dashes, or with the year
/// last and day and month in either order, between two equal separators of '.', '/', '-'.
[[nodiscard]] bool is_date_of_birth(std::string_view text) noexcept;

}  // namespace gabion::inspect::dlp
