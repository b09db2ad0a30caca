// HTTP/2 on one connection: what the peer's frames make happen, and how ours are written. See session.h.
#include "proxy/protocol/http2/session_callbacks.h"

#include <algorithm>

#include "proxy/protocol/http2/priority.h"

namespace gabion::proxy::http2 {
namespace {

constexpr std::string_view kWrongLength = "a body before its head, or of another length than content-length says";

std::string_view view_of(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

void Session::Callbacks::install(nghttp2_session_callbacks& callbacks) {
  nghttp2_session_callbacks_set_on_begin_frame_callback(&callbacks, on_begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(&callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_frame_recv_callback(&callbacks, on_frame);
  nghttp2_session_callbacks_set_unpack_extension_callback(&callbacks, on_unknown_frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(&callbacks, on_invalid_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(&callbacks, on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(&callbacks, on_close);
  nghttp2_session_callbacks_set_before_frame_send_callback(&callbacks, before_frame);
  nghttp2_session_callbacks_set_on_frame_send_callback(&callbacks, on_frame_sent);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(&callbacks, on_frame_not_sent);
  nghttp2_session_callbacks_set_send_callback(&callbacks, write);
  nghttp2_session_callbacks_set_send_data_callback(&callbacks, write_body);
}

nghttp2_data_provider Session::Callbacks::provider() noexcept {
  nghttp2_data_provider provider{};
  provider.read_callback = offer_body;
  return provider;
}

int Session::Callbacks::on_begin_frame(nghttp2_session* /*session*/, const nghttp2_frame_hd* hd, void* user) {
  Session& session = self(user);
  switch (hd->type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
    case NGHTTP2_RST_STREAM:
      break;
    case NGHTTP2_PUSH_PROMISE:  // nghttp2 waits for the peer to acknowledge that there are none
      session.fail(ErrorCode::kProtocolError, "a push that nobody allowed");
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    default:
      session.note_control_frame();
  }
  return 0;
}

int Session::Callbacks::on_begin_headers(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
  Session& session = self(user);
  const bool opens = frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
  if (opens && !session.add_stream(frame->hd.stream_id)) {
    session.reset(frame->hd.stream_id, ErrorCode::kRefusedStream);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (const char* const fault = session.find_fault(frame->hd.stream_id, ends); fault != nullptr) {
    session.refuse(frame->hd.stream_id, fault);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  if (opens) {
    session.take_priority(frame->hd.stream_id);
  }
  return 0;
}

int Session::Callbacks::on_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
  Session& session = self(user);
  const StreamId id = frame->hd.stream_id;
  const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (session.failure_code_ != ErrorCode::kNoError) {
    return 0;
  }
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      session.give_block(id, frame->headers.cat == NGHTTP2_HCAT_HEADERS ? BlockPlace::kLater : BlockPlace::kFirst);
      break;
    case NGHTTP2_DATA:
      if (!ends) {
        session.note_data(frame->hd.length - std::min(frame->hd.length, frame->data.padlen));
      }
      break;
    case NGHTTP2_RST_STREAM:
      session.reset_by_peer_ = id;
      session.note_reset_by_peer(id);
      return 0;
    case NGHTTP2_SETTINGS:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
        session.owner_.on_settings();
      } else {
        session.reader_.limit_table(session.limits_.hpack_table_bytes);
      }
      return 0;
    case NGHTTP2_PING:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
        session.owner_.on_ping_answered();
      }
      return 0;
    case NGHTTP2_GOAWAY:
      session.goaway_last_ = frame->goaway.last_stream_id;
      session.peer_left_ = true;
      session.owner_.on_goaway(frame->goaway.last_stream_id, static_cast<ErrorCode>(frame->goaway.error_code));
      return 0;
    default:
      return 0;
  }
  if (Stream* stream = session.user_of(id); ends && stream != nullptr) {
    session.take_end(id, *stream);
  }
  return 0;
}

/// RFC 9113 §4.1: ignored.
int Session::Callbacks::on_unknown_frame(nghttp2_session* /*session*/, void** /*payload*/,
                                         const nghttp2_frame_hd* /*hd*/, void* user) {
  self(user).note_control_frame();
  return NGHTTP2_ERR_CANCEL;
}

int Session::Callbacks::on_invalid_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame, int error,
                                         void* user) {
  self(user).note_malformed(frame->hd.stream_id, nghttp2_strerror(error));
  return 0;
}

int Session::Callbacks::on_data(nghttp2_session* /*session*/, std::uint8_t /*flags*/, std::int32_t id,
                                const std::uint8_t* bytes, std::size_t size, void* user) {
  self(user).take_data(id, view_of(bytes, size));
  return 0;
}

int Session::Callbacks::on_close(nghttp2_session* /*session*/, std::int32_t id, std::uint32_t code, void* user) {
  self(user).close_stream(id, static_cast<ErrorCode>(code));
  return 0;
}

int Session::Callbacks::before_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
  Session& session = self(user);
  const bool has_fields = frame->hd.type == NGHTTP2_HEADERS && frame->headers.nvlen != 0;
  session.heading_ = has_fields ? session.sending_.find(frame->headers.nva[0].name) : nullptr;
  return 0;
}

/// nghttp2 ends a connection by itself when the peer breaks the protocol; its words for it are constants.
int Session::Callbacks::on_frame_sent(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
  Session& session = self(user);
  if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR &&
      session.failure_code_ == ErrorCode::kNoError) {
    session.failure_code_ = static_cast<ErrorCode>(frame->goaway.error_code);
    session.failure_ = frame->goaway.opaque_data_len != 0
                           ? view_of(frame->goaway.opaque_data, frame->goaway.opaque_data_len)
                           : std::string_view(nghttp2_http2_strerror(frame->goaway.error_code));
  }
  if (frame->hd.type == NGHTTP2_RST_STREAM) {
    session.note_own_reset(static_cast<ErrorCode>(frame->rst_stream.error_code));
  }
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.nvlen != 0) {
    session.sending_.release(frame->headers.nva[0].name);
  }
  const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (Stream* stream = ends ? session.user_of(frame->hd.stream_id) : nullptr;
      stream != nullptr && (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)) {
    stream->on_all_sent();
  }
  return 0;
}

int Session::Callbacks::on_frame_not_sent(nghttp2_session* /*session*/, const nghttp2_frame* frame, int /*error*/,
                                          void* user) {
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.nvlen != 0) {
    self(user).sending_.release(frame->headers.nva[0].name);
  }
  return 0;
}

ssize_t Session::Callbacks::write(nghttp2_session* /*session*/, const std::uint8_t* bytes, std::size_t size,
                                  int /*flags*/, void* user) {
  SessionOwner& owner = self(user).owner_;
  if (!owner.can_write()) {
    return NGHTTP2_ERR_WOULDBLOCK;
  }
  if (Session& session = self(user); session.heading_ != nullptr) {
    session.write_head(view_of(bytes, size));
  } else {
    owner.write(view_of(bytes, size));
  }
  return static_cast<ssize_t>(size);
}

ssize_t Session::Callbacks::offer_body(nghttp2_session* /*session*/, std::int32_t id, std::uint8_t* /*buffer*/,
                                       std::size_t most, std::uint32_t* flags, nghttp2_data_source* /*source*/,
                                       void* user) {
  Stream* stream = self(user).user_of(id);
  if (stream == nullptr) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  const std::size_t available = stream->outgoing().size();
  const std::size_t size = std::min(available, most);
  const bool ends = size == available && stream->outgoing_ends();
  if (size == 0 && !ends) {
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (ends) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (const auto trailers = stream->outgoing_trailers(); !trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      self(user).send_trailers(id, trailers);
    }
  }
  return static_cast<ssize_t>(size);
}

int Session::Callbacks::write_body(nghttp2_session* /*session*/, nghttp2_frame* frame, const std::uint8_t* head,
                                   std::size_t size, nghttp2_data_source* /*source*/, void* user) {
  Session& session = self(user);
  if (!session.owner_.can_write()) {
    return NGHTTP2_ERR_WOULDBLOCK;
  }
  Stream* stream = session.user_of(frame->hd.stream_id);
  if (stream == nullptr || stream->outgoing().size() < size) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  session.owner_.write(view_of(head, HeaderFrames::kFrameHeadBytes));
  session.owner_.write(stream->outgoing().substr(0, size));
  stream->on_sent(size);
  session.controls_.earn(2);
  return 0;
}

Stream* Session::user_of(StreamId id) noexcept {
  if (id != asked_id_ || asked_ == nullptr) {
    asked_id_ = id;
    asked_ = static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_.get(), id));
  }
  return asked_;
}

void Session::forget_user(StreamId id) noexcept {
  nghttp2_session_set_stream_user_data(session_.get(), id, nullptr);
  if (id == asked_id_) {
    asked_ = nullptr;
  }
}

bool Session::add_stream(StreamId id) {
  if (failure_code_ != ErrorCode::kNoError) {
    return false;
  }
  last_stream_ = id;
  if (peer_left_ && open_streams_ == 0) {
    return false;  // the connection was over with its GOAWAY, whatever came in the same piece
  }
  Stream* stream = owner_.open_stream(id);
  if (stream == nullptr) {
    return false;
  }
  stream->incoming_ = MessageBounds(MessageBounds::Of::kRequest);
  nghttp2_session_set_stream_user_data(session_.get(), id, stream);
  ++open_streams_;
  return true;
}

void Session::note_control_frame() {
  if (!controls_.spend(now_)) {
    fail(ErrorCode::kEnhanceYourCalm, "too many control frames");
  }
}

void Session::note_continuation() {
  if (++continuations_ > limits_.continuations) {
    fail(ErrorCode::kEnhanceYourCalm, "too many CONTINUATION frames");
  }
}

/// A service's reset of a stream answers a request of ours, so we set their number; behind an early answer it is the
/// usual end (RFC 9113 §8.1). A reset of what is over stops nothing that was begun.
void Session::note_reset_by_peer(StreamId id) {
  if (user_of(id) == nullptr) {
    note_control_frame();
  } else if (role_ == Role::kServer) {
    note_reset();
  }
}

void Session::note_reset() {
  if (!resets_.spend(now_)) {
    fail(ErrorCode::kEnhanceYourCalm, "too many streams were reset");
  }
}

/// A peer that makes us reset costs as much as one that resets; an impatient one may not know the limit yet.
void Session::note_own_reset(ErrorCode code) {
  switch (code) {
    case ErrorCode::kProtocolError:
    case ErrorCode::kFlowControlError:
    case ErrorCode::kStreamClosed:
    case ErrorCode::kFrameSizeError:
      return note_reset();
    case ErrorCode::kRefusedStream:
      return note_control_frame();
    default:
      return;
  }
}

void Session::note_data(std::size_t bytes) {
  empty_data_ = bytes == 0 ? empty_data_ + 1 : 0;
  if (empty_data_ > limits_.empty_data_in_a_row) {
    fail(ErrorCode::kEnhanceYourCalm, "too many empty DATA frames");
  }
}

/// What comes behind a request's head are trailers. Behind an interim response another head may come: only a head has
/// pseudo-header fields (RFC 9113 §8.3), and they come first.
void Session::give_block(StreamId id, BlockPlace place) {
  Stream* stream = user_of(id);
  if (stream == nullptr) {
    return;
  }
  const bool is_head =
      place == BlockPlace::kFirst || (role_ == Role::kClient && !block_.empty() && block_[0].name.starts_with(':'));
  if (is_head) {
    stream->on_head(block_, block_error_);
  } else {
    stream->on_trailers(block_, block_error_);
  }
}

/// What is wrong with the block that has come, or null.
const char* Session::find_fault(StreamId id, bool ends) noexcept {
  if (block_is_refused_) {
    return "a field's name or value is not allowed in HTTP/2";
  }
  Stream* const stream = user_of(id);
  const bool fits = stream == nullptr || stream->incoming_.take_block(block_, ends);
  return fits ? nullptr : "a header block that its message may not have there, or a wrong content-length";
}

/// RFC 9218 §4: of the answers that wait for room.
void Session::take_priority(StreamId id) noexcept {
  for (std::size_t i = 0; i < block_.size(); ++i) {
    if (const auto field = block_[i]; field.name == "priority") {
      const Priority priority = parse_priority(field.value);
      const nghttp2_extpri shown{priority.urgency, priority.incremental ? 1 : 0};
      nghttp2_session_change_extpri_stream_priority(session_.get(), id, &shown, 0);
      return;
    }
  }
}

void Session::take_data(StreamId id, std::string_view bytes) {
  Stream* const stream = user_of(id);
  if (stream == nullptr || failure_code_ != ErrorCode::kNoError) {
    return consume_of_connection(bytes.size());
  }
  if (!stream->incoming_.take_data(bytes.size())) {
    consume_of_connection(bytes.size());
    return refuse(id, kWrongLength);
  }
  stream->on_data(bytes);
}

/// nghttp2 may close the stream before it writes the reset: close_stream() knows it by malformed_stream_.
void Session::take_end(StreamId id, Stream& stream) {
  if (stream.incoming_.take_end()) {
    stream.on_end();
  } else {
    refuse(id, kWrongLength);
  }
}

void Session::refuse(StreamId id, std::string_view what) {
  note_malformed(id, what);
  reset(id, ErrorCode::kProtocolError);
}

void Session::note_malformed(StreamId id, std::string_view what) {
  malformed_stream_ = id;
  malformed_what_ = what;
}

void Session::close_stream(StreamId id, ErrorCode code) {
  if (failure_code_ != ErrorCode::kNoError) {
    return forget_user(id);  // who uses it ends it, see feed()
  }
  if (code == ErrorCode::kNoError && malformed_stream_ == id && reset_by_peer_ != id) {
    code = ErrorCode::kProtocolError;
  }
  ClosedBy who = code == ErrorCode::kNoError ? ClosedBy::kEnd : ClosedBy::kUs;
  if (reset_by_peer_ == id || (role_ == Role::kClient && id > goaway_last_)) {
    who = ClosedBy::kPeer;
  }
  const bool is_malformed =
      who == ClosedBy::kUs &&
      (code == ErrorCode::kProtocolError || code == ErrorCode::kFlowControlError || code == ErrorCode::kStreamClosed);
  Stream* stream = user_of(id);
  if (stream != nullptr || role_ == Role::kClient) {
    controls_.earn(1);  // the peer's reset may still be on its way
  }
  if (stream == nullptr) {
    return;
  }
  --open_streams_;
  const std::string_view what = malformed_stream_ == id ? malformed_what_ : std::string_view();
  forget_user(id);
  stream->on_closed(who, code, is_malformed && what.empty() ? "not a well-formed HTTP/2 message" : what);
}

}  // namespace gabion::proxy::http2
