// A TLS connection on its socket: handshake, verified peer, then a transport like any other.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>

#include "proxy/tls/contexts.h"
#include "proxy/tls/ssl_transport.h"

namespace gabion::proxy::tls {

/// A client's last session with one destination, for resumption. Belongs to one worker; shared by the connections to
/// that destination, because tickets arrive after the handshake.
class SessionSlot {
 public:
  SessionSlot() noexcept = default;
  ~SessionSlot();
  SessionSlot(const SessionSlot&) = delete;
  SessionSlot& operator=(const SessionSlot&) = delete;

  /// Takes the reference over. The peer is what the full handshake found.
  void put(SSL_SESSION* session, const PeerCertificate& peer) noexcept;
  /// Null when there is none or its trust ran out.
  [[nodiscard]] SSL_SESSION* get(std::chrono::system_clock::time_point now) const noexcept;
  [[nodiscard]] const PeerCertificate& peer() const noexcept { return peer_; }

 private:
  SSL_SESSION* session_ = nullptr;
  PeerCertificate peer_;
};

/// TLS of the mesh: both ends show a certificate with a SPIFFE id. Keeps the Contexts alive.
class TlsStream final : public SslTransport {
 public:
  enum class Handshake : std::uint8_t { kDone, kBlocked, kFailed };

  /// Takes the descriptor over.
  [[nodiscard]] static std::unique_ptr<TlsStream> accept(EventLoop& loop, int fd,
                                                         std::shared_ptr<const Contexts> contexts, ServerRole role,
                                                         config::Protocol protocol = config::Protocol::kHttp);
  /// One of `accepted_ids` must answer.
  [[nodiscard]] static std::unique_ptr<TlsStream> connect(EventLoop& loop, int fd,
                                                          std::shared_ptr<const Contexts> contexts,
                                                          std::span<const config::SpiffeId> accepted_ids,
                                                          std::shared_ptr<SessionSlot> slot,
                                                          Offer offer = Offer::kHttp1);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// Call again after each wake until it is not kBlocked. kFailed: an alert was sent where TLS knows one.
  [[nodiscard]] Handshake handshake() noexcept;
  [[nodiscard]] Reason failure() const noexcept { return state_.reason; }
  [[nodiscard]] const std::string& failure_detail() const noexcept { return state_.detail; }

  /// REQUIRES: handshake() answered kDone.
  [[nodiscard]] const PeerCertificate& peer() const noexcept { return *state_.peer; }
  [[nodiscard]] const Contexts& contexts() const noexcept { return *contexts_; }
  /// Gateways agree on being gateways: what they carry is not negotiated, as in plain text.
  [[nodiscard]] bool is_hop() const noexcept { return state_.is_hop; }

 private:
  TlsStream(EventLoop& loop, int fd, std::shared_ptr<const Contexts> contexts) noexcept;
  [[nodiscard]] bool may_be(const PeerCertificate& peer) const noexcept;
  [[nodiscard]] Handshake finish_handshake() noexcept;
  [[nodiscard]] Handshake fail_handshake(int ssl_error) noexcept;
  static void keep_session(void* self, SSL_SESSION* session);

  std::shared_ptr<const Contexts> contexts_;
  std::shared_ptr<SessionSlot> slot_;
  HandshakeState state_;
  std::optional<PeerCertificate> offered_;  // whom the session we offer was made with; the slot may change meanwhile
  bool is_client_ = false;
};

}  // namespace gabion::proxy::tls
