// Names values without telling them: the same value has the same name, and only who holds the key can make it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"

namespace gabion::inspect::dlp {

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) over a type and a value in its canonical form. Immutable after construction:
/// shared by all workers. The key is wiped from memory at the end.
class KeyedHash {
 public:
  static constexpr std::size_t kMinKeyBytes = 32;
  using Digest = std::array<unsigned char, 32>;

  /// Errors: fewer than kMinKeyBytes.
  [[nodiscard]] static config::Result<KeyedHash> from_key(std::string_view key);
  /// A key that nobody else has: names do not outlive this start. Errors: the system gives no randomness.
  [[nodiscard]] static config::Result<KeyedHash> random();

  KeyedHash(KeyedHash&&) noexcept;
  KeyedHash& operator=(KeyedHash&&) noexcept;
  KeyedHash(const KeyedHash&) = delete;
  KeyedHash& operator=(const KeyedHash&) = delete;
  ~KeyedHash();

  /// The whole name. `type` and `value` do not run into each other.
  [[nodiscard]] Digest digest(std::string_view type, std::string_view value) const;

  /// Eight hexadecimal digits that tell one key from another.
  [[nodiscard]] std::string_view key_id() const noexcept { return key_id_; }

  /// For evidence: "<key id>:<16 hexadecimal digits>".
  [[nodiscard]] std::string name(const Digest& digest) const;

 private:
  explicit KeyedHash(std::string key);
  std::string key_;
  std::string key_id_;
};

/// A value as hashes and allow-lists compare it, written to `out` (cleared first, capacity kept): without blanks, '-',
/// '.', '/', '(' and ')' where digits and letters are all that counts; of an e-mail address the domain in lower case.
enum class ValueClass : std::uint8_t {
  kNumber,  ///< digits or letters in groups: ids, phones
  kCard,    ///< the same, of a payment card
  kEmail,
  kSecret,  ///< as it is
  kOther,   ///< as it is
};
void make_canonical(std::string_view value, ValueClass value_class, std::string& out);

}  // namespace gabion::inspect::dlp
