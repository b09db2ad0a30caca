// An HTTP/1 client's half: see http1_half.h.
#include "proxy/session/http1_half.h"

#include "proxy/protocol/http1/encoder.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kReadBytes = 4096;  // least room worth a system call

}  // namespace

Reason reason_of_request(http1::DecodeError error) noexcept {
  switch (error) {
    case http1::DecodeError::kStartLineTooLong:
      return Reason::kUriTooLong;
    case http1::DecodeError::kHeaderTooLarge:
      return Reason::kHeaderTooLarge;
    case http1::DecodeError::kTooManyHeaders:
      return Reason::kTooManyHeaders;
    case http1::DecodeError::kTrailerTooLarge:
      return Reason::kTrailerTooLarge;
    case http1::DecodeError::kUnsupportedVersion:
      return Reason::kUnsupportedVersion;
    case http1::DecodeError::kTruncated:
      return Reason::kClientClosed;
    case http1::DecodeError::kNone:
    case http1::DecodeError::kMalformed:
      return Reason::kMalformedRequest;
  }
  return Reason::kMalformedRequest;
}

Http1Half::Http1Half(WorkerState& worker, Client& client)
    : in(worker.buffers),
      out(worker.buffers, worker.snapshot->config.limits.buffer_bytes),
      decoder(http1::Role::kRequest, decoder_limits(worker.snapshot->config.limits)),
      worker_(worker),
      client_(client) {}

ClientHalf::Step Http1Half::next() {
  while (true) {
    const auto step = decoder.next(in.bytes());
    in.consume(step.consumed);
    switch (step.event) {
      case http1::Decoder::Event::kBody:
        return {Event::kBody, step.body};
      case http1::Decoder::Event::kEnd:
        return {Event::kEnd, {}};
      case http1::Decoder::Event::kNeedMore:
        if (!in.empty() && step.consumed != 0) {
          break;
        }
        if (const Event read_event = read(); read_event != Event::kBody) {
          return {read_event, {}};
        }
        break;
      case http1::Decoder::Event::kError:
      case http1::Decoder::Event::kHead:  // cannot be: a head follows an end
        return {Event::kError, {}};
    }
  }
}

/// kBody: there is something new to decode.
ClientHalf::Event Http1Half::read() {
  const auto result = client_.transport->read(in.prepare(kReadBytes));
  switch (result.status) {
    case IoStatus::kOk:
      in.commit(result.bytes);
      worker_.metrics.counters().downstream.bytes_received += result.bytes;
      return Event::kBody;
    case IoStatus::kBlocked:
      return Event::kBlocked;
    case IoStatus::kClosed:
    case IoStatus::kError:
      return Event::kClosed;
  }
  return Event::kClosed;
}

TunnelEnd Http1Half::leave_http() {
  auto& counters = worker_.metrics.counters().downstream;
  return {*client_.transport, in, out, counters.bytes_received, counters.bytes_sent};
}

void Http1Half::send_continue() {
  out.append("HTTP/1.1 100 Continue\r\n\r\n");
}

void Http1Half::send_interim(const http1::Head& head) {
  write_response_head(out, head, {});
}

void Http1Half::send_head(const http1::Head& head, const ResponseFraming& framing) {
  framing_ = framing.framing;
  write_response_head(out, head, framing);
}

void Http1Half::send_body(std::string_view bytes) {
  if (framing_ == http1::Framing::kChunked) {
    http1::write_chunk(out, bytes);
  } else {
    out.append(bytes);
  }
}

void Http1Half::send_end(std::span<const inspect::HeaderField> trailers, BodyFields body) {
  if (framing_ == http1::Framing::kChunked) {
    write_trailers(out, trailers, body);
  }
}

void Http1Half::send_local_reply(const LocalReply& reply) {
  write_local_reply(out, reply);
}

ClientHalf::Flush Http1Half::flush() {
  const auto before = out.pending();
  if (out.flush(*client_.transport) == SendQueue::Flush::kClosed) {
    return Flush::kClosed;
  }
  worker_.metrics.counters().downstream.bytes_sent += before - out.pending();
  return out.pending() == before ? Flush::kNothing : Flush::kMoved;
}

}  // namespace gabion::proxy
