// A login to a database that the proxy makes for a workload: role, secret and the ways in which it may be shown.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/database_login.h"
#include "config/result.h"
#include "inspect/wipe.h"
#include "proxy/protocol/postgres/upstream_login.h"

namespace gabion::proxy {

/// Wiped at its end. Never printed.
class DatabaseSecret {
 public:
  explicit DatabaseSecret(std::string secret) noexcept : secret_(std::move(secret)) {}
  ~DatabaseSecret() { inspect::wipe(secret_); }
  DatabaseSecret(const DatabaseSecret&) = delete;
  DatabaseSecret& operator=(const DatabaseSecret&) = delete;
  [[nodiscard]] std::string_view text() const noexcept { return secret_; }

 private:
  std::string secret_;
};

struct DatabaseLoginPlan {
  std::string identity;  ///< SPIFFE id; "" on an outbound listener
  std::string role;
  std::shared_ptr<const DatabaseSecret> secret;
  postgres::LoginMethods methods;
};

/// Reads the secret. Errors have the place of secretFile.
[[nodiscard]] config::Result<DatabaseLoginPlan> plan_database_login(const config::DatabaseLogin& login);

}  // namespace gabion::proxy
