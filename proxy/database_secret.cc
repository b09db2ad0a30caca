// A login to a database that the proxy makes for a workload: see database_secret.h.
#include "proxy/database_secret.h"

#include <utility>

namespace gabion::proxy {
namespace {

postgres::LoginMethod to_method(config::DatabaseLoginMethod method) noexcept {
  switch (method) {
    case config::DatabaseLoginMethod::kScram:
      return postgres::LoginMethod::kScram;
    case config::DatabaseLoginMethod::kMd5:
      return postgres::LoginMethod::kMd5;
    case config::DatabaseLoginMethod::kCleartext:
      return postgres::LoginMethod::kCleartext;
    case config::DatabaseLoginMethod::kTrust:
      return postgres::LoginMethod::kTrust;
  }
  return postgres::LoginMethod::kScram;
}

}  // namespace

config::Result<DatabaseLoginPlan> plan_database_login(const config::DatabaseLogin& login) {
  auto secret = config::read_database_secret(login.secret_file);
  if (secret.has_error()) {
    const config::Error error = secret.error();
    return config::Error{error.where + ": " + error.what, login.where};
  }
  DatabaseLoginPlan plan;
  plan.identity = login.identity ? login.identity->to_string() : "";
  plan.role = login.role;
  plan.secret = std::make_shared<const DatabaseSecret>(*std::move(secret));
  for (const auto method : login.methods) {
    plan.methods.add(to_method(method));
  }
  return plan;
}

}  // namespace gabion::proxy
