// Who is let in to the database as which role: see database_login.h.
#include "config/database_login.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace gabion::config {
namespace {

constexpr std::size_t kMostLogins = 1'024;  // of one listener
constexpr std::size_t kMostRoleBytes = 63;  // NAMEDATALEN - 1

DatabaseLogin read_login(const ConfigField& field, LoginSide side, const ConfigFolder& folder) {
  ConfigMap map(field);
  DatabaseLogin login;
  if (side == LoginSide::kInbound) {
    login.identity = map.required("identity").parsed(&SpiffeId::parse);
  } else {
    map.optional("identity").refuse("is always the pod's own on an outbound listener");
  }
  const ConfigField role = map.required("role");
  if (auto name = role.string()) {
    if (name->size() > kMostRoleBytes) {
      role.refuse(fmt::format("is longer than {} bytes", kMostRoleBytes));
    }
    login.role = *std::move(name);
  }
  const ConfigField secret = map.required("secretFile");
  if (auto file = read_file_path(secret, folder)) {
    login.secret_file = *std::move(file);
  }
  login.where = secret.where();
  const ConfigField methods = map.optional("methods");
  if (methods.present()) {
    login.methods.clear();
    for (const ConfigField& item : methods.items(std::size(kDatabaseLoginMethodWords))) {
      if (const auto method = item.one_of(kDatabaseLoginMethodWords)) {
        login.methods.push_back(*method);
      }
    }
  }
  map.refuse_unknown_keys();
  return login;
}

}  // namespace

std::vector<DatabaseLogin> read_database_logins(const ConfigField& field, LoginSide side, const ConfigFolder& folder) {
  std::vector<DatabaseLogin> logins;
  for (const ConfigField& item : field.items(kMostLogins)) {
    DatabaseLogin login = read_login(item, side, folder);
    const bool is_twice = std::any_of(logins.begin(), logins.end(), [&login](const DatabaseLogin& other) {
      return other.identity == login.identity && other.role == login.role;
    });
    if (is_twice) {
      item.refuse(fmt::format("role \"{}\" is given twice to the same identity", login.role));
    }
    logins.push_back(std::move(login));
  }
  return logins;
}

Result<std::string> read_database_secret(const std::filesystem::path& file) {
  std::string secret(kMostSecretBytes + 3, '\0');  // a line's end, and one more
  std::ifstream in(file, std::ios::binary);
  in.read(secret.data(), static_cast<std::streamsize>(secret.size()));
  if (!in.is_open() || in.bad()) {
    return Error{"cannot be read", file.string()};
  }
  secret.resize(static_cast<std::size_t>(in.gcount()));
  if (secret.ends_with('\n')) {
    secret.pop_back();
  }
  if (secret.ends_with('\r')) {
    secret.pop_back();
  }
  const bool is_printable = std::all_of(secret.begin(), secret.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (secret.empty() || secret.size() > kMostSecretBytes || !is_printable) {
    std::fill(secret.begin(), secret.end(), '\0');
    return Error{fmt::format("holds no secret: one line of 1 to {} printable ASCII characters", kMostSecretBytes),
                 file.string()};
  }
  return secret;
}

}  // namespace gabion::config
