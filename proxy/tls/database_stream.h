// A TLS connection with a database's server, or with an application that takes us for one.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "proxy/tls/database_contexts.h"
#include "proxy/tls/ssl_transport.h"

namespace gabion::proxy::tls {

/// Keeps its context alive.
class DatabaseStream final : public SslTransport {
 public:
  enum class Handshake : std::uint8_t { kDone, kBlocked, kFailed };
  /// Whether both ends must have agreed on the ALPN "postgresql"; another one is never agreed on.
  enum class Alpn : std::uint8_t { kOptional, kRequired };

  /// Take the descriptor over. Null: out of memory.
  [[nodiscard]] static std::unique_ptr<DatabaseStream> connect(EventLoop& loop, int fd,
                                                               std::shared_ptr<const DatabaseClientContext> context,
                                                               Alpn alpn);
  [[nodiscard]] static std::unique_ptr<DatabaseStream> accept(EventLoop& loop, int fd,
                                                              std::shared_ptr<const DatabaseServerContext> context,
                                                              Alpn alpn);

  /// Call again after each wake until it is not kBlocked.
  [[nodiscard]] Handshake handshake();
  /// A sentence of OpenSSL's or ours, with none of the peer's bytes.
  [[nodiscard]] const std::string& failure_detail() const noexcept { return detail_; }

  // Of the server's end, once the handshake is done.
  /// When the first of its verified chain expires; nothing: none was verified.
  [[nodiscard]] std::optional<std::chrono::system_clock::time_point> expires() const noexcept { return expires_; }
  [[nodiscard]] const std::optional<Fingerprint>& root() const noexcept { return root_; }
  /// tls-server-end-point; empty: cannot be bound to.
  [[nodiscard]] const std::string& end_point() const noexcept { return end_point_; }
  /// Null on the server's side.
  [[nodiscard]] const DatabaseClientContext* client() const noexcept { return client_.get(); }

 private:
  DatabaseStream(EventLoop& loop, int fd, Alpn alpn) noexcept : SslTransport(loop, fd), alpn_(alpn) {}
  [[nodiscard]] Handshake fail(std::string detail);
  [[nodiscard]] std::string describe_failure() const;
  void note_server();

  std::shared_ptr<const DatabaseClientContext> client_;
  std::shared_ptr<const DatabaseServerContext> server_;
  Alpn alpn_;
  std::string detail_;
  std::optional<std::chrono::system_clock::time_point> expires_;
  std::optional<Fingerprint> root_;
  std::string end_point_;
};

}  // namespace gabion::proxy::tls
