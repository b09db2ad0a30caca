// TLS around PostgreSQL outside the mesh: to a server that has a certificate of its own, and from an application.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "config/config_field.h"
#include "config/config_files.h"

namespace gabion::config {

/// What a server must show. In no mode is anything said in plain text.
enum class DatabaseTlsMode : std::uint8_t {
  kVerifyFull,  ///< a certificate of the bundle's for `server_name`, or for the address that is dialled
  kVerifyCa,    ///< a certificate of the bundle's, whoever's it is
  kRequire,     ///< any certificate: nobody listens, but anybody may be the server
};

inline constexpr Word<DatabaseTlsMode> kDatabaseTlsModeWords[] = {{"VERIFY_FULL", DatabaseTlsMode::kVerifyFull},
                                                                  {"VERIFY_CA", DatabaseTlsMode::kVerifyCa},
                                                                  {"REQUIRE", DatabaseTlsMode::kRequire}};

/// How TLS begins.
enum class DatabaseTlsStart : std::uint8_t {
  kRequest,  ///< the server is asked by SSLRequest
  kDirect,   ///< at once, with the ALPN "postgresql": PostgreSQL 17 and later
};

inline constexpr Word<DatabaseTlsStart> kDatabaseTlsStartWords[] = {{"request", DatabaseTlsStart::kRequest},
                                                                    {"direct", DatabaseTlsStart::kDirect}};

/// `targetTls` of an inbound listener, and what `tls` of a route says with such a mode.
struct DatabaseTls {
  DatabaseTlsMode mode = DatabaseTlsMode::kVerifyFull;
  std::filesystem::path trust_bundle;  ///< PEM; empty with kRequire
  std::string server_name;             ///< DNS name, also told to the server (SNI); empty: the address counts
  DatabaseTlsStart start = DatabaseTlsStart::kRequest;
  std::filesystem::path certificate;  ///< PEM, leaf first: shown to a server that asks; empty: none
  std::filesystem::path key;
};

/// Whether an application may speak in plain text.
enum class ApplicationTlsMode : std::uint8_t { kAllow, kRequire };

inline constexpr Word<ApplicationTlsMode> kApplicationTlsModeWords[] = {{"ALLOW", ApplicationTlsMode::kAllow},
                                                                        {"REQUIRE", ApplicationTlsMode::kRequire}};

/// `clientTls` of a listener.
struct ApplicationTls {
  ApplicationTlsMode mode = ApplicationTlsMode::kAllow;
  std::filesystem::path certificate;  ///< PEM, leaf first; by default that of `identity`
  std::filesystem::path key;
};

/// `whole` has the keys mode, trustBundle, serverName, start, certificate and key, and perhaps others of the caller's.
[[nodiscard]] DatabaseTls read_database_tls(ConfigMap& whole, DatabaseTlsMode mode, const ConfigFolder& folder);

/// `targetTls`. Absent: nothing.
[[nodiscard]] std::optional<DatabaseTls> read_target_tls(const ConfigField& field, const ConfigFolder& folder);

/// `clientTls`. Absent: nothing. Paths that are left out stay empty.
[[nodiscard]] std::optional<ApplicationTls> read_application_tls(const ConfigField& field, const ConfigFolder& folder);

}  // namespace gabion::config
