// A byte stream, plain or TLS: non-blocking reads and writes that answer with a status.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gabion::proxy {

class Socket;

/// kOk: `bytes` > 0 moved. kBlocked: wait for the next wake. kClosed: orderly end of the peer's bytes (FIN, or
/// close_notify for TLS). kError: reset, TLS failure, or a TLS stream cut without close_notify.
enum class IoStatus : std::uint8_t { kOk, kBlocked, kClosed, kError };

struct IoResult {
  IoStatus status = IoStatus::kBlocked;
  std::size_t bytes = 0;
};

/// Bytes both ways, whatever carries them.
class ByteStream {
 public:
  [[nodiscard]] virtual IoResult read(std::span<char> into) noexcept = 0;
  [[nodiscard]] virtual IoResult write(std::span<const char> bytes) noexcept = 0;
  /// Both directions are gone.
  [[nodiscard]] virtual bool is_dead() noexcept = 0;

 protected:
  ~ByteStream() = default;
};

/// Belongs to one connection, used on its worker only.
class Transport : public ByteStream {
 public:
  virtual ~Transport() = default;
  [[nodiscard]] bool is_dead() noexcept final;
  /// False: a read would say kBlocked, until the socket's next edge, and needs no room prepared for it.
  [[nodiscard]] virtual bool may_read() const noexcept = 0;
  /// No more bytes from us: close_notify where there is TLS, then FIN. Best effort.
  virtual void shutdown_write() noexcept = 0;
  /// The same for who waits for it: kOk when it is said, kBlocked when it has to be called again.
  [[nodiscard]] virtual IoStatus finish_write() noexcept;
  [[nodiscard]] virtual Socket& socket() noexcept = 0;
};

}  // namespace gabion::proxy
