// A connection that carries many exchanges at once: see http2_connection.h.
#include "proxy/upstream/http2_connection.h"

#include <algorithm>

#include "proxy/upstream/http2_half.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr int kReadsPerTurn = 16;               // then others have their turn
constexpr std::size_t kWriteBytes = 64 * 1024;  // queued for the socket, then streams wait
constexpr std::uint32_t kMostStreams = 1000;    // whatever the server says

/// A hop's two ends speak what was declared, as in plain text.
bool agreed_on_http2(const tls::TlsStream& tls) noexcept {
  if (tls.is_hop()) {
    return true;
  }
  const std::string_view agreed = tls.agreed_protocol();
  return agreed == "h2" || agreed == "istio-h2";
}

}  // namespace

Http2Connection::Http2Connection(EventLoop& loop, BufferPool& buffers, WorkerMetrics& metrics,
                                 Http2ConnectionOwner& owner, std::unique_ptr<UpstreamConnection> link,
                                 Negotiation negotiation, const http2::SessionLimits& limits,
                                 std::uint32_t expected_streams)
    : loop_(loop),
      metrics_(metrics),
      owner_(owner),
      link_(std::move(link)),
      negotiation_(negotiation),
      limits_(limits),
      expected_streams_(expected_streams),
      in_(buffers),
      out_(buffers, kWriteBytes),
      idle_since_(loop.now()) {
  link_->set_owner(this);
  loop_.wake(*this);
}

Http2Connection::~Http2Connection() = default;

std::string_view Http2Connection::peer_spiffe() const noexcept {
  return link_ ? std::string_view(link_->peer_spiffe) : std::string_view();
}

std::uint32_t Http2Connection::most_streams() const noexcept {
  return has_settings_ ? std::min(session_->max_streams(), kMostStreams) : expected_streams_;
}

std::size_t Http2Connection::room() const noexcept {
  if (retired_) {
    return 0;
  }
  std::size_t used = streams_.size();
  switch (stage_) {
    case Stage::kConnecting:
      break;
    case Stage::kOpen:
      used = session_->open_streams() + unopened();
      break;
    case Stage::kFailed:
    case Stage::kElsewhere:
    case Stage::kOver:
      return 0;
  }
  const std::size_t most = most_streams();
  return most - std::min(most, used);
}

/// Nothing but the first stream is opened before the server has said how many it takes: some answer one too many with
/// the end of the connection.
UpstreamHalf::State Http2Connection::admits(const Http2Upstream& stream) const noexcept {
  if (retired_) {
    return UpstreamHalf::State::kElsewhere;
  }
  const bool may_be_first = &stream == streams_.front() && stream.purpose_ == Http2Upstream::Purpose::kRequest;
  if (session_->open_streams() == 0 && (has_settings_ || may_be_first)) {
    return UpstreamHalf::State::kReady;
  }
  if (!has_settings_) {
    return UpstreamHalf::State::kConnecting;
  }
  return session_->open_streams() < most_streams() ? UpstreamHalf::State::kReady : UpstreamHalf::State::kElsewhere;
}

std::size_t Http2Connection::unopened() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(streams_.begin(), streams_.end(), [](const Http2Upstream* stream) { return !stream->begun_; }));
}

void Http2Connection::attach(Http2Upstream& stream) {
  stream.attach(*this, carried_);
  stream.index_ = streams_.size();
  streams_.push_back(&stream);
}

void Http2Connection::detach(Http2Upstream& stream) noexcept {
  if (stream.id_ != 0) {
    session_->reset(stream.id_, http2::ErrorCode::kCancel);
    session_->forget(stream.id_);
    stream.id_ = 0;
  }
  carried_ = carried_ || stream.answered_;
  streams_.back()->index_ = stream.index_;
  streams_[stream.index_] = streams_.back();
  streams_.pop_back();
  idle_since_ = loop_.now();
  room_ = true;
  loop_.wake(*this);  // who waits for a place is called, a reset leaves, the end may have come
}

void Http2Connection::retire() noexcept {
  if (retired_) {
    return;
  }
  retired_ = true;
  loop_.wake(*this);
}

http2::StreamId Http2Connection::open(Http2Upstream& stream, http2::FieldBlock& block, http2::Session::Body body) {
  loop_.wake(*this);
  return session_->request(stream, block, body);
}

void Http2Connection::resume(http2::StreamId id) {
  session_->resume(id);
  loop_.wake(*this);
}

/// Slow clients shall not close the window of all: what waits for one counts against its stream only.
void Http2Connection::came(std::size_t count) noexcept {
  session_->consume_of_connection(count);
}

void Http2Connection::taken(http2::StreamId id, std::size_t count) noexcept {
  if (stage_ != Stage::kOpen) {
    return;
  }
  if (id != 0) {
    session_->consume_of_stream(id, count);
  }
  loop_.wake(*this);
}

void Http2Connection::note_room() noexcept {
  room_ = true;
}

void Http2Connection::on_wake() noexcept {
  if (stage_ == Stage::kConnecting) {
    progress();
  }
  if (stage_ == Stage::kOpen) {
    read();
  }
  if (stage_ == Stage::kOpen) {
    write();
  }
  if (std::exchange(room_, false)) {
    owner_.on_room(*this);
  }
  const bool unwanted = stage_ == Stage::kConnecting || retired_;
  if (streams_.empty() && (unwanted || stage_ != Stage::kOpen)) {
    close_in_order();
    owner_.on_over(*this);
  }
}

void Http2Connection::progress() {
  switch (link_->progress()) {
    case UpstreamConnection::State::kConnecting:
    case UpstreamConnection::State::kAsking:
    case UpstreamConnection::State::kHandshaking:
      return;
    case UpstreamConnection::State::kFailed:
      metrics_.counters().upstream.tls.failed += link_->tls() != nullptr ? 1 : 0;
      fail(Stage::kFailed, link_->failure(), link_->failure_detail());
      return;
    case UpstreamConnection::State::kReady:
      break;
  }
  const tls::TlsStream* tls = link_->tls();
  if (tls != nullptr && !agreed_on_http2(*tls) && negotiation_ == Negotiation::kOffered) {
    fail(Stage::kElsewhere, Reason::kNone, {});
    owner_.on_http1(*this, std::move(link_));
    return;
  }
  if (tls != nullptr) {
    metrics_.counters().upstream.tls.ok += 1;
    metrics_.counters().upstream.tls.resumed += tls->peer().resumed ? 1 : 0;
  }
  if (tls != nullptr && !agreed_on_http2(*tls)) {
    fail(Stage::kFailed, Reason::kUpstreamProtocol, "the server did not choose HTTP/2 (ALPN)");
    return;
  }
  begin_session();
}

void Http2Connection::begin_session() {
  stage_ = Stage::kOpen;
  http2::SessionOwner& owner = *this;
  session_.emplace(http2::Role::kClient, limits_, owner);
  wake_streams();
}

void Http2Connection::read() {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const auto result = link_->transport().read(in_.prepare(kReadBytes));
    switch (result.status) {
      case IoStatus::kOk:
        break;
      case IoStatus::kBlocked:
        in_.release();
        return;
      case IoStatus::kClosed:
      case IoStatus::kError:
        write();  // what was wrong with the last bytes shows when the GOAWAY for it is written
        if (stage_ == Stage::kOpen && result.status == IoStatus::kClosed) {
          lose(Reason::kUpstreamTruncated, "the service closed the connection");
        } else if (stage_ == Stage::kOpen) {
          lose(Reason::kUpstreamReset, "the connection was reset");
        }
        return;
    }
    metrics_.counters().upstream.bytes_received += result.bytes;
    in_.commit(result.bytes);
    const bool fine = session_->feed(in_.bytes(), loop_.now());
    in_.clear();
    if (!fine) {
      lose_broken();
      write();  // the GOAWAY that says so
      return;
    }
  }
  loop_.wake(*this);
}

/// What all streams have to say, as far as the socket takes it.
void Http2Connection::write() {
  bool fine = true;
  bool more = true;
  while (more) {
    fine = session_->flush();
    const auto before = out_.pending();
    const auto flushed = out_.flush(link_->transport());  // a failed write is not the end: reading tells
    metrics_.counters().upstream.bytes_sent += before - out_.pending();
    more = fine && before != 0 && flushed == SendQueue::Flush::kDrained && session_->wants_flush();
  }
  out_.release();
  if (stage_ == Stage::kOpen && !fine) {
    lose_broken();
  } else if (stage_ == Stage::kOpen && session_->is_over()) {
    lose(Reason::kUpstreamTruncated, "the service closed the connection");
  }
}

bool Http2Connection::can_write() noexcept {
  return out_.pending() < kWriteBytes;
}

void Http2Connection::on_goaway(http2::StreamId last, http2::ErrorCode /*code*/) {
  retired_ = true;
  for (Http2Upstream* stream : streams_) {
    if (stream->id_ > last) {
      session_->forget(stream->id_);
      stream->id_ = 0;
      stream->lose(UpstreamHalf::Event::kRefused, Reason::kUpstreamReset, "the service went away");
    }
  }
}

void Http2Connection::on_settings() {
  has_settings_ = true;
  room_ = true;
  wake_streams();
}

/// What never said SETTINGS is something else than HTTP/2.
void Http2Connection::lose_broken() {
  lose(has_settings_ ? Reason::kUpstreamMalformed : Reason::kUpstreamProtocol, session_->failure());
}

void Http2Connection::lose(Reason reason, std::string_view detail) {
  stage_ = Stage::kOver;
  const auto how = reason == Reason::kUpstreamMalformed || reason == Reason::kUpstreamProtocol
                       ? UpstreamHalf::Event::kMalformed
                       : UpstreamHalf::Event::kLost;
  for (Http2Upstream* stream : streams_) {
    stream->id_ = 0;
    stream->lose(how, reason, detail);
  }
}

void Http2Connection::fail(Stage stage, Reason reason, std::string detail) {
  stage_ = stage;
  failure_ = reason;
  failure_detail_ = std::move(detail);
  wake_streams();
}

void Http2Connection::wake_streams() noexcept {
  for (Http2Upstream* stream : streams_) {
    stream->wake();
  }
}

/// Best effort: what the socket does not take at once is not waited for.
void Http2Connection::close_in_order() noexcept {
  if (stage_ == Stage::kOpen) {
    session_->goaway();
    write();
  }
  if (link_ && session_) {
    link_->transport().shutdown_write();
  }
}

}  // namespace gabion::proxy
