// HTTP/2 on one connection: what its user asks of it. See session.h; session_events.cc is what the peer makes happen.
#include "proxy/protocol/http2/session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <limits>

#include "proxy/protocol/http2/session_callbacks.h"

namespace gabion::proxy::http2 {
namespace {

constexpr std::uint64_t kNeverReached = std::uint64_t{1} << 32U;
constexpr unsigned kFirstUnknownType = NGHTTP2_CONTINUATION + 1;

struct OptionDeleter {
  void operator()(nghttp2_option* option) const noexcept { nghttp2_option_del(option); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const noexcept { nghttp2_session_callbacks_del(callbacks); }
};

std::unique_ptr<nghttp2_option, OptionDeleter> make_options(const SessionLimits& limits) {
  nghttp2_option* option = nullptr;
  if (nghttp2_option_new(&option) != 0) {
    throw std::bad_alloc();
  }
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_http_messaging(option, 1);  // message_bounds.h, and the heads' readers
  nghttp2_option_set_no_closed_streams(option, 1);  // kept for a tree of priorities that we do not follow
  nghttp2_option_set_max_outbound_ack(option, limits.acks_waiting);
  nghttp2_option_set_max_settings(option, limits.settings_entries);
  // What may come may go on: a field is up to 12 bytes longer than it came (64 KiB unless told).
  nghttp2_option_set_max_send_header_block_length(
      option, std::size_t{64} * 1024 + std::size_t{2} * std::max(limits.header_bytes, limits.trailer_bytes));
  nghttp2_option_set_max_deflate_dynamic_table_size(option, 0);  // hpack_writer.h has none
  for (unsigned type = kFirstUnknownType; type <= 0xff; ++type) {
    nghttp2_option_set_user_recv_extension_type(option, static_cast<std::uint8_t>(type));  // to be counted
  }
  // Ours counts, and says what it is: note_reset_by_peer().
  nghttp2_option_set_stream_reset_rate_limit(option, kNeverReached, kNeverReached);
  return std::unique_ptr<nghttp2_option, OptionDeleter>(option);
}

SessionMemory& memory_of(void* user) noexcept {
  return *static_cast<SessionMemory*>(user);
}

nghttp2_mem functions_of(SessionMemory& memory) noexcept {
  nghttp2_mem made{};
  made.mem_user_data = &memory;
  made.malloc = [](std::size_t bytes, void* user) { return memory_of(user).take(bytes); };
  made.free = [](void* piece, void* user) { memory_of(user).give(piece); };
  made.calloc = [](std::size_t count, std::size_t bytes, void* user) {
    return memory_of(user).take_zeroed(count, bytes);
  };
  made.realloc = [](void* piece, std::size_t bytes, void* user) { return memory_of(user).resize(piece, bytes); };
  return made;
}

nghttp2_nv to_nv(const inspect::HeaderField& field) noexcept {
  const auto* const name = reinterpret_cast<const std::uint8_t*>(field.name.data());
  const auto* const value = reinterpret_cast<const std::uint8_t*>(field.value.data());
  return {const_cast<std::uint8_t*>(name), const_cast<std::uint8_t*>(value), field.name.size(), field.value.size(),
          NGHTTP2_NV_FLAG_NO_INDEX};
}

/// What nghttp2 writes where our head is to stand: little, and known again by the place where its name begins. Bytes
/// stay where they are until it is written.
nghttp2_nv first_nv(const FieldBlock& block) noexcept {
  nghttp2_nv nv = to_nv({block[0].name.substr(0, 1), {}});
  nv.flags |= NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  return nv;
}

constexpr std::size_t kUsualFields = 48;
using Nvs = boost::container::small_vector<nghttp2_nv, kUsualFields>;

Nvs to_nvs(std::span<const inspect::HeaderField> fields) {
  Nvs nvs(fields.size());
  std::transform(fields.begin(), fields.end(), nvs.begin(), to_nv);
  return nvs;
}

MessageBounds::Of answers_to(const FieldBlock& request) noexcept {
  const std::string_view method = request[0].value;
  return method == "HEAD"      ? MessageBounds::Of::kAnswerToHead
         : method == "CONNECT" ? MessageBounds::Of::kAnswerToConnect
                               : MessageBounds::Of::kAnswer;
}

FieldBlock block_of(std::span<const inspect::HeaderField> fields) {
  FieldBlock block;
  for (const inspect::HeaderField& field : fields) {
    block.append_lower(field.name, field.value, {});
  }
  return block;
}

}  // namespace

void Session::Deleter::operator()(nghttp2_session* session) const noexcept {
  nghttp2_session_del(session);
}

Session::Session(Role role, const SessionLimits& limits, SessionOwner& owner)
    : role_(role),
      limits_(limits),
      owner_(owner),
      frames_(role == Role::kServer ? HeaderFrames::kPrefaceBytes : 0),
      goaway_last_(std::numeric_limits<StreamId>::max()),
      resets_(limits.reset_burst, limits.resets_per_second),
      controls_(limits.control_burst, limits.controls_per_second) {
  nghttp2_session_callbacks* raw = nullptr;
  if (nghttp2_session_callbacks_new(&raw) != 0) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(raw);
  Callbacks::install(*callbacks);
  const auto options = make_options(limits);
  nghttp2_session* session = nullptr;
  nghttp2_mem memory = functions_of(memory_);
  const auto make = role == Role::kServer ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  if (make(&session, callbacks.get(), this, options.get(), &memory) != 0) {
    throw std::bad_alloc();
  }
  session_.reset(session);
  submit_settings();
}

Session::~Session() = default;

void Session::submit_settings() {
  std::vector<nghttp2_settings_entry> entries = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits_.header_bytes},
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits_.hpack_table_bytes},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  if (role_ == Role::kServer) {
    entries.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.concurrent_streams});
    if (limits_.connect_protocol) {
      entries.push_back({NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
    }
  } else {
    entries.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(limits_.connection_window_bytes));
}

void Session::upgrade(std::string_view settings, FieldBlock& block) {
  constexpr StreamId kFirst = 1;
  const int is_head = block[0].value == "HEAD" ? 1 : 0;
  if (const int error = nghttp2_session_upgrade2(session_.get(), reinterpret_cast<const std::uint8_t*>(settings.data()),
                                                 settings.size(), is_head, nullptr);
      error != 0) {
    fail_by(error);
    return;
  }
  newest_block_ = kFirst;
  if (!add_stream(kFirst)) {
    reset(kFirst, ErrorCode::kRefusedStream);
    return;
  }
  Stream* const stream = user_of(kFirst);
  stream->on_head(block, BlockError::kNone);
  stream->on_end();
}

bool Session::flush() {
  if (const int error = nghttp2_session_send(session_.get()); error != 0) {
    fail_by(error);
  }
  return failure_code_ == ErrorCode::kNoError;
}

bool Session::wants_flush() const noexcept {
  return nghttp2_session_want_write(session_.get()) != 0;
}

bool Session::is_over() const noexcept {
  return nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
}

void Session::respond(StreamId id, FieldBlock& block, Body body) {
  const nghttp2_nv first = first_nv(sending_.keep(block));
  const nghttp2_data_provider provider = Callbacks::provider();
  const int error =
      nghttp2_submit_response(session_.get(), id, &first, 1, body == Body::kFollows ? &provider : nullptr);
  if (error != 0) {
    sending_.release(first.name);
  }
}

void Session::respond(StreamId id, std::span<const inspect::HeaderField> fields, Body body) {
  FieldBlock block = block_of(fields);
  respond(id, block, body);
}

void Session::respond_interim(StreamId id, std::span<const inspect::HeaderField> fields) {
  const auto nvs = to_nvs(fields);
  nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, id, nullptr, nvs.data(), nvs.size(), nullptr);
}

StreamId Session::request(Stream& user, std::span<const inspect::HeaderField> fields, Body body) {
  FieldBlock block = block_of(fields);
  return request(user, block, body);
}

StreamId Session::request(Stream& user, FieldBlock& block, Body body) {
  user.incoming_ = MessageBounds(answers_to(block));
  const nghttp2_nv first = first_nv(sending_.keep(block));
  const nghttp2_data_provider provider = Callbacks::provider();
  const auto id =
      nghttp2_submit_request(session_.get(), nullptr, &first, 1, body == Body::kFollows ? &provider : nullptr, &user);
  if (id <= 0) {
    sending_.release(first.name);
    return 0;
  }
  last_stream_ = id;
  ++open_streams_;
  return id;
}

void Session::send_trailers(StreamId id, std::span<const inspect::HeaderField> trailers) {
  const auto nvs = to_nvs(trailers);
  nghttp2_submit_trailer(session_.get(), id, nvs.data(), nvs.size());
}

void Session::resume(StreamId id) {
  nghttp2_session_resume_data(session_.get(), id);  // refuses when it was not waiting
}

void Session::consume(StreamId id, std::size_t count) {
  nghttp2_session_consume(session_.get(), id, count);
}

void Session::consume_of_connection(std::size_t count) {
  nghttp2_session_consume_connection(session_.get(), count);
}

void Session::consume_of_stream(StreamId id, std::size_t count) {
  nghttp2_session_consume_stream(session_.get(), id, count);
}

void Session::reset(StreamId id, ErrorCode code) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, static_cast<std::uint32_t>(code));
}

void Session::forget(StreamId id) {
  forget_user(id);
  --open_streams_;
}

void Session::announce_goaway() {
  nghttp2_submit_shutdown_notice(session_.get());
}

void Session::goaway() {
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, role_ == Role::kServer ? last_stream_ : 0, NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void Session::terminate(ErrorCode code) {
  nghttp2_session_terminate_session(session_.get(), static_cast<std::uint32_t>(code));
}

void Session::ping() {
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

std::uint32_t Session::max_streams() const noexcept {
  return nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool Session::takes_connect() const noexcept {
  return nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

void Session::fail(ErrorCode code, std::string_view what) {
  if (failure_code_ != ErrorCode::kNoError) {
    return;
  }
  failure_code_ = code;
  failure_ = what;
  nghttp2_session_terminate_session(session_.get(), static_cast<std::uint32_t>(code));
}

void Session::fail_by(int library_error) {
  switch (library_error) {
    case NGHTTP2_ERR_FLOODED:
      return fail(ErrorCode::kEnhanceYourCalm, "too many acknowledgements waited for the peer to read");
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      return fail(ErrorCode::kEnhanceYourCalm, "too many CONTINUATION frames");
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return fail(ErrorCode::kProtocolError, kNotThePreface);
    default:
      return fail(ErrorCode::kInternalError, nghttp2_strerror(library_error));
  }
}

}  // namespace gabion::proxy::http2
