// The demo's mesh: a folder of certificates, policies and configurations, and a sidecar process for each workload.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/ip_address.h"
#include "config/result.h"
#include "proxy/commands/demo/certificates.h"

namespace gabion::proxy::demo {

/// Where to knock by hand.
struct Addresses {
  config::Endpoint web_outbound;    ///< plain HTTP in, mTLS as shop/web out
  config::Endpoint guest_outbound;  ///< the same as shop/guest
  config::Endpoint orders_inbound;  ///< mTLS only
  config::Endpoint orders_admin;
};

/// What the policy lets shop/web do.
enum class Permission : std::uint8_t { kRead, kReadAndDelete };

/// Everything is below one temporary folder, removed with the object; so are the processes.
class Mesh {
 public:
  /// `service` is the application behind the orders sidecar. Returns when all sidecars are ready.
  [[nodiscard]] static config::Result<std::unique_ptr<Mesh>> start(const config::Endpoint& service);
  ~Mesh();
  Mesh(const Mesh&) = delete;
  Mesh& operator=(const Mesh&) = delete;

  [[nodiscard]] const Addresses& addresses() const noexcept { return addresses_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  /// Rewrites the policy file in place of the old one; the sidecars notice by themselves.
  [[nodiscard]] config::Result<void> write_policy(Permission permission) const;
  /// The orders sidecar's audit log.
  [[nodiscard]] std::filesystem::path audit_log() const { return folder_ / "orders" / "audit.jsonl"; }

 private:
  explicit Mesh(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] config::Result<void> write_files(const config::Endpoint& service);
  [[nodiscard]] config::Result<void> launch(const std::string& workload, const config::Endpoint& admin);

  std::filesystem::path folder_;
  Addresses addresses_;
  config::Endpoint web_admin_;
  config::Endpoint guest_admin_;
  std::vector<pid_t> processes_;
};

}  // namespace gabion::proxy::demo
