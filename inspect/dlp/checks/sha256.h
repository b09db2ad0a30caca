// SHA-256 twice, as addresses of Bitcoin and its kin are checked.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace gabion::inspect::dlp {

/// SHA-256 (FIPS 180-4) of the SHA-256 of `bytes`. No allocation.
[[nodiscard]] std::array<unsigned char, 32> double_sha256(std::span<const unsigned char> bytes) noexcept;

}  // namespace gabion::inspect::dlp
