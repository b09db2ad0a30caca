// Key, certificate chain and trust bundle, loaded together and checked to fit before anything uses them.
#pragma once

#include <openssl/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/proxy_config.h"
#include "config/result.h"
#include "config/spiffe_id.h"
#include "proxy/tls/pem_files.h"

namespace gabion::proxy::tls {

using Fingerprint = std::array<std::uint8_t, 32>;  ///< SHA-256 of the DER form

/// What the identity files hold. Immutable once loaded.
struct Material {
  KeyPtr key;
  X509Ptr leaf;
  std::vector<X509Ptr> intermediates;
  std::vector<X509Ptr> roots;
  std::vector<Fingerprint> root_fingerprints;
  config::SpiffeId id;                              ///< our own, from the leaf
  std::chrono::system_clock::time_point not_after;  ///< of the leaf
  std::chrono::system_clock::time_point not_before;
  Fingerprint leaf_fingerprint{};
  Fingerprint bundle_fingerprint{};  ///< over all roots, order independent
};

/// Which ends of a handshake the identity has to serve: what a certificate may be used for is in its extended key
/// usage, and in that of its intermediates.
enum class Role : std::uint8_t { kServer, kClient };

/// Reads the files of `identity`. Refused: unreadable, no PEM or one that ends in the middle, key and leaf do not fit,
/// leaf out of date, no or two SPIFFE ids, another trust domain than identity.trust_domain, empty bundle, a chain that
/// does not verify against the bundle, or not for each of `roles`. `where` names the file.
[[nodiscard]] config::Result<std::shared_ptr<const Material>> load_material(const config::IdentityConfig& identity,
                                                                            std::span<const Role> roles);

/// Same leaf, intermediates and roots (the key follows from the leaf).
[[nodiscard]] bool same_material(const Material& a, const Material& b) noexcept;

[[nodiscard]] Fingerprint fingerprint(const X509& certificate) noexcept;
[[nodiscard]] std::chrono::system_clock::time_point not_after(const X509& certificate) noexcept;

}  // namespace gabion::proxy::tls
