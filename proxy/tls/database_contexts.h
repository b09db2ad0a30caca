// TLS around PostgreSQL outside the mesh: what a database's server must show, and what an application is shown.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/database_tls.h"
#include "config/ip_address.h"
#include "proxy/tls/material.h"

namespace gabion::proxy::tls {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const noexcept;
};
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeSslContext>;

/// How we meet a database's server. Immutable; shared by all workers.
class DatabaseClientContext {
 public:
  /// Errors name the file. `destination` is what counts where no name is configured.
  [[nodiscard]] static config::Result<std::shared_ptr<const DatabaseClientContext>> make(
      const config::DatabaseTls& wanted, const config::IpAddress& destination);

  [[nodiscard]] SSL_CTX& context() const noexcept { return *context_; }
  [[nodiscard]] const config::DatabaseTls& wanted() const noexcept { return wanted_; }
  /// Whether a server is who it says, once its handshake is done.
  [[nodiscard]] bool verifies() const noexcept { return wanted_.mode != config::DatabaseTlsMode::kRequire; }
  /// Whether a server that was met under other settings would be met under these: `root` ends its verified chain.
  [[nodiscard]] bool takes(const DatabaseClientContext& earlier, const std::optional<Fingerprint>& root) const noexcept;

 private:
  DatabaseClientContext(const config::DatabaseTls& wanted, const config::IpAddress& destination)
      : wanted_(wanted), destination_(destination) {}
  [[nodiscard]] config::Result<void> trust();

  config::DatabaseTls wanted_;
  config::IpAddress destination_;
  std::vector<Fingerprint> roots_;
  SslContextPtr context_;
};

/// Whom an application meets. Immutable; shared by all workers.
class DatabaseServerContext {
 public:
  [[nodiscard]] static config::Result<std::shared_ptr<const DatabaseServerContext>> make(
      const config::ApplicationTls& shown);

  [[nodiscard]] SSL_CTX& context() const noexcept { return *context_; }
  [[nodiscard]] bool is_required() const noexcept { return mode_ == config::ApplicationTlsMode::kRequire; }
  /// tls-server-end-point of what is shown.
  [[nodiscard]] const std::string& end_point() const noexcept { return end_point_; }

 private:
  DatabaseServerContext() = default;

  config::ApplicationTlsMode mode_ = config::ApplicationTlsMode::kAllow;
  std::string end_point_;
  SslContextPtr context_;
};

}  // namespace gabion::proxy::tls
