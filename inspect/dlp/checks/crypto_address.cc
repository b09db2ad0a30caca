// Base 58 in an array of bytes, and the BCH code of bech32.
#include "inspect/dlp/checks/crypto_address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "inspect/dlp/checks/sha256.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
constexpr std::array<unsigned char, 6> kVersions{0, 5, 48, 50, 111, 196};

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kMostBase58 = 128;
constexpr std::size_t kCheckBytes = 4;

/// Bytes of a base-58 number at the end of `bytes`; empty: a foreign character, nothing, or too long.
std::span<const unsigned char> decode_base58(std::string_view text,
                                             std::array<unsigned char, kMostBase58>& bytes) noexcept {
  if (text.empty() || text.size() > kMostBase58) {
    return {};
  }
  std::size_t used = 0;
  for (const char c : text) {
    const std::size_t value = kBase58.find(c);
    if (value == std::string_view::npos) {
      return {};
    }
    std::size_t carry = value;
    std::size_t i = 0;
    for (; i < used || carry != 0; ++i) {
      unsigned char& byte = bytes[bytes.size() - 1 - i];
      carry += std::size_t{58} * (i < used ? byte : 0U);
      byte = static_cast<unsigned char>(carry & 0xFFU);
      carry >>= 8;
    }
    used = i;
  }
  const std::size_t zeros = std::min(text.find_first_not_of('1'), text.size());
  for (std::size_t i = 0; i < zeros; ++i) {
    bytes[bytes.size() - 1 - used - i] = 0;
  }
  return std::span<const unsigned char>(bytes).last(used + zeros);
}

bool is_checked(std::span<const unsigned char> bytes) noexcept {
  if (bytes.size() <= kCheckBytes) {
    return false;
  }
  const auto digest = double_sha256(bytes.first(bytes.size() - kCheckBytes));
  return std::equal(bytes.end() - kCheckBytes, bytes.end(), digest.begin());
}

std::uint32_t bch_step(std::uint32_t check, std::uint32_t value) noexcept {
  const std::uint32_t top = check >> 25;
  check = (check & 0x1ffffff) << 5 ^ value;
  for (unsigned i = 0; i < kGenerator.size(); ++i) {
    check ^= (top >> i & 1U) != 0 ? kGenerator[i] : 0;
  }
  return check;
}

std::uint32_t prefix_check(std::string_view prefix) noexcept {
  std::uint32_t check = 1;
  for (const char c : prefix) {
    check = bch_step(check, static_cast<std::uint32_t>(lower(c)) >> 5);
  }
  check = bch_step(check, 0);
  for (const char c : prefix) {
    check = bch_step(check, static_cast<std::uint32_t>(lower(c)) & 31U);
  }
  return check;
}

bool is_segwit_prefix(std::string_view prefix) noexcept {
  for (const std::string_view known : {"bc", "tb", "bcrt", "ltc", "tltc"}) {
    if (std::equal(prefix.begin(), prefix.end(), known.begin(), known.end(),
                   [](char a, char b) { return lower(a) == b; })) {
      return true;
    }
  }
  return false;
}

bool is_mixed_case(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) { return c != upper(c); }) &&
         std::any_of(text.begin(), text.end(), [](char c) { return c != lower(c); });
}

/// `program`: the values between version and checksum. Their bits make whole bytes and less than five zero bits.
bool is_program(unsigned version, std::string_view program) noexcept {
  const std::size_t bits = program.size() * 5;
  const std::size_t bytes = bits / 8;
  if (bits % 8 >= 5 || bytes < 2 || bytes > 40 || (version == 0 && bytes != 20 && bytes != 32)) {
    return false;
  }
  const std::size_t last = kBech32.find(lower(program.back()));
  return (last & ((1U << bits % 8) - 1)) == 0;
}

}  // namespace

bool passes_base58check(std::string_view text) noexcept {
  std::array<unsigned char, kMostBase58> bytes{};
  return is_checked(decode_base58(text, bytes));
}

bool is_btc_address(std::string_view text) noexcept {
  if (text.size() < 25 || text.size() > 35) {
    return false;
  }
  std::array<unsigned char, kMostBase58> bytes{};
  const auto decoded = decode_base58(text, bytes);
  return decoded.size() == 25 && std::find(kVersions.begin(), kVersions.end(), decoded[0]) != kVersions.end() &&
         is_checked(decoded);
}

bool is_bech32_address(std::string_view text) noexcept {
  const std::size_t separator = text.rfind('1');
  if (text.size() > 90 || separator == std::string_view::npos || !is_segwit_prefix(text.substr(0, separator)) ||
      text.size() - separator - 1 < 8 || is_mixed_case(text)) {
    return false;
  }
  std::uint32_t check = prefix_check(text.substr(0, separator));
  for (const char c : text.substr(separator + 1)) {
    const std::size_t value = kBech32.find(lower(c));
    if (value == std::string_view::npos) {
      return false;
    }
    check = bch_step(check, static_cast<std::uint32_t>(value));
  }
  const auto version = static_cast<unsigned>(kBech32.find(lower(text[separator + 1])));
  const std::string_view program = text.substr(separator + 2, text.size() - separator - 8);
  return version <= 16 && check == (version == 0 ? 1U : 0x2bc830a3U) && is_program(version, program);
}

}  // namespace gabion::inspect::dlp
