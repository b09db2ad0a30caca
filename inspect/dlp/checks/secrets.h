// Secrets in forms that anybody may issue: passwords in URLs and headers, hashes of passwords, private keys.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// RFC 7617: base64 (what follows "Basic ") of at most 1 KiB of text without control characters, with a colon that is
/// not its first character.
[[nodiscard]] bool is_basic_auth(std::string_view value) noexcept;

/// RFC 3986 section 3.2.1: scheme "://" user ":" password "@" host, with a scheme that dials something. The user may be
/// empty (redis). Not a placeholder for a password. jdbc: may stand in front.
[[nodiscard]] bool holds_url_credentials(std::string_view text) noexcept;

/// The value of a password, secret, token …: 8 to 512 visible characters, entropy 3.5 bits or more, no placeholder, not
/// a UUID, not a hash of known length.
[[nodiscard]] bool is_generic_secret(std::string_view value) noexcept;

/// crypt(5): bcrypt $2a$ $2b$ $2x$ $2y$, $1$, $5$, $6$, yescrypt $y$ and $gy$; PHC string format: $argon2i$ $argon2d$
/// $argon2id$. Alphabets and field lengths of each.
[[nodiscard]] bool is_password_hash(std::string_view text) noexcept;

/// RFC 7468, RFC 1421, OpenSSH PROTOCOL.key, RFC 9580 armour, PuTTY: a header of a private key and behind it, after a
/// line end (which may be written as the two characters \n), a header field or 16 characters of base64.
[[nodiscard]] bool is_private_key(std::string_view text) noexcept;

}  // namespace gabion::inspect::dlp
