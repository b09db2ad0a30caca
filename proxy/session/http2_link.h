// A client's connection once HTTP/2 is spoken on it: frames in and out, streams, the end.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "proxy/session/http1_half.h"
#include "proxy/session/http2_stream.h"

namespace gabion::proxy {

/// The connection around a link.
class Http2LinkOwner {
 public:
  /// Brings the connection's snapshot up to date. False: it must end.
  [[nodiscard]] virtual bool on_request() = 0;
  virtual void on_event(Reason reason, std::string_view detail) = 0;

 protected:
  ~Http2LinkOwner() = default;
};

/// Belongs to a Connection, whose fiber steps it and whose buffers it uses. A slow stream keeps neither the connection
/// nor other streams waiting: its request stays in its window, its answer in its queue. A client that asks for much at
/// once keeps no other waiting: a turn of the loop does a share of it, and what is left waits with
/// EventLoop::wake_later() for one of the next.
class Http2Link final : private http2::SessionOwner, private Http2StreamOwner, private Http2Backlog {
 public:
  enum class Progress : std::uint8_t {
    kWait,   ///< step again after a wake
    kClose,  ///< over; close in order
    kReset,  ///< over; the client does not read or is gone
  };
  struct Deadline {
    EventLoop::Clock::time_point at;
    Reason reason = Reason::kNone;  ///< kNone: nothing is wrong then, step again
  };

  /// `down` is the connection's: its snapshot and plan are what new streams begin with. `wire` has the bytes read so
  /// far.
  Http2Link(WorkerState& worker, Client& client, const Downstream& down, Http1Half& wire, Http2LinkOwner& owner,
            Wakeable& sleeper);
  ~Http2Link();

  /// Before the first step(): the connection came by an upgrade, whose request is stream 1 (Session::upgrade()).
  void upgrade(std::string_view settings, http2::FieldBlock& block) { session_.upgrade(settings, block); }
  [[nodiscard]] Progress step();
  [[nodiscard]] Deadline deadline() const noexcept;
  /// deadline() passed with this reason: says goodbye.
  void expire(Reason reason);
  /// Ends every exchange and the connection now.
  void end(Reason reason);
  void revalidate(std::chrono::system_clock::time_point now, bool new_snapshot);
  /// The exchanges of its streams.
  void list_holders(std::vector<HeldMemory>& held);
  [[nodiscard]] bool busy() const noexcept { return open_count_ != 0; }

 private:
  enum class Goodbye : std::uint8_t { kNone, kAnnounced, kSaid };

  // http2::SessionOwner
  [[nodiscard]] http2::Stream* open_stream(http2::StreamId id) override;
  void on_goaway(http2::StreamId /*last*/, http2::ErrorCode /*code*/) override {}
  void on_settings() override {}
  void on_ping_answered() override {}
  [[nodiscard]] bool can_write() noexcept override { return !wire_.out.is_full(); }
  void write(std::string_view bytes) override { wire_.out.append(bytes); }
  // Http2StreamOwner
  void on_stream_over(Http2Stream& stream) noexcept override;
  void on_stream_ready(Http2Stream& stream) noexcept override;
  void on_stream_woken(Http2Stream& stream) noexcept override;
  // Http2Backlog
  [[nodiscard]] std::uint64_t unconfirmed() const noexcept override;

  [[nodiscard]] bool has_share() noexcept;
  void fall_behind();
  [[nodiscard]] bool read();
  [[nodiscard]] bool has_input() const noexcept { return !wire_.in.empty() || session_.is_paused(); }
  /// False: another round finds nothing to do, and says so without asking the kernel.
  [[nodiscard]] bool has_more() const noexcept {
    return has_input() || !ready_.empty() || client_.transport->may_read();
  }
  [[nodiscard]] bool step_streams();
  [[nodiscard]] bool is_time_to_write() noexcept;
  [[nodiscard]] bool puts_off_writing() noexcept;
  void write_put_off();
  [[nodiscard]] bool write();
  /// Nothing is read or written any more: its streams are cut, a share in each turn.
  [[nodiscard]] bool is_ending() const noexcept { return client_gone_ || failure_told_; }
  [[nodiscard]] Progress end_streams();
  void cut(Reason reason);
  void follow_drain();
  void wake_streams() noexcept;
  void report_failure();
  void rest() noexcept;
  void release_streams() noexcept;
  [[nodiscard]] bool is_draining() const noexcept;

  WorkerState& worker_;
  Client& client_;
  const Downstream& down_;
  Http1Half& wire_;
  Http2LinkOwner& owner_;
  Wakeable& sleeper_;
  http2::Session session_;
  std::vector<std::unique_ptr<Http2Stream>> streams_;
  std::vector<Http2Stream*> free_;
  std::size_t open_count_ = 0;
  std::vector<Http2Stream*> ready_;
  std::vector<Http2Stream*> running_;
  Goodbye goodbye_ = Goodbye::kNone;
  DrainStep drain_seen_ = DrainStep::kNone;
  bool client_gone_ = false;
  bool failed_ = false;
  bool failure_told_ = false;
  bool cut_short_ = false;                                  // by the client's going
  bool refused_stream_ = false;                             // said once a connection
  EventLoop::Clock::time_point since_;                      // of what is waited for while no stream is open
  EventLoop::Clock::time_point wrote_at_;                   // the client took something
  EventLoop::Clock::time_point announced_at_;               // the goodbye
  EventLoop::Clock::time_point block_since_;                // a header block that has not ended
  std::optional<EventLoop::Clock::time_point> share_ends_;  // of this turn, once it was asked for
  EventLoop::Clock::time_point clock_seen_;                 // of the loop, when has_share() was last asked
  std::uint32_t turns_unwritten_ = 0;
  std::uint64_t put_off_ = 0;     // the turn of the loop in which writing was put off to the next one; 0: it was not
  std::uint64_t spent_turn_ = 0;  // of the loop: the last one whose share was too little
};

}  // namespace gabion::proxy
