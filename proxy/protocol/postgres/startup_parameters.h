// Start-up parameters: read, `options` taken apart, and only those let through that change nothing a judge rests on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gabion::proxy::postgres {

/// Why a start-up packet is refused.
enum class StartupRefusal : std::uint8_t {
  kNone,
  kMalformed,    ///< 08P01: not pairs of texts, or one named twice
  kNoUser,       ///< 28000
  kNameTooLong,  ///< 28000: a user or database that the server would cut to another's name
  kReplication,  ///< 42501: a walsender has a grammar of its own
  kParameter,    ///< 42501: not on the list; `what` names it
  kEncoding,     ///< 42501: a client_encoding in which a text may be read in two ways
  kOptions,      ///< 42501: `options` has something else than -c name=value
};

struct StartupParameters {
  std::string user;
  std::string database;                                       ///< the user's name when not given, as PostgreSQL does
  std::string application_name;                               ///< "" when not given
  std::vector<std::pair<std::string, std::string>> settings;  ///< to be sent on, beside user and database
  std::vector<std::string> protocol_options;                  ///< names that begin with _pq_.
  StartupRefusal refusal = StartupRefusal::kNone;
  std::string what;  ///< the name of the parameter that is refused, never a value
};

/// `packet` is StartupPacket::parameters.
[[nodiscard]] StartupParameters parse_startup_parameters(std::string_view packet);

/// Encodings whose every byte below 0x80 stands for itself alone and that servers check: UTF8, SQL_ASCII.
[[nodiscard]] bool is_safe_encoding(std::string_view name);

}  // namespace gabion::proxy::postgres
