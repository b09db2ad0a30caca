// The arithmetic that logging in needs, as an interface: who has a cryptographic library implements it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gabion::proxy::postgres {

using Digest = std::array<unsigned char, 32>;

[[nodiscard]] inline std::string_view to_text(std::span<const unsigned char> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Stateless, for any thread. False: the library failed, which ends the login.
class ScramCrypto {
 public:
  virtual ~ScramCrypto() = default;
  [[nodiscard]] virtual bool random(std::span<unsigned char> out) const noexcept = 0;
  [[nodiscard]] virtual bool sha256(std::string_view text, Digest& out) const noexcept = 0;
  /// HMAC-SHA-256.
  [[nodiscard]] virtual bool hmac(std::string_view key, std::string_view text, Digest& out) const noexcept = 0;
  /// Hi() of RFC 5802: PBKDF2 with HMAC-SHA-256, one block.
  [[nodiscard]] virtual bool derive(std::string_view password, std::string_view salt, std::uint32_t iterations,
                                    Digest& out) const noexcept = 0;
  /// Lower-case hexadecimal digits.
  [[nodiscard]] virtual bool md5(std::string_view text, std::array<char, 32>& out) const noexcept = 0;
  /// In a time that does not tell where they differ.
  [[nodiscard]] virtual bool equal(std::span<const unsigned char> one,
                                   std::span<const unsigned char> other) const noexcept = 0;
  virtual void wipe(std::span<unsigned char> bytes) const noexcept = 0;
};

}  // namespace gabion::proxy::postgres
