// Tells a secret from a word that stands where a secret would: entropy, placeholders, published examples.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// Shannon's entropy (C. E. Shannon, 1948) of the bytes, in bits per byte, 0 to 8. 0 for "".
[[nodiscard]] double entropy_bits(std::string_view value) noexcept;

/// What people write instead of a secret: changeme, xxxx, ****, <token>, ${VAR}, {{ var }}, %(var)s, a run of one
/// character, published example keys. In either case.
[[nodiscard]] bool is_placeholder(std::string_view value) noexcept;

/// RFC 9562 in its text form.
[[nodiscard]] bool is_uuid(std::string_view value) noexcept;

/// Hexadecimal, as long as an MD5, SHA-1, SHA-224, -256, -384 or -512 in hexadecimal.
[[nodiscard]] bool is_hash_of_known_length(std::string_view value) noexcept;

}  // namespace gabion::inspect::dlp
