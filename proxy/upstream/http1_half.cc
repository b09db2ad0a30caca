// An exchange's half towards the service in HTTP/1.1: see http1_half.h.
#include "proxy/upstream/http1_half.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kReadBytes = 4096;  // least room worth a system call

Reason reason_of(http1::DecodeError error) noexcept {
  switch (error) {
    case http1::DecodeError::kHeaderTooLarge:
    case http1::DecodeError::kTooManyHeaders:
    case http1::DecodeError::kStartLineTooLong:
    case http1::DecodeError::kTrailerTooLarge:
      return Reason::kUpstreamHeaderTooLarge;
    case http1::DecodeError::kTruncated:
      return Reason::kUpstreamTruncated;
    case http1::DecodeError::kNone:
    case http1::DecodeError::kMalformed:
    case http1::DecodeError::kUnsupportedVersion:
      return Reason::kUpstreamMalformed;
  }
  return Reason::kUpstreamMalformed;
}

}  // namespace

Http1Upstream::~Http1Upstream() {
  if (connection_) {
    pool_.discard(std::move(connection_));
  }
}

void Http1Upstream::adopt(std::unique_ptr<UpstreamConnection> connection) noexcept {
  connection_ = std::move(connection);
  failure_ = Reason::kNone;
  failure_detail_ = {};
  counted_ = false;
}

UpstreamHalf::State Http1Upstream::progress() {
  switch (connection_->progress()) {
    case UpstreamConnection::State::kConnecting:
    case UpstreamConnection::State::kAsking:
    case UpstreamConnection::State::kHandshaking:
      return State::kConnecting;
    case UpstreamConnection::State::kFailed:
      metrics_.counters().upstream.tls.failed += connection_->tls() != nullptr ? 1 : 0;
      failure_ = connection_->failure();
      failure_detail_ = connection_->failure_detail();
      return State::kFailed;
    case UpstreamConnection::State::kReady:
      note_ready();
      return State::kReady;
  }
  return State::kFailed;
}

void Http1Upstream::note_ready() noexcept {
  if (const tls::TlsStream* tls = connection_->tls(); tls != nullptr && !connection_->reused && !counted_) {
    metrics_.counters().upstream.tls.ok += 1;
    metrics_.counters().upstream.tls.resumed += tls->peer().resumed ? 1 : 0;
  }
  counted_ = true;
}

void Http1Upstream::expect_answer_to(std::string_view method) {
  connection_->decoder.expect_answer_to_head(method == "HEAD");
}

bool Http1Upstream::send(SendQueue& queue) {
  const auto before = queue.pending();
  if (before == 0) {
    return false;
  }
  // A failed write is not the end: the service may have answered and closed. Reading tells.
  [[maybe_unused]] const auto flushed = queue.flush(connection_->transport());
  metrics_.counters().upstream.bytes_sent += before - queue.pending();
  return queue.pending() != before;
}

UpstreamHalf::Event Http1Upstream::next() {
  while (true) {
    const auto step = connection_->decoder.next(connection_->in.bytes());
    connection_->in.consume(step.consumed);
    switch (step.event) {
      case http1::Decoder::Event::kHead:
        return Event::kHead;
      case http1::Decoder::Event::kBody:
        body_ = step.body;
        return Event::kBody;
      case http1::Decoder::Event::kEnd:
        return Event::kEnd;
      case http1::Decoder::Event::kError:
        failure_ = reason_of(connection_->decoder.error());
        failure_detail_ = connection_->decoder.detail();
        return Event::kMalformed;
      case http1::Decoder::Event::kNeedMore:
        break;
    }
    if (!connection_->in.empty() && step.consumed != 0) {
      continue;
    }
    switch (read()) {
      case Reading::kMore:
        continue;
      case Reading::kNothing:
        return Event::kBlocked;
      case Reading::kEnd:
        return Event::kEnd;
      case Reading::kLost:
        return Event::kLost;
    }
  }
}

Http1Upstream::Reading Http1Upstream::read() {
  const auto result = connection_->transport().read(connection_->in.prepare(kReadBytes));
  switch (result.status) {
    case IoStatus::kOk:
      connection_->in.commit(result.bytes);
      metrics_.counters().upstream.bytes_received += result.bytes;
      return Reading::kMore;
    case IoStatus::kBlocked:
      return Reading::kNothing;
    case IoStatus::kClosed:
      failure_ = Reason::kUpstreamTruncated;
      return connection_->decoder.on_eof() == http1::Decoder::Event::kEnd ? Reading::kEnd : Reading::kLost;
    case IoStatus::kError:
      failure_ = Reason::kUpstreamReset;
      return Reading::kLost;
  }
  return Reading::kLost;
}

void Http1Upstream::finish(Ending ending, const Snapshot& current) {
  if (!connection_) {
    return;
  }
  const auto& answer = head();
  const bool reusable = ending == Ending::kComplete && answer.keeps_alive() &&
                        answer.framing != http1::Framing::kUntilClose && connection_->decoder.at_message_start() &&
                        connection_->in.empty();
  if (reusable) {
    pool_.release(std::move(connection_), current);
  } else {
    pool_.discard(std::move(connection_));
  }
}

}  // namespace gabion::proxy
