// A client's connection once HTTP/2 is spoken on it: see http2_link.h.
#include "proxy/session/http2_link.h"

#include <algorithm>

namespace gabion::proxy {
namespace {

constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kMuch = 1024;                     // of a read: more than some requests
constexpr auto kShare = std::chrono::microseconds(50);  // of a turn of the loop; a stream's step is not divided
constexpr std::uint32_t kBlockBytesAFeed = 16 * 1024;   // some 10 µs
constexpr std::uint32_t kMostTurnsUnwritten = 8;
constexpr auto kBetweenGoodbyes = std::chrono::seconds(1);  // requests may be on their way until then
constexpr std::uint32_t kPseudoFields = 5;        // RFC 9113 §8.3.1, RFC 8441 §4: not counted by limits.headerCount
constexpr std::size_t kStreamsKept = 4;           // of a quiet connection
constexpr auto kQuiet = std::chrono::seconds(1);  // so long without a stream
/// Exchanges may outlive their streams, as many as these: a client may open streams for those that it sees ended.
constexpr std::size_t kExchangesPerStream = 2;

http2::SessionLimits session_limits(const Downstream& down) noexcept {
  const config::Limits& limits = down.snapshot->config.limits;
  http2::SessionLimits session;
  session.connect_protocol = down.plan->websocket == config::WebSocketMode::kAllow;
  session.concurrent_streams = limits.concurrent_streams;
  session.stream_window_bytes = limits.stream_window_bytes;
  session.connection_window_bytes = limits.connection_window_bytes;
  session.header_bytes = limits.header_bytes;
  session.header_count = limits.header_count + kPseudoFields;
  session.trailer_bytes = limits.trailer_bytes;
  session.block_bytes_a_feed = kBlockBytesAFeed;
  return session;
}

}  // namespace

Http2Link::Http2Link(WorkerState& worker, Client& client, const Downstream& down, Http1Half& wire,
                     Http2LinkOwner& owner, Wakeable& sleeper)
    : worker_(worker),
      client_(client),
      down_(down),
      wire_(wire),
      owner_(owner),
      sleeper_(sleeper),
      session_(http2::Role::kServer, session_limits(down), *this),
      since_(worker.loop.now()),
      wrote_at_(since_),
      announced_at_(since_),
      block_since_(since_) {}

Http2Link::~Http2Link() = default;

Http2Link::Progress Http2Link::step() {
  share_ends_.reset();
  clock_seen_ = worker_.loop.latest();
  client_gone_ = client_gone_ || client_.transport->socket().is_dead();  // before it is asked for more of its requests
  while (true) {
    if (is_ending()) {
      cut_short_ = cut_short_ || (!failure_told_ && (busy() || !wire_.out.empty()));
      return end_streams();
    }
    follow_drain();
    // What has ended makes room before the client opens more in its place.
    bool moved = ready_.empty() && read();
    moved = step_streams() || moved;
    moved = (is_time_to_write() && write()) || moved;
    if (failed_ && !client_gone_) {
      report_failure();
      failure_told_ = true;
    }
    if (is_ending()) {
      continue;
    }
    if (session_.is_over() && wire_.out.empty() && ready_.empty()) {
      cut(Reason::kNone);
      return Progress::kClose;
    }
    if (!moved && ready_.empty()) {
      rest();
      if (put_off_ == worker_.loop.turns()) {
        worker_.loop.wake(sleeper_);
      }
      return Progress::kWait;
    }
    if (has_more() && !has_share()) {
      fall_behind();
      return Progress::kWait;
    }
  }
}

/// What an exchange read in its step will do for the time behind it. The share begins when it is first asked for: after
/// a feed and a step, mostly there is no more to do and no clock is read; but before what may take long.
bool Http2Link::has_share() noexcept {
  const bool was_read = worker_.loop.latest() != clock_seen_;  // by the exchange that had its step
  const auto now = was_read ? worker_.loop.latest() : worker_.loop.read_clock();
  clock_seen_ = now;
  if (!share_ends_) {
    share_ends_ = now + kShare;
  }
  return now < *share_ends_;
}

/// Who only may have more in its socket has the next turn, too, unless that has been so before: a request that took
/// long shall not put its client behind those who flood.
void Http2Link::fall_behind() {
  const bool again = spent_turn_ + 1 == worker_.loop.turns();
  spent_turn_ = worker_.loop.turns();
  if (again || has_input() || !ready_.empty()) {
    write_put_off();  // that turn may be far behind the next one
    worker_.loop.wake_later(sleeper_);
  } else {
    worker_.loop.wake(sleeper_);
  }
}

/// The session's user pointers end here, so it is not asked any more.
Http2Link::Progress Http2Link::end_streams() {
  while (!streams_.empty()) {
    if (streams_.back()->is_open()) {
      streams_.back()->cut(failure_told_ ? Reason::kHttp2Error : Reason::kNone);
    }
    ready_.clear();
    free_.clear();
    streams_.pop_back();
    if (!streams_.empty() && !has_share()) {
      worker_.loop.wake_later(sleeper_);
      return Progress::kWait;
    }
  }
  return cut_short_ ? Progress::kReset : Progress::kClose;
}

/// True: something was read. While the client does not read, nothing more of it is.
bool Http2Link::read() {
  if (failed_ || client_gone_ || wire_.out.is_full()) {
    return false;
  }
  if (!has_input()) {
    const auto result = client_.transport->read(wire_.in.prepare(kReadBytes));
    switch (result.status) {
      case IoStatus::kOk:
        wire_.in.commit(result.bytes);
        worker_.metrics.counters().downstream.bytes_received += result.bytes;
        if (result.bytes >= kMuch) {
          (void)has_share();  // from here on, not from what follows it
        }
        break;
      case IoStatus::kBlocked:
        return false;
      case IoStatus::kClosed:
        write_put_off();  // who says no more may still read
        [[fallthrough]];
      case IoStatus::kError:
        client_gone_ = true;
        return false;
    }
  }
  const auto now = worker_.loop.now();
  const bool was_in_block = session_.is_in_block();
  failed_ = !session_.feed(wire_.in.bytes(), now);
  wire_.in.consume(failed_ ? wire_.in.size() : session_.taken());
  if (session_.is_in_block() && !was_in_block) {
    block_since_ = now;
  }
  return true;
}

/// One at least. Those for which no share is left stay ready, in their order.
bool Http2Link::step_streams() {
  running_.swap(ready_);
  std::size_t stepped = 0;
  while (stepped < running_.size() && (stepped == 0 || has_share())) {
    Http2Stream* stream = running_[stepped];
    ++stepped;
    stream->is_ready = false;
    stream->step();
  }
  ready_.insert(ready_.begin(), running_.begin() + static_cast<std::ptrdiff_t>(stepped), running_.end());
  running_.clear();
  return stepped != 0;
}

/// Answers that others will follow at once leave together, soon.
bool Http2Link::is_time_to_write() noexcept {
  const bool waits = !failed_ && !ready_.empty() && turns_unwritten_ < kMostTurnsUnwritten;
  turns_unwritten_ = waits ? turns_unwritten_ + (has_share() ? 0 : 1) : 0;
  return !waits && (!ready_.empty() || !puts_off_writing());
}

/// While other streams are under way, to the next turn of the loop, which waits for nothing: they may have something to
/// say by then, and a record and a system call are of all.
bool Http2Link::puts_off_writing() noexcept {
  const auto turn = worker_.loop.turns();
  if (failed_ || open_count_ <= 1 || !session_.wants_flush() || (put_off_ != 0 && put_off_ != turn)) {
    put_off_ = 0;
    return false;
  }
  put_off_ = turn;
  return true;
}

void Http2Link::write_put_off() {
  if (put_off_ != 0) {
    put_off_ = 0;
    [[maybe_unused]] const bool moved = write();
  }
}

bool Http2Link::write() {
  const bool had_all = wire_.out.empty();
  if (!session_.flush()) {
    failed_ = true;
  }
  const auto before = wire_.out.pending();
  if (before == 0) {
    return false;
  }
  if (wire_.out.flush(*client_.transport) == SendQueue::Flush::kClosed) {
    client_gone_ = true;
    return false;
  }
  const auto sent = before - wire_.out.pending();
  worker_.metrics.counters().downstream.bytes_sent += sent;
  if (sent != 0 || had_all) {
    wrote_at_ = worker_.loop.now();
  }
  return sent != 0;
}

void Http2Link::rest() noexcept {
  wire_.in.release();
  wire_.out.release();
}

/// REQUIRES: !busy(), and none is ready.
void Http2Link::release_streams() noexcept {
  while (streams_.size() > kStreamsKept) {
    const Http2Stream* last = streams_.back().get();
    std::erase(free_, last);
    streams_.pop_back();
  }
  for (Http2Stream* stream : free_) {
    stream->release();
  }
  session_.release();
}

http2::Stream* Http2Link::open_stream(http2::StreamId id) {
  if (failed_ || goodbye_ == Goodbye::kSaid || !owner_.on_request()) {  // above the last one we said we take
    return nullptr;
  }
  const auto& limits = down_.snapshot->config.limits;
  if (session_.open_streams() >= limits.concurrent_streams ||
      open_count_ >= kExchangesPerStream * limits.concurrent_streams) {
    worker_.metrics.reached(Limit::kConcurrentStreams);
    if (!refused_stream_) {
      refused_stream_ = true;
      owner_.on_event(Reason::kStreamLimit, {});
    }
    return nullptr;
  }
  if (free_.empty()) {
    const Http2Backlog& backlog = *this;
    Http2StreamOwner& owner = *this;
    streams_.push_back(std::make_unique<Http2Stream>(worker_, client_, session_, backlog, owner));
    free_.push_back(streams_.back().get());
  }
  Http2Stream* stream = free_.back();
  free_.pop_back();
  ++open_count_;
  stream->open(id, down_);
  ++client_.requests;
  if (limits.requests_per_connection != 0 && client_.requests >= limits.requests_per_connection &&
      goodbye_ != Goodbye::kSaid) {
    worker_.metrics.reached(Limit::kRequestsPerConnection);
    goodbye_ = Goodbye::kSaid;
    session_.goaway();
  }
  return stream;
}

void Http2Link::on_stream_over(Http2Stream& stream) noexcept {
  free_.push_back(&stream);
  --open_count_;
  since_ = worker_.loop.now();
}

void Http2Link::on_stream_ready(Http2Stream& stream) noexcept {
  if (!stream.is_ready) {
    stream.is_ready = true;
    ready_.push_back(&stream);
  }
}

void Http2Link::on_stream_woken(Http2Stream& stream) noexcept {
  on_stream_ready(stream);
  worker_.loop.wake(sleeper_);
}

std::uint64_t Http2Link::unconfirmed() const noexcept {
  return wire_.out.pending() + client_.transport->socket().unconfirmed();
}

bool Http2Link::is_draining() const noexcept {
  return worker_.drain == DrainStep::kAll ||
         (worker_.drain != DrainStep::kNone && down_.plan->side == inspect::Side::kIngress);
}

/// RFC 9113 §6.8: first a GOAWAY that refuses nothing, later one with the last stream that was opened. None while
/// listeners are open: a client would come back on a new connection, only to hear the same.
void Http2Link::follow_drain() {
  if (drain_seen_ != worker_.drain) {  // a WebSocket ends at its next message, and none may come
    drain_seen_ = worker_.drain;
    wake_streams();
  }
  if (!is_draining() || failed_ || worker_.drain == DrainStep::kAnnounce) {
    return;
  }
  const auto now = worker_.loop.now();
  if (goodbye_ == Goodbye::kNone) {
    goodbye_ = Goodbye::kAnnounced;
    announced_at_ = now;
    session_.announce_goaway();
  }
  if (goodbye_ == Goodbye::kAnnounced && now - announced_at_ >= kBetweenGoodbyes) {
    goodbye_ = Goodbye::kSaid;
    session_.goaway();
  }
}

void Http2Link::wake_streams() noexcept {
  for (const auto& stream : streams_) {
    if (stream->is_open()) {
      on_stream_ready(*stream);
    }
  }
}

Http2Link::Deadline Http2Link::deadline() const noexcept {
  const auto& timeouts = down_.snapshot->config.timeouts;
  if (is_ending()) {
    return {worker_.loop.now() + timeouts.idle, Reason::kNone};  // its turns are on their way
  }
  if (!wire_.out.empty()) {
    return {wrote_at_ + timeouts.response_body, Reason::kReaderTooSlow};
  }
  if (goodbye_ == Goodbye::kAnnounced) {
    return {announced_at_ + kBetweenGoodbyes, Reason::kNone};
  }
  if (session_.is_in_block()) {
    return {block_since_ + timeouts.request_header, Reason::kRequestHeaderTimeout};
  }
  if (busy()) {
    return {worker_.loop.now() + timeouts.idle, Reason::kNone};  // each exchange has its own
  }
  if (client_.requests == 0) {
    return {since_ + timeouts.request_header, Reason::kRequestHeaderTimeout};
  }
  return {since_ + timeouts.idle, Reason::kIdleTimeout};
}

void Http2Link::expire(Reason reason) {
  owner_.on_event(reason, {});
  if (reason == Reason::kReaderTooSlow) {
    client_gone_ = cut_short_ = true;
    return;
  }
  end(reason);
}

void Http2Link::report_failure() {
  if (session_.failure() == http2::Session::kNotThePreface) {
    worker_.metrics.counters().protocol_mismatch += 1;
    owner_.on_event(Reason::kProtocolMismatch, session_.failure());
    return;
  }
  const bool is_flood = session_.failure_code() == http2::ErrorCode::kEnhanceYourCalm;
  if (is_flood) {
    worker_.metrics.reached(Limit::kHttp2Flood);
  }
  owner_.on_event(is_flood ? Reason::kHttp2Flood : Reason::kHttp2Error, session_.failure());
}

void Http2Link::end(Reason reason) {
  if (is_ending()) {
    cut(reason);
    return;
  }
  write_put_off();
  session_.terminate(http2::ErrorCode::kNoError);
  cut(reason);
  [[maybe_unused]] const bool moved = write();
}

void Http2Link::cut(Reason reason) {
  for (const auto& stream : streams_) {
    if (stream->is_open()) {
      stream->cut(reason);
    }
  }
}

void Http2Link::list_holders(std::vector<HeldMemory>& held) {
  for (const auto& stream : streams_) {
    stream->list_holder(held);
  }
}

void Http2Link::revalidate(std::chrono::system_clock::time_point now, bool new_snapshot) {
  for (const auto& stream : streams_) {
    stream->revalidate(now, *worker_.newest_of(down_.snapshot), new_snapshot);
  }
  // Not whenever nothing is under way: what the next request needs would be made anew for each.
  if (!busy() && ready_.empty() && !is_ending() && worker_.loop.now() - since_ >= kQuiet) {
    release_streams();
  }
}

}  // namespace gabion::proxy
