// One connection to a destination: connects, shakes hands, carries exchanges, waits in a pool between them.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "proxy/net/buffer.h"
#include "proxy/net/own_dials.h"
#include "proxy/net/plain.h"
#include "proxy/protocol/http1/decoder.h"
#include "proxy/snapshot.h"
#include "proxy/tls/database_stream.h"
#include "proxy/tls/stream.h"

namespace gabion::proxy {

struct PoolGroup;

/// Owned by the exchange that uses it, or by the pool while idle. Used on one worker only.
class UpstreamConnection final : public Wakeable {
 public:
  enum class State : std::uint8_t {
    kConnecting,
    kAsking,  ///< a database's server, for TLS
    kHandshaking,
    kReady,
    kFailed,
  };

  UpstreamConnection(EventLoop& loop, BufferPool& buffers, const http1::DecoderLimits& limits) noexcept
      : in(buffers), decoder(http1::Role::kResponse, limits), loop_(loop) {}

  /// Starts connecting. `snapshot` keeps the plan's ids and the TLS contexts alive until the handshake is over. Where
  /// calls are captured `dials` (may be null) knows this one as ours as long as it is open. `caller_port`: of a hop,
  /// what the other gateway is told beside the caller's address.
  void start(const UpstreamPlan& plan, std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<tls::SessionSlot> slot,
             tls::Offer offer, DialShare* dials, std::uint16_t caller_port = 0);
  /// Goes on as far as it can; call after each wake until kReady or kFailed.
  [[nodiscard]] State progress();

  [[nodiscard]] Reason failure() const noexcept { return failure_; }
  [[nodiscard]] const std::string& failure_detail() const noexcept { return failure_detail_; }
  /// REQUIRES: kReady.
  [[nodiscard]] Transport& transport() noexcept { return *transport_; }
  /// Of the mesh; null when there is none.
  [[nodiscard]] tls::TlsStream* tls() const noexcept { return tls_; }
  /// Of a database's server; null when there is none.
  [[nodiscard]] tls::DatabaseStream* database_tls() const noexcept { return database_; }
  /// It speaks TLS of one kind or the other, or would have.
  [[nodiscard]] bool is_encrypted() const noexcept { return tls_ != nullptr || database_context_ != nullptr; }
  [[nodiscard]] Socket* socket() noexcept;
  void set_owner(Wakeable* owner) noexcept;

  Buffer in;
  http1::Decoder decoder;
  PoolGroup* group = nullptr;
  bool reused = false;      ///< has carried an exchange before
  std::string peer_spiffe;  ///< of the verified server, "" when plain; set when ready
  EventLoop::Clock::time_point idle_since{};

  /// While idle nothing may arrive: bytes or a close both end it.
  void on_wake() noexcept override;
  void (*on_idle_event)(void* pool, UpstreamConnection& connection) = nullptr;
  void* pool = nullptr;

 private:
  [[nodiscard]] State fail(Reason reason, std::string detail);
  [[nodiscard]] config::Result<int> dial(const UpstreamPlan& plan, DialShare* dials);
  [[nodiscard]] std::unique_ptr<Transport> make_transport(const UpstreamPlan& plan, int fd,
                                                          std::shared_ptr<tls::SessionSlot> slot, tls::Offer offer);
  [[nodiscard]] State finish_connect();
  [[nodiscard]] State ask_for_tls();
  [[nodiscard]] State begin_database_tls(int fd, tls::DatabaseStream::Alpn alpn);
  [[nodiscard]] State shake_hands();
  [[nodiscard]] State say_for_whom();

  EventLoop& loop_;
  DialShare::Entry dialled_;
  State state_ = State::kConnecting;
  Reason failure_ = Reason::kNone;
  std::string failure_detail_;
  std::unique_ptr<Transport> transport_;
  tls::TlsStream* tls_ = nullptr;
  tls::DatabaseStream* database_ = nullptr;
  std::shared_ptr<const tls::DatabaseClientContext> database_context_;
  std::string_view asking_;  // of the SSLRequest, what is not sent yet
  std::string greeting_;     // of a hop's header, likewise
  Wakeable* owner_ = nullptr;
  std::shared_ptr<const Snapshot> snapshot_;  // until ready
};

}  // namespace gabion::proxy
