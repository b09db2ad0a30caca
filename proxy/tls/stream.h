// A TLS connection on its socket: handshake, verified peer, then a transport like any other.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>

#include "proxy/net/socket.h"
#include "proxy/tls/contexts.h"

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

/// Reads and writes through a BIO of our own over Socket, so that OpenSSL makes no system call the socket is known
/// not to be ready for. Keeps the Contexts alive. Used on one worker only.
class TlsStream final : public Transport {
 public:
  enum class Handshake : std::uint8_t { kDone, kBlocked, kFailed };

  /// Takes the descriptor over.
  [[nodiscard]] static std::unique_ptr<TlsStream> accept(EventLoop& loop, int fd,
                                                         std::shared_ptr<const Contexts> contexts, ServerRole role,
                                                         config::Protocol protocol = config::Protocol::kHttp);
  /// `accepted_ids` is borrowed until the handshake is done.
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
  /// The alert by which the peer ended the stream after the handshake, "" when none. TLS 1.3: a server judges our
  /// certificate after we believe the handshake done, and says so in place of its first bytes.
  [[nodiscard]] std::string_view alert() const noexcept { return alert_; }
  /// What both ends agreed on (ALPN), "" when nothing. REQUIRES: handshake() answered kDone.
  [[nodiscard]] std::string_view agreed_protocol() const noexcept;
  /// SNI of the client, "" when none.
  [[nodiscard]] std::string_view server_name() const noexcept;

  [[nodiscard]] IoResult read(std::span<char> into) noexcept override;
  [[nodiscard]] IoResult write(std::span<const char> bytes) noexcept override;
  void shutdown_write() noexcept override;
  [[nodiscard]] Socket& socket() noexcept override { return socket_; }

 private:
  TlsStream(EventLoop& loop, int fd, std::shared_ptr<const Contexts> contexts) noexcept;
  [[nodiscard]] bool make_ssl(SSL_CTX& context) noexcept;
  [[nodiscard]] bool may_be(const PeerCertificate& peer) const noexcept;
  [[nodiscard]] Handshake finish_handshake() noexcept;
  [[nodiscard]] Handshake fail_handshake(int ssl_error) noexcept;
  [[nodiscard]] bool may_read() const noexcept;
  [[nodiscard]] IoResult explain(int result) noexcept;
  void note_alert() noexcept;
  static void keep_session(void* self, SSL_SESSION* session);

  Socket socket_;
  std::shared_ptr<const Contexts> contexts_;
  std::shared_ptr<SessionSlot> slot_;
  HandshakeState state_;
  std::optional<PeerCertificate> offered_;  // whom the session we offer was made with; the slot may change meanwhile
  SSL* ssl_ = nullptr;
  std::string_view alert_;  // a text of OpenSSL's
  bool is_client_ = false;
  bool done_ = false;
};

}  // namespace gabion::proxy::tls
