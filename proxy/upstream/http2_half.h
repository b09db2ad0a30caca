// An exchange's half towards the service as one stream of many on a shared HTTP/2 connection.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "proxy/net/buffer.h"
#include "proxy/net/tunnel_end.h"
#include "proxy/protocol/http2/session.h"
#include "proxy/upstream/half.h"

namespace gabion::proxy {

class Http2Connection;

/// Reused for exchange after exchange; has a place on a connection from its attach() to finish(). What comes is kept
/// here until the exchange takes it, and the service may send as much more as was taken.
class Http2Upstream final : public UpstreamHalf, private http2::Stream, private ByteStream {
 public:
  /// `owner` is woken when next() or progress() have news, and when the queue has room.
  Http2Upstream(EventLoop& loop, BufferPool& buffers, Wakeable& owner) noexcept
      : loop_(loop), owner_(owner), in_(buffers), tunnel_in_(buffers) {}
  ~Http2Upstream();

  enum class Purpose : std::uint8_t {
    kRequest,
    kConnect,  ///< an extended CONNECT: not sent before the service has announced that it takes one
  };
  /// REQUIRES: it has no place yet.
  void be_for(Purpose purpose) noexcept { purpose_ = purpose; }

  [[nodiscard]] Protocol protocol() const noexcept override { return Protocol::kHttp2; }
  [[nodiscard]] State progress() override;
  [[nodiscard]] Reason failure() const noexcept override { return failure_; }
  [[nodiscard]] std::string_view failure_detail() const noexcept override { return failure_detail_; }

  /// Opens the stream with the fields of `block`, which may be taken away. `queue` is borrowed until finish(): the
  /// body, as it is. REQUIRES: kReady.
  void begin(http2::FieldBlock& block, http2::Session::Body body, SendQueue& queue);
  /// Nothing will be queued any more. `trailers` is borrowed until finish().
  void end_request(std::span<const inspect::HeaderField> trailers);

  /// Behind the head that opens a tunnel; next() is not called again. `queue` of begin() is where to write.
  [[nodiscard]] TunnelEnd leave_http();
  /// After end_request(): both sides have said all, or the stream is gone.
  [[nodiscard]] bool is_finished() const noexcept { return id_ == 0 || (all_sent_ && ended_); }

  void expect_answer_to(std::string_view method) override { answers_head_ = method == "HEAD"; }
  bool send(SendQueue& queue) override;
  [[nodiscard]] Event next() override;
  [[nodiscard]] const http1::Head& head() const noexcept override { return head_; }
  [[nodiscard]] std::span<char> body() noexcept override { return in_.bytes().first(lent_); }
  [[nodiscard]] std::span<const inspect::HeaderField> trailers() const noexcept override { return trailers_; }
  [[nodiscard]] bool is_unanswered() const noexcept override { return !answered_; }

  [[nodiscard]] bool is_reused() const noexcept override { return reused_; }
  [[nodiscard]] const tls::TlsStream* tls() const noexcept override;
  [[nodiscard]] std::string_view peer_spiffe() const noexcept override;
  [[nodiscard]] std::size_t head_bytes() const noexcept override {
    return head_block_.kept_bytes() + trailer_block_.kept_bytes();
  }
  [[nodiscard]] std::uint64_t held_bytes() const noexcept override { return in_.capacity() + tunnel_in_.capacity(); }
  void finish(Ending ending, const Snapshot& current) override;

 private:
  friend class Http2Connection;
  void attach(Http2Connection& connection, bool reused) noexcept;
  /// The connection is gone, or took nothing of this stream.
  void lose(Event how, Reason reason, std::string_view detail);
  [[nodiscard]] http2::StreamId id() const noexcept { return id_; }
  [[nodiscard]] Event take_head();
  void give_back_lent() noexcept;
  void wake() { loop_.wake(owner_); }

  void on_head(http2::FieldBlock& block, http2::BlockError error) override;
  void on_data(std::string_view bytes) override;
  void on_trailers(http2::FieldBlock& block, http2::BlockError error) override;
  void on_end() override;
  void on_closed(http2::ClosedBy who, http2::ErrorCode code, std::string_view detail) override;
  [[nodiscard]] std::string_view outgoing() noexcept override;
  [[nodiscard]] bool outgoing_ends() const noexcept override { return request_ended_; }
  [[nodiscard]] std::span<const inspect::HeaderField> outgoing_trailers() const noexcept override {
    return outgoing_trailers_;
  }
  void on_sent(std::size_t count) override;
  void on_all_sent() override;

  [[nodiscard]] IoResult read(std::span<char> into) noexcept override;
  [[nodiscard]] IoResult write(std::span<const char> bytes) noexcept override;
  [[nodiscard]] bool is_dead() noexcept override { return lost_ != Event::kBlocked; }

  static constexpr std::size_t kHeadsWaiting = 16;       // interim ones in front of the answer
  static constexpr std::size_t kPieceBytes = 16 * 1024;  // at a time, so that the client's queue stays near its limit

  EventLoop& loop_;
  Wakeable& owner_;
  Http2Connection* connection_ = nullptr;
  std::size_t index_ = 0;  // among the connection's streams
  http2::StreamId id_ = 0;
  SendQueue* queue_ = nullptr;
  std::span<const inspect::HeaderField> outgoing_trailers_;
  std::size_t offered_ = 0;  // of queue_, told to the session

  std::vector<http2::FieldBlock> heads_;  // used again and again: those from next_head_ to heads_end_ wait
  std::size_t next_head_ = 0;
  std::size_t heads_end_ = 0;
  http2::FieldBlock head_block_;  // head_ views into it
  http1::Head head_;
  http2::FieldBlock trailer_block_;
  std::vector<inspect::HeaderField> trailers_;
  Buffer in_;
  std::size_t lent_ = 0;                         // of in_, by the last kBody
  Buffer tunnel_in_;                             // once it has left HTTP
  std::array<std::uint64_t, 2> tunnel_bytes_{};  // counted as the connection's

  Purpose purpose_ = Purpose::kRequest;
  Event lost_ = Event::kBlocked;  // how, once it is lost
  Reason failure_ = Reason::kNone;
  std::string failure_detail_;
  bool answers_head_ = false;
  bool reused_ = false;
  bool answered_ = false;
  bool ended_ = false;     // the answer is complete
  bool end_told_ = false;  // and next() said so
  bool request_ended_ = false;
  bool all_sent_ = false;
  bool begun_ = false;
};

}  // namespace gabion::proxy
