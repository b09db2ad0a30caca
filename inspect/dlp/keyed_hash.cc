// OpenSSL does the arithmetic.
#include "inspect/dlp/keyed_hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kShownBytes = 8;  ///< of a digest: 16 hexadecimal digits
constexpr std::size_t kKeyIdBytes = 4;

std::string hexadecimal(const KeyedHash::Digest& digest, std::size_t size) {
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
}

KeyedHash::Digest hmac(std::string_view key, std::string_view message) {
  KeyedHash::Digest digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
       message.size(), digest.data(), &size);
  return digest;
}

}  // namespace

KeyedHash::KeyedHash(std::string key) : key_(std::move(key)) {
  key_id_ = hexadecimal(hmac(key_, "gabion dlp key id"), kKeyIdBytes);
}

config::Result<KeyedHash> KeyedHash::from_key(std::string_view key) {
  if (key.size() < kMinKeyBytes) {
    return config::Error{fmt::format("the key has {} bytes, at least {} are needed", key.size(), kMinKeyBytes), ""};
  }
  return KeyedHash(std::string(key));
}

config::Result<KeyedHash> KeyedHash::random() {
  std::string key(kMinKeyBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1) {
    return config::Error{"the system gives no random bytes for a key", ""};
  }
  return KeyedHash(std::move(key));
}

KeyedHash::KeyedHash(KeyedHash&& other) noexcept
    : key_(std::exchange(other.key_, {})), key_id_(std::move(other.key_id_)) {}

KeyedHash& KeyedHash::operator=(KeyedHash&& other) noexcept {
  key_.swap(other.key_);
  key_id_.swap(other.key_id_);
  return *this;
}

KeyedHash::~KeyedHash() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

KeyedHash::Digest KeyedHash::digest(std::string_view type, std::string_view value) const {
  std::string message;
  message.reserve(type.size() + 1 + value.size());
  message.append(type).push_back('\0');  // no type's name holds one
  message.append(value);
  const Digest made = hmac(key_, message);
  OPENSSL_cleanse(message.data(), message.size());
  return made;
}

std::string KeyedHash::name(const Digest& digest) const {
  return key_id_ + ":" + hexadecimal(digest, kShownBytes);
}

void make_canonical(std::string_view value, ValueClass value_class, std::string& out) {
  out.clear();
  switch (value_class) {
    case ValueClass::kNumber:
    case ValueClass::kCard:
      for (const char c : value) {
        if (std::string_view(" \t-./()").find(c) == std::string_view::npos) {
          out += c;
        }
      }
      return;
    case ValueClass::kEmail: {
      const std::size_t domain = value.rfind('@');
      for (std::size_t i = 0; i < value.size(); ++i) {
        out += domain != std::string_view::npos && i > domain ? lower(value[i]) : value[i];
      }
      return;
    }
    case ValueClass::kSecret:
    case ValueClass::kOther:
      out = value;
      return;
  }
}

}  // namespace gabion::inspect::dlp
