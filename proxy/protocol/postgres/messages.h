// What messages say: bodies of both directions read strictly, as PostgreSQL itself would or stricter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gabion::proxy::postgres {

/// The text of a Query: one NUL, at its end.
[[nodiscard]] std::optional<std::string_view> read_query(std::string_view body) noexcept;

struct ParseMessage {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] std::optional<ParseMessage> read_parse(std::string_view body) noexcept;

struct BindMessage {
  std::string_view portal;
  std::string_view statement;
  std::string_view result_formats{};  ///< two bytes each; of the whole body
};
/// The whole body: format codes none, one or one a value, values of -1 or a length that fits.
[[nodiscard]] std::optional<BindMessage> read_bind(std::string_view body) noexcept;
/// The beginning of one that is longer.
[[nodiscard]] std::optional<BindMessage> read_bind_beginning(std::string_view body) noexcept;

enum class Target : std::uint8_t { kStatement, kPortal };
struct TargetMessage {
  Target target = Target::kStatement;
  std::string_view name;
};
/// Of Describe and Close.
[[nodiscard]] std::optional<TargetMessage> read_target(std::string_view body) noexcept;

/// The portal of an Execute.
[[nodiscard]] std::optional<std::string_view> read_execute(std::string_view body) noexcept;

/// One text, NUL at the end: CopyFail, a password.
[[nodiscard]] std::optional<std::string_view> read_only_text(std::string_view body) noexcept;

struct ErrorMessage {
  std::string_view severity;  ///< not localised: ERROR, FATAL, PANIC, …
  std::string_view code;
};
/// Of an error or a notice, or its beginning.
[[nodiscard]] ErrorMessage read_error(std::string_view body) noexcept;

struct ParameterMessage {
  std::string_view name;
  std::string_view value;
};
[[nodiscard]] std::optional<ParameterMessage> read_parameter_status(std::string_view body) noexcept;

/// What a server asks for (protocol-message-formats, Authentication*).
enum class Authentication : std::uint8_t {
  kOk,
  kCleartext,
  kMd5,
  kSasl,
  kSaslContinue,
  kSaslFinal,
  kOpaque,  ///< Kerberos, GSSAPI, SSPI, or something new
};
struct AuthenticationMessage {
  Authentication kind = Authentication::kOpaque;
  std::string_view rest;
};
[[nodiscard]] std::optional<AuthenticationMessage> read_authentication(std::string_view body) noexcept;

}  // namespace gabion::proxy::postgres
