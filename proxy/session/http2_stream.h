// One stream of an HTTP/2 client: the life of one exchange, beside others on the same connection.
#pragma once

#include "proxy/session/exchange.h"
#include "proxy/session/http2_half.h"

namespace gabion::proxy {

class Http2Stream;

/// Who keeps streams and uses them again.
class Http2StreamOwner {
 public:
  /// Its exchange is over and the session knows it no more.
  virtual void on_stream_over(Http2Stream& stream) noexcept = 0;
  /// It can go on: step() it, now or when it is the connection's turn.
  virtual void on_stream_ready(Http2Stream& stream) noexcept = 0;
  /// The same, told by the loop: nobody else sees to it that the connection has its turn.
  virtual void on_stream_woken(Http2Stream& stream) noexcept = 0;

 protected:
  ~Http2StreamOwner() = default;
};

/// Used for request after request. Woken by its upstream's socket; everything of the client's comes from the session.
class Http2Stream final : public http2::Stream, public Wakeable, private MemoryHolder, private Timer {
 public:
  Http2Stream(WorkerState& worker, Client& client, http2::Session& session, const Http2Backlog& backlog,
              Http2StreamOwner& owner);

  /// `connection` outlives the stream.
  void open(http2::StreamId id, const Downstream& connection);
  void step();
  /// The connection is over: the exchange ends now, with `reason` or as the client's going.
  void cut(Reason reason);
  void revalidate(std::chrono::system_clock::time_point now, const Snapshot& snapshot, bool new_snapshot);
  void release() noexcept;
  /// Itself, while its exchange is under way.
  void list_holder(std::vector<HeldMemory>& held);
  [[nodiscard]] bool is_open() const noexcept { return open_; }

  bool is_ready = false;  ///< the owner's own

  void on_wake() noexcept override;

  // http2::Stream
  void on_head(http2::FieldBlock& block, http2::BlockError error) override;
  void on_data(std::string_view bytes) override;
  void on_trailers(http2::FieldBlock& block, http2::BlockError error) override;
  void on_end() override;
  void on_closed(http2::ClosedBy who, http2::ErrorCode code, std::string_view detail) override;
  [[nodiscard]] std::string_view outgoing() noexcept override { return half_.outgoing(); }
  [[nodiscard]] bool outgoing_ends() const noexcept override { return half_.outgoing_ends(); }
  [[nodiscard]] std::span<const inspect::HeaderField> outgoing_trailers() const noexcept override {
    return half_.outgoing_trailers();
  }
  void on_sent(std::size_t count) override;
  void on_all_sent() override;

 private:
  void on_expired() noexcept override;
  bool end_for_memory(std::uint64_t held_bytes) noexcept override;
  void begin(http2::BlockError error);
  void begin_rejected(Reason reason, std::string_view detail);
  void take_rules() noexcept;
  void end(Exchange::Outcome outcome);
  void finish_if_over();

  WorkerState& worker_;
  http2::Session& session_;
  Http2StreamOwner& owner_;
  Http2Half half_;
  const Downstream* connection_ = nullptr;  // whose rules the next exchange begins with
  Downstream down_;
  Exchange exchange_;
  http2::FieldBlock head_block_;
  http2::BlockError head_error_ = http2::BlockError::kNone;
  bool open_ = false;
  bool known_ = false;  // to the session
  bool begun_ = false;
  bool head_waits_ = false;
  bool timed_out_ = false;
};

}  // namespace gabion::proxy
