// Proves addresses of Bitcoin and of what shares its formats.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// Base58Check (Bitcoin wiki): base 58, the last four bytes begin the double SHA-256 of the others. One byte of payload
/// or more; at most 128 characters.
[[nodiscard]] bool passes_base58check(std::string_view text) noexcept;

/// Base58Check of a version and 20 bytes: versions of Bitcoin (0, 5; test net 111, 196) and Litecoin (48, 50).
[[nodiscard]] bool is_btc_address(std::string_view text) noexcept;

/// BIP 173 and BIP 350: a segwit address of bc, tb, bcrt, ltc or tltc; version 0 has bech32's checksum and 20 or 32
/// bytes, versions 1 to 16 bech32m's and 2 to 40. Lower or upper case, not mixed.
[[nodiscard]] bool is_bech32_address(std::string_view text) noexcept;

}  // namespace gabion::inspect::dlp
