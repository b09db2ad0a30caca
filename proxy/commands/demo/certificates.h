// A throw-away CA for the demo: one root, leaves with a SPIFFE id, PEM files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "config/result.h"

namespace gabion::proxy::demo {

/// EC P-256, valid for one day. Its key lives in memory only.
class Authority {
 public:
  [[nodiscard]] static config::Result<std::unique_ptr<Authority>> create(const std::string& name);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  [[nodiscard]] config::Result<void> write_root(const std::filesystem::path& file) const;
  /// Writes `<stem>.crt` and `<stem>.key` (mode 0600) for a new key with the one URI SAN `spiffe_id`.
  [[nodiscard]] config::Result<void> issue(const std::string& spiffe_id, const std::filesystem::path& stem) const;

 private:
  struct Impl;
  explicit Authority(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gabion::proxy::demo
