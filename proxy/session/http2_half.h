// An HTTP/2 client's half: one stream's request and answer, between nghttp2's windows and the exchange.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/net/buffer.h"
#include "proxy/protocol/http2/request_head.h"
#include "proxy/protocol/http2/session.h"
#include "proxy/session/client_half.h"
#include "proxy/worker_state.h"

namespace gabion::proxy {

/// How far the bytes of a connection are behind its streams.
class Http2Backlog {
 public:
  /// Bytes that streams gave and the client's side has not confirmed.
  [[nodiscard]] virtual std::uint64_t unconfirmed() const noexcept = 0;

 protected:
  ~Http2Backlog() = default;
};

/// A window opens when the exchange takes the bytes, and it takes none while the service does not read. Reused for
/// stream after stream; open() begins.
class Http2Half final : public ClientHalf, private ByteStream {
 public:
  Http2Half(WorkerState& worker, http2::Session& session, const Http2Backlog& backlog) noexcept;

  void open(http2::StreamId id, std::uint32_t limit_bytes) noexcept;
  [[nodiscard]] http1::DecodeError take_head(http2::FieldBlock& block, const http1::DecoderLimits& limits);
  void take_data(std::string_view bytes) { in_.append(bytes); }
  void take_trailers(http2::FieldBlock& block, http2::BlockError error);
  void take_end() noexcept { end_seen_ = true; }
  /// The session knows the stream no more; `orderly`: both sides said all.
  enum class Close : std::uint8_t { kOrderly, kGone };
  void close(Close how) noexcept;
  /// The stream is reset: nothing more of it is sent or taken, however long the client does not read of it.
  void drop() noexcept;
  [[nodiscard]] std::uint64_t held_bytes() const noexcept;
  /// Gives back what only a running exchange needs.
  void release() noexcept;

  [[nodiscard]] http2::StreamId id() const noexcept { return id_; }
  [[nodiscard]] bool end_seen() const noexcept { return end_seen_; }
  [[nodiscard]] const char* head_detail() const noexcept { return request_.detail(); }
  /// The request is an extended CONNECT (RFC 8441): DATA is no body.
  [[nodiscard]] bool is_connect() const noexcept { return connects_; }
  [[nodiscard]] std::string_view outgoing() const noexcept { return tunnel_ ? tunnel_->out.unsent() : out_.view(); }
  [[nodiscard]] bool outgoing_ends() const noexcept { return ended_; }
  [[nodiscard]] std::span<const inspect::HeaderField> outgoing_trailers() const noexcept { return trailer_views_; }
  void note_sent(std::size_t count) noexcept;
  void note_all_sent() noexcept { all_sent_ = true; }

  [[nodiscard]] const http1::Head& head() const noexcept override { return request_.head(); }
  [[nodiscard]] std::size_t head_bytes() const noexcept override { return request_.kept_bytes(); }
  [[nodiscard]] Step next() override;
  [[nodiscard]] std::span<const inspect::HeaderField> trailers() const noexcept override { return request_trailers_; }
  [[nodiscard]] Reason error() const noexcept override { return error_; }
  [[nodiscard]] const char* error_detail() const noexcept override { return error_detail_; }
  [[nodiscard]] bool is_gone() const noexcept override { return gone_; }
  [[nodiscard]] TunnelEnd leave_http() override;

  void send_continue() override;
  void send_interim(const http1::Head& head) override;
  void send_head(const http1::Head& head, const ResponseFraming& framing) override;
  void send_body(std::string_view bytes) override { out_.append(bytes); }
  void send_end(std::span<const inspect::HeaderField> trailers, BodyFields body) override;
  void send_local_reply(const LocalReply& reply) override;
  [[nodiscard]] bool answers(Reason reason) const noexcept override { return reason != Reason::kMalformedRequest; }
  void mark() override {}
  void take_back() override;

  [[nodiscard]] bool has_unsent() const noexcept override {
    return head_pending_ || !outgoing().empty() || (ended_ && !all_sent_);
  }
  [[nodiscard]] bool is_full() noexcept override;
  [[nodiscard]] Flush flush() override;
  [[nodiscard]] std::uint64_t total_sent() const noexcept override { return total_sent_; }
  [[nodiscard]] std::uint64_t unconfirmed() const noexcept override { return backlog_.unconfirmed(); }

 private:
  /// What a stream has beside once it has left HTTP. Its bytes are counted as the connection's.
  struct Tunnel {
    Tunnel(BufferPool& pool, std::size_t limit_bytes) noexcept : in(pool), out(pool, limit_bytes) {}
    Buffer in;
    SendQueue out;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
  };
  [[nodiscard]] IoResult read(std::span<char> into) noexcept override;
  [[nodiscard]] IoResult write(std::span<const char> bytes) noexcept override;
  [[nodiscard]] bool is_dead() noexcept override { return gone_; }
  [[nodiscard]] std::span<const inspect::HeaderField> listed(const http2::FieldBlock& block);

  BufferPool& buffers_;
  http2::Session& session_;
  const Http2Backlog& backlog_;
  http2::StreamId id_ = 0;
  std::size_t limit_bytes_ = 0;

  http2::RequestHead request_;
  http2::FieldBlock request_trailer_block_;
  std::vector<inspect::HeaderField> request_trailers_;
  Buffer in_;
  bool connects_ = false;
  bool trailers_seen_ = false;
  bool end_seen_ = false;
  bool gone_ = false;
  Reason error_ = Reason::kNone;
  const char* error_detail_ = "";

  http2::FieldBlock answer_;
  http2::FieldBlock trailer_block_;
  std::vector<inspect::HeaderField> views_;          // of a block that is submitted
  std::vector<inspect::HeaderField> trailer_views_;  // of trailer_block_
  Buffer out_;
  std::unique_ptr<Tunnel> tunnel_;
  http2::Session::Body body_ = http2::Session::Body::kNone;
  bool head_pending_ = false;
  bool ended_ = false;
  bool all_sent_ = false;
  bool full_ = false;
  std::uint64_t total_sent_ = 0;
  std::uint64_t seen_sent_ = 0;  // by flush()
};

}  // namespace gabion::proxy
