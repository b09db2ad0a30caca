// The client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677): proves that it knows a password, and that the server does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/protocol/postgres/scram_crypto.h"
#include "proxy/protocol/postgres/scram_keys.h"

namespace gabion::proxy::postgres {

enum class ScramError : std::uint8_t {
  kNone,
  kMalformed,   ///< not the message of RFC 5802 §7 that stands here
  kNonce,       ///< the server's nonce does not go on from ours
  kIterations,  ///< fewer or more than we do
  kRefused,     ///< the server says e=…: it does not take the proof
  kForged,      ///< the server does not know the password
  kCrypto,      ///< the library failed
};
/// "a nonce that is not ours", …
[[nodiscard]] std::string_view to_string(ScramError error) noexcept;

/// The channel below, as the GS2 header tells it.
struct ScramChannel {
  enum class Binding : std::uint8_t {
    kNone,        ///< 'n': we cannot bind
    kNotOffered,  ///< 'y': we could, the server did not offer it; it refuses when it did
    kEndPoint,    ///< 'p=tls-server-end-point'
  };
  Binding binding = Binding::kNone;
  std::string_view end_point{};  ///< RFC 5929 §4: the hash of the server's certificate
};

/// One login. Whatever was derived from the password is wiped at the end. A password is taken as it is, as PostgreSQL
/// takes one of ASCII characters: others would go through SASLprep first, which is not done here.
class ScramClient {
 public:
  /// RFC 7677 §4 names the least; PBKDF2 runs where the login runs, so the most is what a worker can bear.
  static constexpr std::uint32_t kLeastIterations = 4'096;
  static constexpr std::uint32_t kMostIterations = 600'000;
  static constexpr std::size_t kMostMessageBytes = 4'096;  ///< of the server

  /// Borrows `crypto` and `cache` (may be null); `password` until final_message() is made.
  ScramClient(const ScramCrypto& crypto, std::string_view password, ScramKeyCache* cache) noexcept
      : crypto_(crypto), password_(password), cache_(cache) {}
  ~ScramClient();
  ScramClient(const ScramClient&) = delete;
  ScramClient& operator=(const ScramClient&) = delete;

  /// Makes client_message() the first one. PostgreSQL takes the user from the start-up packet: n= is empty.
  [[nodiscard]] ScramError begin(const ScramChannel& channel);
  /// The same with a nonce and a user that are given: of test vectors.
  [[nodiscard]] ScramError begin(const ScramChannel& channel, std::string_view nonce, std::string_view user);
  /// Makes client_message() the final one.
  [[nodiscard]] ScramError on_server_first(std::string_view message);
  /// kNone: the server knows the password.
  [[nodiscard]] ScramError on_server_final(std::string_view message);

  /// To be sent; until the next call.
  [[nodiscard]] std::string_view client_message() const noexcept { return message_; }

 private:
  [[nodiscard]] ScramError prove(const ScramKeys& keys, std::string_view server_first);

  const ScramCrypto& crypto_;
  std::string_view password_;
  ScramKeyCache* cache_;
  std::string header_;  ///< GS2 header and channel data, as c= has them
  std::string first_;   ///< client-first-message-bare
  std::string nonce_;
  std::string message_;
  Digest server_signature_{};
};

}  // namespace gabion::proxy::postgres
