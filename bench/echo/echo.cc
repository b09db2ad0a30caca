// A WebSocket service that sends back every message it gets: see echo.h.
#include "bench/echo/echo.h"

#include <fmt/format.h>

#include <optional>

#include "proxy/protocol/websocket/frame_encoder.h"
#include "proxy/protocol/websocket/handshake.h"
#include "proxy/session/websocket_upgrade.h"

namespace gabion::bench {

namespace http1 = proxy::http1;
namespace websocket = proxy::websocket;
using websocket::FrameDecoder;

Echo::Echo(proxy::BufferPool& pool)
    : request_(http1::Role::kRequest, http1::DecoderLimits{}),
      frames_(websocket::Sender::kClient, websocket::Compression::kNone, kMostMessageBytes),
      held_(pool) {}

bool Echo::feed(std::span<char> bytes) {
  if (!held_.empty()) {
    held_.append({bytes.data(), bytes.size()});
    bytes = held_.bytes();
  }
  std::size_t used = 0;
  const bool more = take(bytes, used);
  if (held_.empty()) {
    held_.append({bytes.data() + used, bytes.size() - used});
  } else {
    held_.consume(used);
  }
  held_.release();
  return more;
}

bool Echo::take(std::span<char> bytes, std::size_t& used) {
  if (!upgraded_ && !(take_request(bytes, used) && upgraded_)) {
    return out_.empty();  // a head that is not whole; else it was refused
  }
  while (true) {
    const auto step = frames_.next(bytes.subspan(used));
    used += step.consumed;
    if (step.event == FrameDecoder::Event::kNeedMore) {
      return true;
    }
    if (!take_frame(step)) {
      return false;
    }
  }
}

/// False: refused.
bool Echo::take_request(std::span<char> bytes, std::size_t& used) {
  const auto step = request_.next(bytes);
  used += step.consumed;
  if (step.event == http1::Decoder::Event::kNeedMore) {
    return true;
  }
  const bool asks = step.event == http1::Decoder::Event::kHead && websocket::asks_for_websocket(request_.head());
  const auto reading = asks ? websocket::read_offer(request_.head()) : websocket::OfferReading{};
  if (!asks || reading.status != websocket::OfferStatus::kOk) {
    out_ += fmt::format("HTTP/1.1 {}\r\nConnection: close\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n",
                        asks ? "400 Bad Request" : "426 Upgrade Required");
    return false;
  }
  out_ += fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
      "{}\r\n\r\n",
      proxy::websocket_accept(reading.offer.key));
  upgraded_ = true;
  return true;
}

bool Echo::take_frame(const FrameDecoder::Step& step) {
  const std::string_view piece(step.data.data(), step.data.size());
  switch (step.event) {
    case FrameDecoder::Event::kNeedMore:
    case FrameDecoder::Event::kPong:
      return true;
    case FrameDecoder::Event::kData:
      if (step.begins && step.ends) {
        send(frames_.message().opcode, piece);
        return true;
      }
      message_ += piece;
      if (step.ends) {
        send(frames_.message().opcode, message_);
        message_.clear();
      }
      return true;
    case FrameDecoder::Event::kPing:
      send(websocket::Opcode::kPong, piece);
      return true;
    case FrameDecoder::Event::kClose:
      close(frames_.close_code());
      return false;
    case FrameDecoder::Event::kError:
      break;
  }
  close(websocket::close_code_of(frames_.error()));
  return false;
}

void Echo::send(websocket::Opcode opcode, std::string_view payload) {
  const websocket::FrameHead head(opcode, websocket::Part::kLast, websocket::Compression::kNone, payload.size(), {});
  out_ += head.view();
  out_ += payload;
}

void Echo::close(std::uint16_t code) {
  send(websocket::Opcode::kClose, websocket::ClosePayload(code, "").view());
}

}  // namespace gabion::bench
