// What SCRAM derives from a password, kept for the next login: thousands of rounds of HMAC are what a login costs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/protocol/postgres/scram_crypto.h"

namespace gabion::proxy::postgres {

struct ScramKeys {
  Digest client{};
  Digest server{};
};

/// Of one worker. Bounded; the oldest makes room. Whoever holds these keys can log in as whoever holds the password:
/// they are wiped when they leave.
class ScramKeyCache {
 public:
  static constexpr std::size_t kMost = 64;

  explicit ScramKeyCache(const ScramCrypto& crypto) noexcept : crypto_(crypto) {}
  ~ScramKeyCache();
  ScramKeyCache(const ScramKeyCache&) = delete;
  ScramKeyCache& operator=(const ScramKeyCache&) = delete;

  /// Derives them, unless it did before. False: the library failed.
  [[nodiscard]] bool get(std::string_view password, std::string_view salt, std::uint32_t iterations, ScramKeys& out);
  [[nodiscard]] std::uint64_t derivations() const noexcept { return derivations_; }

 private:
  struct Entry {
    bool is_used = false;
    Digest name{};  ///< of password, salt and rounds
    ScramKeys keys;
  };
  const ScramCrypto& crypto_;
  std::array<Entry, kMost> entries_{};
  std::size_t next_ = 0;
  std::uint64_t derivations_ = 0;
};

/// ClientKey and ServerKey of RFC 5802 §3.
[[nodiscard]] bool derive_scram_keys(const ScramCrypto& crypto, std::string_view password, std::string_view salt,
                                     std::uint32_t iterations, ScramKeys& out) noexcept;

}  // namespace gabion::proxy::postgres
