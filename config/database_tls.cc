// TLS around PostgreSQL outside the mesh: see database_tls.h.
#include "config/database_tls.h"

#include <utility>

#include "config/dns_name.h"
#include "config/ip_address.h"

namespace gabion::config {
namespace {

Result<std::string> parse_server_name(std::string_view text) {
  if (!is_dns_subdomain(text) || IpAddress::parse(text).has_value()) {
    return Error{"must be a DNS name in lower case; leave it out for the address that is dialled", ""};
  }
  return std::string(text);
}

/// Both or neither.
void read_pair(ConfigMap& map, const ConfigFolder& folder, std::filesystem::path& certificate,
               std::filesystem::path& key) {
  const ConfigField first = map.optional("certificate");
  const ConfigField second = map.optional("key");
  if (first.present() != second.present()) {
    (first.present() ? first : second).refuse("certificate and key are given together or not at all");
    return;
  }
  certificate = read_file_path(first, folder).value_or(std::filesystem::path());
  key = read_file_path(second, folder).value_or(std::filesystem::path());
}

}  // namespace

DatabaseTls read_database_tls(ConfigMap& whole, DatabaseTlsMode mode, const ConfigFolder& folder) {
  DatabaseTls tls;
  tls.mode = mode;
  const ConfigField name = whole.optional("serverName");
  if (mode == DatabaseTlsMode::kRequire) {
    whole.optional("trustBundle").refuse("is never looked at with mode REQUIRE");
  } else {
    tls.trust_bundle = read_file_path(whole.required("trustBundle"), folder).value_or(std::filesystem::path());
  }
  tls.server_name = name.parsed(&parse_server_name).value_or(std::string());
  tls.start = whole.optional("start").one_of(kDatabaseTlsStartWords).value_or(DatabaseTlsStart::kRequest);
  read_pair(whole, folder, tls.certificate, tls.key);
  return tls;
}

std::optional<DatabaseTls> read_target_tls(const ConfigField& field, const ConfigFolder& folder) {
  if (!field.present()) {
    return std::nullopt;
  }
  ConfigMap map(field);
  const auto mode = map.required("mode").one_of(kDatabaseTlsModeWords);
  DatabaseTls tls = read_database_tls(map, mode.value_or(DatabaseTlsMode::kVerifyFull), folder);
  map.refuse_unknown_keys();
  return tls;
}

std::optional<ApplicationTls> read_application_tls(const ConfigField& field, const ConfigFolder& folder) {
  if (!field.present()) {
    return std::nullopt;
  }
  ConfigMap map(field);
  ApplicationTls tls;
  tls.mode = map.required("mode").one_of(kApplicationTlsModeWords).value_or(ApplicationTlsMode::kRequire);
  read_pair(map, folder, tls.certificate, tls.key);
  map.refuse_unknown_keys();
  return tls;
}

}  // namespace gabion::config
