// TLS as a load generator needs it: the server's chain and, if asked, its SPIFFE id; a full handshake each time.
#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "bench/load/http_version.h"
#include "config/result.h"
#include "config/spiffe_id.h"
#include "proxy/net/socket.h"

namespace gabion::bench {

/// What the command line says about TLS.
struct TlsFiles {
  std::filesystem::path authority;    ///< PEM roots; the server's chain must end in one
  std::filesystem::path certificate;  ///< PEM chain shown when the server asks; empty: none
  std::filesystem::path key;
  std::optional<config::SpiffeId> server_id;  ///< nothing: whoever the roots vouch for
  std::string server_name;                    ///< SNI, empty: none
  HttpVersion version = HttpVersion::kHttp1;  ///< the only one offered; a server that does not choose it is refused
};

/// Unlike the proxy's contexts (proxy/tls/contexts.h) it needs no identity of its own and takes a server without one.
/// Sessions are neither kept nor offered. Immutable; shared by the workers.
class TlsSetting {
 public:
  /// Errors name the file.
  [[nodiscard]] static config::Result<std::shared_ptr<const TlsSetting>> load(TlsFiles files);
  ~TlsSetting();
  TlsSetting(const TlsSetting&) = delete;
  TlsSetting& operator=(const TlsSetting&) = delete;

 private:
  friend class TlsTransport;
  explicit TlsSetting(TlsFiles files) noexcept;
  [[nodiscard]] config::Result<void> set_up();

  TlsFiles files_;
  SSL_CTX* context_ = nullptr;
};

/// A client's end. Used on one worker only.
class TlsTransport final : public proxy::Transport {
 public:
  enum class Handshake : std::uint8_t { kDone, kBlocked, kFailed };

  /// Takes the descriptor over. Null when out of memory. `setting` is borrowed.
  [[nodiscard]] static std::unique_ptr<TlsTransport> connect(proxy::EventLoop& loop, int fd, const TlsSetting& setting);
  ~TlsTransport() override;
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  /// Call again after each wake until it is not kBlocked.
  [[nodiscard]] Handshake handshake() noexcept;
  /// The server broke off with an alert. In TLS 1.3 it says so about our certificate only after the handshake.
  [[nodiscard]] bool was_refused() const noexcept { return refused_; }

  [[nodiscard]] proxy::IoResult read(std::span<char> into) noexcept override;
  [[nodiscard]] proxy::IoResult write(std::span<const char> bytes) noexcept override;
  [[nodiscard]] bool may_read() const noexcept override { return true; }  // OpenSSL knows, and is asked
  void shutdown_write() noexcept override;
  [[nodiscard]] proxy::Socket& socket() noexcept override { return socket_; }

 private:
  TlsTransport(proxy::EventLoop& loop, int fd, const TlsSetting& setting) noexcept;
  [[nodiscard]] bool is_wanted_server() const;
  [[nodiscard]] bool is_wanted_protocol() const noexcept;
  [[nodiscard]] proxy::IoResult explain(int result) noexcept;

  proxy::Socket socket_;
  const TlsSetting& setting_;
  SSL* ssl_ = nullptr;
  bool done_ = false;
  bool refused_ = false;
};

}  // namespace gabion::bench
