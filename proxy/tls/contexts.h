// One SSL_CTX for each role, made from one Material: what new handshakes use until the files change.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "config/proxy_config.h"
#include "config/spiffe_id.h"
#include "proxy/session/reason.h"
#include "proxy/tls/material.h"

// <openssl/types.h> leaves these two out.
using SSL_SESSION = struct ssl_session_st;
using SSL_METHOD = struct ssl_method_st;

namespace gabion::proxy::tls {

/// Who is at the other end, as its verified chain says. Kept as long as the connection, to end it with its reasons.
struct PeerCertificate {
  config::SpiffeId id;
  std::chrono::system_clock::time_point expires;  ///< the earliest notAfter of its chain
  Fingerprint root{};
  bool resumed = false;
};

/// Which ClientHello a server accepts.
enum class ServerRole : std::uint8_t {
  kStrict,
  kPermissive,  ///< only a mesh ALPN (mesh.md §2); other TLS belongs to the application and is not ours to end
  kHop,         ///< as kStrict, of TLS 1.3 and by the ALPN of gateways
};

/// What a client offers by ALPN.
enum class Offer : std::uint8_t { kHttp1, kHttp2, kEither, kPostgres, kTcp, kHop };
/// What gateways speak among themselves, as ALPN has it.
inline constexpr std::string_view kHopProtocol = "gabion-hop/1";

/// Immutable after make(); shared by all workers (OpenSSL's reference counts are atomic).
class Contexts {
 public:
  [[nodiscard]] static config::Result<std::shared_ptr<const Contexts>> make(std::shared_ptr<const Material> material);
  ~Contexts();
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  [[nodiscard]] const Material& material() const noexcept { return *material_; }
  [[nodiscard]] SSL_CTX& server(ServerRole role) const noexcept;
  [[nodiscard]] SSL_CTX& client() const noexcept { return *client_; }
  [[nodiscard]] bool trusts_root(const Fingerprint& root) const noexcept;

 private:
  explicit Contexts(std::shared_ptr<const Material> material) noexcept;
  struct FreeContext {
    void operator()(SSL_CTX* context) const noexcept;
  };
  using ContextPtr = std::unique_ptr<SSL_CTX, FreeContext>;
  [[nodiscard]] config::Result<ContextPtr> make_context(const SSL_METHOD* method) const;
  void set_up_server(SSL_CTX& context) const;
  void set_up_client(SSL_CTX& context) const;

  std::shared_ptr<const Material> material_;
  ContextPtr strict_;
  ContextPtr permissive_;
  ContextPtr client_;
};

/// What a handshake in progress knows, attached to its SSL for the callbacks.
struct HandshakeState {
  const Contexts* contexts = nullptr;
  std::vector<config::SpiffeId> accepted_ids;           ///< client side: who may answer; empty: nobody
  config::Protocol protocol = config::Protocol::kHttp;  ///< server side: what the listener speaks
  bool is_hop = false;                                  ///< both sides: gateways, and nothing else
  std::optional<PeerCertificate> peer;
  Reason reason = Reason::kNone;
  std::string detail;  ///< OpenSSL's or our sentence; none of the peer's bytes
  /// Client side: called with each new session; takes the reference over when it returns true.
  void (*on_session)(void* owner, SSL_SESSION* session) = nullptr;
  void* owner = nullptr;
};

/// Sets what a client's handshake will offer. False: out of memory.
[[nodiscard]] bool offer_alpn(SSL& ssl, Offer offer) noexcept;

/// No version below 1.3. False: this OpenSSL has none.
[[nodiscard]] bool require_tls13(SSL& ssl) noexcept;

/// REQUIRES: outlives the SSL or is detached by passing null.
void attach(SSL& ssl, HandshakeState* state) noexcept;

}  // namespace gabion::proxy::tls
