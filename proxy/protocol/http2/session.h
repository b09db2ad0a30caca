// HTTP/2 on one connection in either role, sans I/O: bytes in, events out, bytes out; the only user of nghttp2.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/protocol/http2/field_block.h"
#include "proxy/protocol/http2/header_frames.h"
#include "proxy/protocol/http2/hpack_reader.h"
#include "proxy/protocol/http2/message_bounds.h"
#include "proxy/protocol/http2/rate_limit.h"
#include "proxy/protocol/http2/sending_blocks.h"
#include "proxy/protocol/http2/session_memory.h"

struct nghttp2_session;

namespace gabion::proxy::http2 {

using StreamId = std::int32_t;

enum class Role : std::uint8_t { kServer, kClient };

/// RFC 9113 §7.
enum class ErrorCode : std::uint32_t {
  kNoError = 0,
  kProtocolError = 1,
  kInternalError = 2,
  kFlowControlError = 3,
  kSettingsTimeout = 4,
  kStreamClosed = 5,
  kFrameSizeError = 6,
  kRefusedStream = 7,
  kCancel = 8,
  kCompressionError = 9,
  kConnectError = 10,
  kEnhanceYourCalm = 11,
  kInadequateSecurity = 12,
  kHttp11Required = 13,
};

/// What a peer may do to us (docs/configuration.md, limits). Bytes of a header block count as
/// SETTINGS_MAX_HEADER_LIST_SIZE does: name, value and 32 for each field.
struct SessionLimits {
  std::uint32_t concurrent_streams = 100;
  std::uint32_t stream_window_bytes = 64 * 1024;
  std::uint32_t connection_window_bytes = 1024 * 1024;
  std::uint32_t header_bytes = 64 * 1024;
  std::uint32_t header_count = 100;
  std::uint32_t trailer_bytes = 16 * 1024;
  std::uint32_t hpack_table_bytes = 4096;
  std::uint32_t reset_burst = 100;
  std::uint32_t resets_per_second = 10;
  std::uint32_t continuations = 8;
  std::uint32_t settings_entries = 32;
  std::uint32_t acks_waiting = 100;
  std::uint32_t empty_data_in_a_row = 10;
  /// PING, SETTINGS, PRIORITY, WINDOW_UPDATE and unknown frames; DATA frames that we send earn two more each.
  std::uint32_t control_burst = 1000;
  std::uint32_t controls_per_second = 100;
  /// What one feed() reads of header blocks before it pauses, each new request counted as kRequestCost; 0: all of it.
  std::uint32_t block_bytes_a_feed = 0;
  bool connect_protocol = false;  ///< server: extended CONNECT may be asked for (RFC 8441 §3)
};

/// Why a header block is not what it should be.
enum class BlockError : std::uint8_t { kNone, kTooLarge, kTooMany };

/// Who ended a stream before its orderly end.
enum class ClosedBy : std::uint8_t { kEnd, kUs, kPeer };

/// One stream's user. Called from Session::feed() and flush(); everything but those two may be called from within.
class Stream {
 public:
  /// A request (server), or a response's head, interim ones included (client). `block` may be swapped away. When it
  /// exceeded a limit only what stood before is in it. on_end() follows at once if the message has no body.
  virtual void on_head(FieldBlock& block, BlockError error) = 0;
  /// A piece of the body. Whoever takes it calls consume() when it has left, or the peer may send no more.
  virtual void on_data(std::string_view bytes) = 0;
  virtual void on_trailers(FieldBlock& block, BlockError error) = 0;
  /// The peer said its last word on this stream; its content-length was right, if it is no tunnel.
  virtual void on_end() = 0;
  /// The stream is over and the session forgets its user. `detail`: what was wrong, where the session knows it.
  virtual void on_closed(ClosedBy who, ErrorCode code, std::string_view detail) = 0;

  /// What can be sent of the body now; valid until on_sent() or the user's next turn.
  [[nodiscard]] virtual std::string_view outgoing() noexcept = 0;
  /// Nothing comes behind outgoing().
  [[nodiscard]] virtual bool outgoing_ends() const noexcept = 0;
  /// Sent behind the body's end, lower-case names; valid until on_closed().
  [[nodiscard]] virtual std::span<const inspect::HeaderField> outgoing_trailers() const noexcept = 0;
  /// The first `count` bytes of outgoing() are written.
  virtual void on_sent(std::size_t count) = 0;
  /// END_STREAM is written.
  virtual void on_all_sent() = 0;

 protected:
  ~Stream() = default;

 private:
  friend class Session;
  MessageBounds incoming_;  // the session's
};

/// The connection around a session.
class SessionOwner {
 public:
  /// Server: a request begins. Null refuses it (REFUSED_STREAM).
  [[nodiscard]] virtual Stream* open_stream(StreamId id) = 0;
  /// The peer takes no streams above `last` any more.
  virtual void on_goaway(StreamId last, ErrorCode code) = 0;
  /// The peer's SETTINGS were taken: max_streams() may have changed.
  virtual void on_settings() = 0;
  virtual void on_ping_answered() = 0;
  /// False: no room, flush() stops; call it again when there is.
  [[nodiscard]] virtual bool can_write() noexcept = 0;
  virtual void write(std::string_view bytes) = 0;

 protected:
  ~SessionOwner() = default;
};

/// Enforces RFC 9113 and the limits; flow control is the streams' users' business through consume(). Not movable.
class Session {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  /// failure() of a server whose client speaks something else.
  static constexpr std::string_view kNotThePreface = "not the HTTP/2 preface";
  static constexpr std::uint32_t kRequestCost = 1024;  // as reading so many bytes of fields

  Session(Role role, const SessionLimits& limits, SessionOwner& owner);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Server, before the first feed(): the connection came by an upgrade (RFC 7540 §3.2). `settings` is a payload that
  /// RFC 9113 §6.5.2 allows; `block` the head of stream 1, :method first, whose request has ended.
  void upgrade(std::string_view settings, FieldBlock& block);
  /// False: the connection is over and no stream hears of anything any more: their users end them. flush() hands out
  /// the GOAWAY that says so; failure() is set.
  [[nodiscard]] bool feed(std::span<const char> bytes, TimePoint now);
  /// The last feed() had its share of header blocks (limits.block_bytes_a_feed): call it again with what stands behind
  /// taken() bytes, even if that is nothing.
  [[nodiscard]] bool is_paused() const noexcept { return paused_; }
  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }
  /// Hands bytes to owner.write() until there are none or it says stop. False as above.
  [[nodiscard]] bool flush();
  /// There are bytes to be flushed. What flow control holds back does not count.
  [[nodiscard]] bool wants_flush() const noexcept;
  /// Neither side has anything to say any more: after a GOAWAY, when its last stream ended.
  [[nodiscard]] bool is_over() const noexcept;

  /// Server: an answer's head; a body follows through Stream::outgoing() if `has_body`, else it ends the stream.
  /// Takes the fields over, names in lower case: `block` is empty afterwards.
  enum class Body : std::uint8_t { kNone, kFollows };
  void respond(StreamId id, FieldBlock& block, Body body);
  void respond(StreamId id, std::span<const inspect::HeaderField> fields, Body body);
  void respond_interim(StreamId id, std::span<const inspect::HeaderField> fields);
  /// Client: a new stream. 0: none can be opened any more (GOAWAY, or ids are used up).
  /// Takes the fields over as respond() does.
  [[nodiscard]] StreamId request(Stream& user, FieldBlock& block, Body body);
  [[nodiscard]] StreamId request(Stream& user, std::span<const inspect::HeaderField> fields, Body body);
  /// outgoing() or outgoing_ends() has more than when it was asked last.
  void resume(StreamId id);
  /// Opens the stream's and the connection's window by `count` bytes of DATA.
  void consume(StreamId id, std::size_t count);
  /// The connection's only: for bytes of a stream that is over.
  void consume_of_connection(std::size_t count);
  /// The stream's only: for bytes that count against the connection no more.
  void consume_of_stream(StreamId id, std::size_t count);
  void reset(StreamId id, ErrorCode code);
  /// A service has answered one of the peer's requests: it may give up another. Many callers may share its connection.
  void note_served() noexcept { resets_.earn(1); }
  /// The stream's user is told nothing any more: it may go. REQUIRES: on_closed() was not called.
  void forget(StreamId id);

  /// Graceful end, first step: GOAWAY with the largest id.
  void announce_goaway();
  /// Second step: GOAWAY with the last stream that was opened; open ones finish.
  void goaway();
  /// At once: GOAWAY with `code`, then nothing.
  void terminate(ErrorCode code);
  void ping();

  /// Gives memory back that is kept for the next message.
  void release() noexcept {
    memory_.release();
    sending_.release();
    reader_.release();
    release_tail();
  }

  /// Client: how many streams the server allows at once.
  [[nodiscard]] std::uint32_t max_streams() const noexcept;
  /// Client: the server takes an extended CONNECT.
  [[nodiscard]] bool takes_connect() const noexcept;
  [[nodiscard]] std::uint32_t open_streams() const noexcept { return open_streams_; }
  /// Kept of header blocks whose fields came in pieces.
  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return tail_.capacity(); }
  /// A header block has begun and not ended.
  [[nodiscard]] bool is_in_block() const noexcept { return in_block_; }
  [[nodiscard]] StreamId last_stream() const noexcept { return last_stream_; }
  /// What the peer did wrong, "" when nothing; and whether it was a flood.
  [[nodiscard]] std::string_view failure() const noexcept { return failure_; }
  [[nodiscard]] ErrorCode failure_code() const noexcept { return failure_code_; }

 private:
  struct Callbacks;
  friend struct Callbacks;
  struct Deleter {
    void operator()(nghttp2_session* session) const noexcept;
  };
  void submit_settings();
  [[nodiscard]] Stream* user_of(StreamId id) noexcept;
  void forget_user(StreamId id) noexcept;
  [[nodiscard]] bool add_stream(StreamId id);
  void fail(ErrorCode code, std::string_view what);
  void fail_by(int library_error);
  void note_control_frame();
  void note_continuation();
  void note_reset();
  void note_reset_by_peer(StreamId id);
  void note_own_reset(ErrorCode code);
  void note_data(std::size_t bytes);
  void read_frames(std::string_view& rest);
  void show(std::string_view frames);  // to nghttp2
  void begin_block() noexcept;
  void read_fragment(std::string_view& rest, std::string_view fragment);
  void read_tail();
  void read_fields(std::string_view& wire);
  void take_field(const inspect::HeaderField& field);
  [[nodiscard]] bool is_allowed(const inspect::HeaderField& field) const noexcept;
  void end_block();
  void release_tail() noexcept;
  enum class BlockPlace : std::uint8_t { kFirst, kLater };
  void give_block(StreamId id, BlockPlace place);
  void send_trailers(StreamId id, std::span<const inspect::HeaderField> trailers);
  [[nodiscard]] const char* find_fault(StreamId id, bool ends) noexcept;
  void take_priority(StreamId id) noexcept;
  void take_data(StreamId id, std::string_view bytes);
  void take_end(StreamId id, Stream& stream);
  void note_malformed(StreamId id, std::string_view what);
  void refuse(StreamId id, std::string_view what);
  void close_stream(StreamId id, ErrorCode code);
  void write_head(std::string_view frame);
  void write_in_pieces(std::string_view block, std::size_t most);

  const Role role_;
  const SessionLimits limits_;
  SessionOwner& owner_;
  SendingBlocks sending_;  // these two outlive session_, which uses them
  SessionMemory memory_;
  const FieldBlock* heading_ = nullptr;  // of `sending_`: its frame is about to be written
  std::string heading_wire_;
  std::unique_ptr<nghttp2_session, Deleter> session_;
  HeaderFrames frames_;
  HpackReader reader_;
  std::string tail_;            // of a block: a field that has begun, and what follows it while paused_
  bool tail_is_ready_ = false;  // it may have whole fields
  bool deaf_ = false;           // nothing that comes is read any more
  StreamId newest_block_ = 0;   // server: of the stream that was opened last, refused ones included
  bool block_opens_ = false;
  bool block_is_refused_ = false;
  FieldBlock block_;
  std::uint64_t block_bytes_ = 0;
  std::uint32_t block_limit_ = 0;
  BlockError block_error_ = BlockError::kNone;
  bool in_block_ = false;
  bool paused_ = false;
  std::uint32_t continuations_ = 0;  // of the block
  std::size_t taken_ = 0;
  std::uint64_t fed_cost_ = 0;  // of the feed() under way
  StreamId asked_id_ = 0;       // what comes of one stream comes together: its user, found last
  Stream* asked_ = nullptr;
  StreamId malformed_stream_ = 0;
  std::string_view malformed_what_;
  StreamId reset_by_peer_ = 0;
  StreamId last_stream_ = 0;
  std::uint32_t open_streams_ = 0;
  StreamId goaway_last_;    // of the peer
  bool peer_left_ = false;  // it said GOAWAY
  std::uint32_t empty_data_ = 0;
  RateLimit resets_;
  RateLimit controls_;
  TimePoint now_{};
  ErrorCode failure_code_ = ErrorCode::kNoError;
  std::string failure_;
};

}  // namespace gabion::proxy::http2
