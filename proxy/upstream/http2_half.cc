// An exchange's half towards the service as one stream of many: see http2_half.h.
#include "proxy/upstream/http2_half.h"

#include <algorithm>

#include "proxy/protocol/http2/response_head.h"
#include "proxy/upstream/http2_connection.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kLittleText = 4096;

std::string_view name_of(http2::ErrorCode code) noexcept {
  switch (code) {
    case http2::ErrorCode::kNoError:
      return "the service reset the stream: NO_ERROR";
    case http2::ErrorCode::kProtocolError:
      return "the service reset the stream: PROTOCOL_ERROR";
    case http2::ErrorCode::kInternalError:
      return "the service reset the stream: INTERNAL_ERROR";
    case http2::ErrorCode::kFlowControlError:
      return "the service reset the stream: FLOW_CONTROL_ERROR";
    case http2::ErrorCode::kSettingsTimeout:
      return "the service reset the stream: SETTINGS_TIMEOUT";
    case http2::ErrorCode::kStreamClosed:
      return "the service reset the stream: STREAM_CLOSED";
    case http2::ErrorCode::kFrameSizeError:
      return "the service reset the stream: FRAME_SIZE_ERROR";
    case http2::ErrorCode::kRefusedStream:
      return "the service reset the stream: REFUSED_STREAM";
    case http2::ErrorCode::kCancel:
      return "the service reset the stream: CANCEL";
    case http2::ErrorCode::kCompressionError:
      return "the service reset the stream: COMPRESSION_ERROR";
    case http2::ErrorCode::kConnectError:
      return "the service reset the stream: CONNECT_ERROR";
    case http2::ErrorCode::kEnhanceYourCalm:
      return "the service reset the stream: ENHANCE_YOUR_CALM";
    case http2::ErrorCode::kInadequateSecurity:
      return "the service reset the stream: INADEQUATE_SECURITY";
    case http2::ErrorCode::kHttp11Required:
      return "the service reset the stream: HTTP_1_1_REQUIRED";
  }
  return "the service reset the stream";
}

}  // namespace

Http2Upstream::~Http2Upstream() {
  if (connection_ != nullptr) {
    connection_->detach(*this);
  }
}

void Http2Upstream::attach(Http2Connection& connection, bool reused) noexcept {
  connection_ = &connection;
  reused_ = reused;
  id_ = 0;
  queue_ = nullptr;
  outgoing_trailers_ = {};
  offered_ = lent_ = next_head_ = heads_end_ = 0;
  trailers_.clear();
  lost_ = Event::kBlocked;
  failure_ = Reason::kNone;
  answers_head_ = answered_ = ended_ = end_told_ = request_ended_ = all_sent_ = begun_ = false;
}

UpstreamHalf::State Http2Upstream::progress() {
  switch (connection_->stage()) {
    case Http2Connection::Stage::kConnecting:
      return State::kConnecting;
    case Http2Connection::Stage::kElsewhere:
      return State::kElsewhere;
    case Http2Connection::Stage::kFailed:
      failure_ = connection_->failure();
      failure_detail_ = connection_->failure_detail();
      return State::kFailed;
    case Http2Connection::Stage::kOpen:
      if (purpose_ == Purpose::kConnect && connection_->refuses_connect()) {
        failure_ = Reason::kUpgradeRefused;
        failure_detail_ = "the service takes no extended CONNECT";
        return State::kFailed;
      }
      return connection_->admits(*this);
    case Http2Connection::Stage::kOver:
      lose(Event::kRefused, Reason::kUpstreamReset, "the connection ended before the request began");
      return State::kReady;  // next() tells
  }
  return State::kFailed;
}

void Http2Upstream::begin(http2::FieldBlock& block, http2::Session::Body body, SendQueue& queue) {
  queue_ = &queue;
  begun_ = true;
  request_ended_ = body == http2::Session::Body::kNone;
  offered_ = queue.pending();
  if (lost_ != Event::kBlocked) {
    return;
  }
  id_ = connection_->open(*this, block, body);
  if (id_ == 0) {
    lose(Event::kRefused, Reason::kUpstreamReset, "the connection takes no more requests");
  }
}

void Http2Upstream::end_request(std::span<const inspect::HeaderField> trailers) {
  outgoing_trailers_ = trailers;
  request_ended_ = true;
  if (id_ != 0) {
    connection_->resume(id_);
  }
}

bool Http2Upstream::send(SendQueue& queue) {
  if (id_ != 0 && queue.pending() > offered_) {
    offered_ = queue.pending();
    connection_->resume(id_);
  }
  return false;  // the connection writes for all its streams, and wakes us
}

UpstreamHalf::Event Http2Upstream::next() {
  give_back_lent();
  if (lost_ != Event::kBlocked) {
    return lost_;
  }
  if (next_head_ != heads_end_) {
    return take_head();
  }
  if (!in_.empty()) {
    lent_ = std::min(in_.size(), kPieceBytes);
    return Event::kBody;
  }
  if (ended_ && !end_told_) {
    end_told_ = true;
    http2::read_trailers(trailer_block_, trailers_);
    return Event::kEnd;
  }
  return Event::kBlocked;
}

TunnelEnd Http2Upstream::leave_http() {
  give_back_lent();
  return {*this, tunnel_in_, *queue_, tunnel_bytes_[0], tunnel_bytes_[1]};
}

IoResult Http2Upstream::read(std::span<char> into) noexcept {
  if (in_.empty()) {
    in_.release();
    return {lost_ != Event::kBlocked ? IoStatus::kError : ended_ ? IoStatus::kClosed : IoStatus::kBlocked, 0};
  }
  const std::size_t count = std::min(in_.size(), into.size());
  std::copy_n(in_.view().begin(), count, into.begin());
  in_.consume(count);
  connection_->taken(id_, count);
  return {IoStatus::kOk, count};
}

/// The connection takes the bytes where they are: outgoing(), on_sent().
IoResult Http2Upstream::write(std::span<const char> /*bytes*/) noexcept {
  if (id_ == 0) {
    return {IoStatus::kError, 0};
  }
  [[maybe_unused]] const bool sent = send(*queue_);
  return {IoStatus::kBlocked, 0};
}

void Http2Upstream::give_back_lent() noexcept {
  if (lent_ == 0) {
    return;
  }
  in_.consume(lent_);
  connection_->taken(id_, lent_);
  lent_ = 0;
}

UpstreamHalf::Event Http2Upstream::take_head() {
  head_block_.swap(heads_[next_head_]);
  ++next_head_;
  const bool is_last = next_head_ == heads_end_;
  if (is_last) {
    next_head_ = heads_end_ = 0;
  }
  const http2::ResponseFacts facts{answers_head_, is_last && ended_ && in_.empty() && trailer_block_.empty()};
  if (const char* wrong = http2::read_response_head(head_block_, facts, head_); wrong != nullptr) {
    lost_ = Event::kMalformed;
    failure_ = Reason::kUpstreamMalformed;
    failure_detail_ = wrong;
    return lost_;
  }
  return Event::kHead;
}

void Http2Upstream::lose(Event how, Reason reason, std::string_view detail) {
  if (lost_ == Event::kBlocked && !ended_) {
    lost_ = how;
    failure_ = reason;
    failure_detail_ = detail;
  }
  wake();
}

void Http2Upstream::on_head(http2::FieldBlock& block, http2::BlockError error) {
  answered_ = true;
  if (error != http2::BlockError::kNone) {
    lose(Event::kMalformed, Reason::kUpstreamHeaderTooLarge, "the answer's head");
    return;
  }
  if (heads_end_ - next_head_ >= kHeadsWaiting) {
    lose(Event::kMalformed, Reason::kUpstreamMalformed, "too many interim responses");
    return;
  }
  if (heads_end_ == heads_.size()) {
    heads_.emplace_back();
  }
  heads_[heads_end_].swap(block);
  ++heads_end_;
  wake();
}

void Http2Upstream::on_data(std::string_view bytes) {
  in_.append(bytes);
  connection_->came(bytes.size());
  wake();
}

void Http2Upstream::on_trailers(http2::FieldBlock& block, http2::BlockError error) {
  if (error != http2::BlockError::kNone) {
    lose(Event::kMalformed, Reason::kUpstreamHeaderTooLarge, "the answer's trailers");
    return;
  }
  trailer_block_.swap(block);
}

void Http2Upstream::on_end() {
  ended_ = true;
  wake();
}

void Http2Upstream::on_closed(http2::ClosedBy who, http2::ErrorCode code, std::string_view detail) {
  id_ = 0;
  connection_->note_room();
  switch (who) {
    case http2::ClosedBy::kEnd:
      if (!ended_) {
        lose(Event::kLost, Reason::kUpstreamTruncated, "the stream ended within the answer");
      }
      return;
    case http2::ClosedBy::kUs:
      lose(Event::kMalformed, Reason::kUpstreamMalformed, detail);
      return;
    case http2::ClosedBy::kPeer:
      if (code == http2::ErrorCode::kRefusedStream) {
        lose(Event::kRefused, Reason::kUpstreamReset, name_of(code));
      } else {
        lose(Event::kLost, Reason::kUpstreamReset, name_of(code));
      }
      return;
  }
}

void Http2Upstream::on_all_sent() {
  all_sent_ = true;
  if (purpose_ == Purpose::kConnect) {
    wake();
  }
}

std::string_view Http2Upstream::outgoing() noexcept {
  return queue_ == nullptr ? std::string_view() : queue_->unsent();
}

void Http2Upstream::on_sent(std::size_t count) {
  queue_->note_sent(count);
  offered_ -= std::min(offered_, count);
  if (!request_ended_) {
    wake();
  }
}

const tls::TlsStream* Http2Upstream::tls() const noexcept {
  return connection_ == nullptr ? nullptr : connection_->tls();
}

std::string_view Http2Upstream::peer_spiffe() const noexcept {
  return connection_->peer_spiffe();
}

void Http2Upstream::finish(Ending /*ending*/, const Snapshot& /*current*/) {
  if (connection_ == nullptr) {
    return;
  }
  lent_ = 0;
  if (!in_.empty()) {
    connection_->taken(0, in_.size());
  }
  in_.drop();
  tunnel_in_.drop();
  connection_->detach(*this);
  connection_ = nullptr;
  queue_ = nullptr;
  trailer_block_.clear();
  if (heads_.size() > 1 || head_block_.kept_bytes() > kLittleText) {
    heads_ = std::vector<http2::FieldBlock>();
    head_block_ = {};
  }
}

}  // namespace gabion::proxy
