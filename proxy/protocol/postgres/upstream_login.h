// Logs in to a PostgreSQL server with a secret of the proxy's own: its authentication messages in, ours out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/protocol/postgres/scram.h"

namespace gabion::proxy::postgres {

/// How a secret may be shown.
enum class LoginMethod : std::uint8_t {
  kScram,      ///< SCRAM-SHA-256, with channel binding where both ends can: the server proves itself too
  kMd5,        ///< whoever listens can log in: over TLS with a verified server only
  kCleartext,  ///< the server is told the secret: likewise
  kTrust,      ///< the server asks for nothing
};

class LoginMethods {
 public:
  constexpr LoginMethods() = default;
  constexpr void add(LoginMethod method) noexcept { bits_ |= 1U << static_cast<unsigned>(method); }
  [[nodiscard]] constexpr bool has(LoginMethod method) const noexcept {
    return (bits_ >> static_cast<unsigned>(method) & 1U) != 0;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  friend bool operator==(const LoginMethods&, const LoginMethods&) = default;

 private:
  std::uint32_t bits_ = 0;
};

enum class LoginFailure : std::uint8_t {
  kNone,
  kMalformed,   ///< no message of the protocol
  kUnexpected,  ///< one that has no place here
  kMethod,      ///< the server asks for what is not allowed
  kNeedsTls,    ///< … and would be without TLS
  kScram,       ///< scram_error() says why
  kUnproven,    ///< the server let us in before it proved itself
  kRefused,     ///< the server says no: server_code()
};
[[nodiscard]] std::string_view to_string(LoginFailure failure) noexcept;

/// From the start-up packet to AuthenticationOk; what follows is the session's. No I/O.
class UpstreamLogin {
 public:
  /// How the bytes travel.
  enum class Channel : std::uint8_t {
    kPlain,
    kEncrypted,  ///< TLS with whoever answered
    kTls,        ///< with a server that was verified
  };
  struct Account {
    std::string_view role;
    std::string_view secret;
    LoginMethods methods;
    Channel channel = Channel::kPlain;
    std::string_view end_point{};  ///< tls-server-end-point of the server's certificate; empty: cannot be bound to
  };
  /// Borrows all it is given (`keys` may be null) until it is done.
  UpstreamLogin(const Account& account, const ScramCrypto& crypto, ScramKeyCache* keys) noexcept
      : account_(account), crypto_(crypto), keys_(keys) {}
  ~UpstreamLogin();
  UpstreamLogin(const UpstreamLogin&) = delete;
  UpstreamLogin& operator=(const UpstreamLogin&) = delete;

  enum class Step : std::uint8_t {
    kSend,    ///< to_send(), then read on
    kWait,    ///< read on
    kDone,    ///< the server takes us for `role`
    kFailed,  ///< failure(); the connection is of no more use
  };
  /// A message of the server.
  [[nodiscard]] Step on_message(char type, std::string_view body);
  /// A whole message; until the next call.
  [[nodiscard]] std::string_view to_send() const noexcept { return out_; }

  [[nodiscard]] LoginFailure failure() const noexcept { return failure_; }
  [[nodiscard]] ScramError scram_error() const noexcept { return scram_error_; }
  /// SQLSTATE of kRefused.
  [[nodiscard]] std::string_view server_code() const noexcept { return server_code_; }

 private:
  enum class State : std::uint8_t { kStart, kAnswered, kScramFirst, kScramFinal, kScramProven };
  [[nodiscard]] Step fail(LoginFailure failure) noexcept;
  [[nodiscard]] Step fail(ScramError error) noexcept;
  [[nodiscard]] Step on_authentication(std::string_view body);
  [[nodiscard]] Step on_ok() noexcept;
  [[nodiscard]] Step on_mechanisms(std::string_view list);
  [[nodiscard]] Step on_scram_continue(std::string_view message);
  [[nodiscard]] Step on_scram_final(std::string_view message);
  [[nodiscard]] Step send_password(LoginMethod method, std::string_view salt);
  [[nodiscard]] std::optional<LoginFailure> refuses(LoginMethod method) const noexcept;

  Account account_;
  const ScramCrypto& crypto_;
  ScramKeyCache* keys_;
  State state_ = State::kStart;
  LoginFailure failure_ = LoginFailure::kNone;
  ScramError scram_error_ = ScramError::kNone;
  std::optional<ScramClient> scram_;
  std::string out_;
  std::string server_code_;
};

}  // namespace gabion::proxy::postgres
