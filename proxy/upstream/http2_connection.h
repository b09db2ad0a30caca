// A connection to a destination that carries many exchanges at once, in HTTP/2.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/admin/metrics.h"
#include "proxy/net/send_queue.h"
#include "proxy/protocol/http2/session.h"
#include "proxy/upstream/connection.h"
#include "proxy/upstream/half.h"

namespace gabion::proxy {

class Http2Connection;
class Http2Upstream;

/// Who keeps shared connections. None of these is called from within Http2Connection's own frame handling.
class Http2ConnectionOwner {
 public:
  /// A stream's place is free, or there are more of them.
  virtual void on_room(Http2Connection& connection) noexcept = 0;
  /// The server chose HTTP/1.1: the connection is the owner's now, `connection` only waits for its streams to leave.
  virtual void on_http1(Http2Connection& connection, std::unique_ptr<UpstreamConnection> link) noexcept = 0;
  /// Destroys `connection`: it is over and no stream is on it.
  virtual void on_over(Http2Connection& connection) noexcept = 0;

 protected:
  ~Http2ConnectionOwner() = default;
};

/// Belongs to one pool group, lives until on_over(). Streams are attached while it still connects; they begin when it
/// is open. All streams write into one queue, which leaves once a turn.
class Http2Connection final : public Wakeable, private http2::SessionOwner {
 public:
  enum class Stage : std::uint8_t {
    kConnecting,
    kOpen,       ///< streams may be attached while has_room()
    kFailed,     ///< never came to be: failure(), failure_detail()
    kElsewhere,  ///< the server chose HTTP/1.1
    kOver,       ///< lost or closed
  };
  enum class Negotiation : std::uint8_t {
    kDeclared,  ///< HTTP/2 or nothing
    kOffered,   ///< HTTP/2 if the server chooses it
  };

  /// `link` was started; `expected_streams` at once is what the server takes, as far as others of its kind said.
  Http2Connection(EventLoop& loop, BufferPool& buffers, WorkerMetrics& metrics, Http2ConnectionOwner& owner,
                  std::unique_ptr<UpstreamConnection> link, Negotiation negotiation, const http2::SessionLimits& limits,
                  std::uint32_t expected_streams);
  /// How many streams at once the server takes.
  [[nodiscard]] std::uint32_t most_streams() const noexcept;
  ~Http2Connection();

  [[nodiscard]] Stage stage() const noexcept { return stage_; }
  [[nodiscard]] Reason failure() const noexcept { return failure_; }
  [[nodiscard]] const std::string& failure_detail() const noexcept { return failure_detail_; }
  [[nodiscard]] const tls::TlsStream* tls() const noexcept { return link_ ? link_->tls() : nullptr; }
  [[nodiscard]] std::string_view peer_spiffe() const noexcept;

  /// How many streams more may be attached.
  [[nodiscard]] std::size_t room() const noexcept;
  [[nodiscard]] bool has_room() const noexcept { return room() != 0; }
  /// REQUIRES: has_room().
  void attach(Http2Upstream& stream);
  void detach(Http2Upstream& stream) noexcept;
  [[nodiscard]] bool is_idle() const noexcept { return streams_.empty(); }
  [[nodiscard]] EventLoop::Clock::time_point idle_since() const noexcept { return idle_since_; }
  /// Takes no more streams; ends when the last one left.
  void retire() noexcept;

  // For its streams.
  /// The server has said its settings, and extended CONNECT is not in them (RFC 8441 §3).
  [[nodiscard]] bool refuses_connect() const noexcept { return has_settings_ && !session_->takes_connect(); }
  /// Whether a stream may be opened now, later (its owner is woken), or not here.
  [[nodiscard]] UpstreamHalf::State admits(const Http2Upstream& stream) const noexcept;
  [[nodiscard]] http2::StreamId open(Http2Upstream& stream, http2::FieldBlock& block, http2::Session::Body body);
  void resume(http2::StreamId id);
  /// `count` bytes of a body came and wait for their exchange; it took them, so the window of stream `id` (0: it is
  /// over) opens again.
  void came(std::size_t count) noexcept;
  void taken(http2::StreamId id, std::size_t count) noexcept;
  void note_room() noexcept;

  PoolGroup* group = nullptr;

  void on_wake() noexcept override;

 private:
  void progress();
  void begin_session();
  void read();
  void write();
  void lose(Reason reason, std::string_view detail);
  void lose_broken();
  void fail(Stage stage, Reason reason, std::string detail);
  void wake_streams() noexcept;
  void close_in_order() noexcept;
  [[nodiscard]] std::size_t unopened() const noexcept;

  [[nodiscard]] http2::Stream* open_stream(http2::StreamId /*id*/) override { return nullptr; }  // no push
  void on_goaway(http2::StreamId last, http2::ErrorCode code) override;
  void on_settings() override;
  void on_ping_answered() override {}
  [[nodiscard]] bool can_write() noexcept override;
  void write(std::string_view bytes) override { out_.append(bytes); }

  EventLoop& loop_;
  WorkerMetrics& metrics_;
  Http2ConnectionOwner& owner_;
  std::unique_ptr<UpstreamConnection> link_;
  const Negotiation negotiation_;
  const http2::SessionLimits limits_;
  const std::uint32_t expected_streams_;
  std::optional<http2::Session> session_;
  Buffer in_;
  SendQueue out_;
  std::vector<Http2Upstream*> streams_;
  Stage stage_ = Stage::kConnecting;
  Reason failure_ = Reason::kNone;
  std::string failure_detail_;
  bool retired_ = false;  // no new streams
  bool has_settings_ = false;
  bool room_ = false;     // on_room() is due
  bool carried_ = false;  // a stream was answered
  EventLoop::Clock::time_point idle_since_;
};

}  // namespace gabion::proxy
