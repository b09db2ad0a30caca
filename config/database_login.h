// `logins` of a listener with protocol postgres: who is let in as which role of the database without a password.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/config_field.h"
#include "config/config_files.h"
#include "config/result.h"
#include "config/spiffe_id.h"

namespace gabion::config {

/// How the server may ask for the secret. What shows it, or lets it be guessed, goes over TLS only.
enum class DatabaseLoginMethod : std::uint8_t { kScram, kMd5, kCleartext, kTrust };

inline constexpr Word<DatabaseLoginMethod> kDatabaseLoginMethodWords[] = {
    {"scram-sha-256", DatabaseLoginMethod::kScram},
    {"md5", DatabaseLoginMethod::kMd5},
    {"password", DatabaseLoginMethod::kCleartext},
    {"trust", DatabaseLoginMethod::kTrust}};

struct DatabaseLogin {
  std::optional<SpiffeId> identity;  ///< whose; nothing on an outbound listener: the pod's own application
  std::string role;                  ///< of the database, and what the client must call itself
  std::filesystem::path secret_file;
  std::vector<DatabaseLoginMethod> methods{DatabaseLoginMethod::kScram};
  std::string where;  ///< "file:line: key.path" of secretFile
};

enum class LoginSide : std::uint8_t { kInbound, kOutbound };

/// A list; absent: empty. Of an identity and a role together only one entry is taken.
[[nodiscard]] std::vector<DatabaseLogin> read_database_logins(const ConfigField& field, LoginSide side,
                                                              const ConfigFolder& folder);

/// What a secret file holds: one line of 1 to kMostSecretBytes printable ASCII characters, whose end may be missing.
/// Others would go through SASLprep, which is not done here. Errors never repeat what is in it.
inline constexpr std::size_t kMostSecretBytes = 1'024;
[[nodiscard]] Result<std::string> read_database_secret(const std::filesystem::path& file);

}  // namespace gabion::config
