// WebSocket as the load speaks it: see websocket_conversation.h.
#include "bench/load/websocket_conversation.h"

#include "bench/load/mix_file.h"
#include "proxy/protocol/websocket/frame_encoder.h"
#include "proxy/protocol/websocket/handshake.h"
#include "proxy/session/websocket_upgrade.h"

namespace gabion::bench {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

namespace http1 = proxy::http1;
namespace websocket = proxy::websocket;
using websocket::FrameDecoder;

WebSocketConversation::WebSocketConversation(std::string_view upgrade, proxy::BufferPool& pool)
    : upgrade_(upgrade),
      random_(std::random_device{}()),
      answer_(http1::Role::kResponse, http1::DecoderLimits{}),
      held_(pool) {}

/// 16 random bytes in base64: the last two characters stand for none, the one before for two bits.
std::string WebSocketConversation::fresh_key() {
  std::string key;
  for (int i = 0; i < 21; ++i) {
    key += kAlphabet[random_() % kAlphabet.size()];
  }
  key += "AQgw"[random_() % 4];
  return key + "==";
}

void WebSocketConversation::reset() {
  key_ = fresh_key();
  state_ = State::kUpgrading;
  answer_ = http1::Decoder(http1::Role::kResponse, http1::DecoderLimits{});
  frames_.emplace(websocket::Sender::kServer, websocket::Compression::kNone, kMaxBodyBytes);
  held_.drop();
  control_.assign(upgrade_).append(key_).append("\r\n\r\n");
  control_sent_ = 0;
  message_ = {};
  within_message_ = false;
  request_ = nullptr;
  reusable_ = true;
}

void WebSocketConversation::ask(const Request& request) {
  request_ = &request;
  echoed_ = 0;
  status_ = 0;
  if (state_ == State::kOpen) {
    message_ = request.bytes;
  }
}

std::string_view WebSocketConversation::unsent() const noexcept {
  const auto control = std::string_view(control_).substr(control_sent_);
  return within_message_ || control.empty() ? message_ : control;
}

void WebSocketConversation::sent(std::size_t count) {
  if (within_message_ || control_sent_ == control_.size()) {
    message_.remove_prefix(count);
    within_message_ = !message_.empty();
    return;
  }
  control_sent_ += count;
  if (control_sent_ == control_.size()) {
    control_.clear();
    control_sent_ = 0;
  }
}

void WebSocketConversation::give_up_sending() noexcept {
  control_.clear();
  control_sent_ = 0;
  message_ = {};
  within_message_ = false;
  reusable_ = false;
}

Conversation::Outcome WebSocketConversation::feed(std::span<char> bytes) {
  if (!held_.empty()) {
    held_.append({bytes.data(), bytes.size()});
    bytes = held_.bytes();
  }
  std::size_t used = 0;
  const auto outcome = take(bytes, used);
  if (held_.empty()) {
    held_.append({bytes.data() + used, bytes.size() - used});
  } else {
    held_.consume(used);
  }
  held_.release();
  return outcome;
}

Conversation::Outcome WebSocketConversation::take(std::span<char> bytes, std::size_t& used) {
  if (state_ != State::kOpen) {
    const auto outcome = take_answer(bytes, used);
    if (state_ != State::kOpen) {
      return outcome;
    }
  }
  while (true) {
    const auto step = frames_->next(bytes.subspan(used));
    used += step.consumed;
    if (step.event == FrameDecoder::Event::kNeedMore) {
      return Outcome::kMore;
    }
    if (const auto outcome = take_frame(step); outcome != Outcome::kMore) {
      return outcome;
    }
  }
}

/// Of an HTTP server: its 101, or how it refuses.
Conversation::Outcome WebSocketConversation::take_answer(std::span<char> bytes, std::size_t& used) {
  while (true) {
    const auto step = answer_.next(bytes.subspan(used));
    used += step.consumed;
    const http1::Head& head = answer_.head();
    switch (step.event) {
      case http1::Decoder::Event::kNeedMore:
        return Outcome::kMore;
      case http1::Decoder::Event::kHead:
        if (head.status == 101) {
          websocket::Offer offer;
          offer.key = key_;
          if (*websocket::read_switch(head, offer, proxy::websocket_accept(key_)).detail != '\0') {
            return Outcome::kMalformed;
          }
          state_ = State::kOpen;
          message_ = request_ != nullptr ? std::string_view(request_->bytes) : std::string_view();
          return Outcome::kMore;
        }
        if (head.status > 101) {
          state_ = State::kRefused;
          status_ = head.status;
          reusable_ = false;
        }
        break;
      case http1::Decoder::Event::kBody:
        break;
      case http1::Decoder::Event::kEnd:
        return request_ != nullptr ? Outcome::kDone : Outcome::kMalformed;
      case http1::Decoder::Event::kError:
        return Outcome::kMalformed;
    }
  }
}

Conversation::Outcome WebSocketConversation::take_frame(const FrameDecoder::Step& step) {
  switch (step.event) {
    case FrameDecoder::Event::kNeedMore:
      return Outcome::kMore;
    case FrameDecoder::Event::kData:
      return take_echo(step);
    case FrameDecoder::Event::kPing:
      return answer_ping({step.data.data(), step.data.size()});
    case FrameDecoder::Event::kPong:
      return Outcome::kMore;
    case FrameDecoder::Event::kClose:
      reusable_ = false;
      return request_ != nullptr && echoed_ == 0 ? Outcome::kNothing : Outcome::kMalformed;
    case FrameDecoder::Event::kError:
      break;
  }
  return Outcome::kMalformed;
}

Conversation::Outcome WebSocketConversation::take_echo(const FrameDecoder::Step& step) {
  if (request_ == nullptr) {
    return Outcome::kMalformed;
  }
  const std::string_view wanted = request_->body;
  const std::string_view piece(step.data.data(), step.data.size());
  const auto opcode = request_->is_text ? websocket::Opcode::kText : websocket::Opcode::kBinary;
  if (frames_->message().opcode != opcode || wanted.substr(echoed_, piece.size()) != piece) {
    return Outcome::kMalformed;
  }
  echoed_ += piece.size();
  if (!step.ends) {
    return Outcome::kMore;
  }
  if (echoed_ != wanted.size() || !message_.empty()) {
    return Outcome::kMalformed;
  }
  request_ = nullptr;
  status_ = 101;
  return Outcome::kDone;
}

Conversation::Outcome WebSocketConversation::answer_ping(std::string_view payload) {
  if (control_.size() > kMostControlBytes) {
    return Outcome::kMalformed;
  }
  const websocket::MaskKey mask{};  // of nothing secret
  control_ += websocket::FrameHead(websocket::Opcode::kPong, websocket::Part::kLast, websocket::Compression::kNone,
                                   payload.size(), mask)
                  .view();
  control_ += payload;
  return Outcome::kMore;
}

Conversation::Outcome WebSocketConversation::feed_end() noexcept {
  reusable_ = false;
  if (state_ == State::kRefused && answer_.on_eof() == http1::Decoder::Event::kEnd) {
    return Outcome::kDone;
  }
  const bool nothing = state_ == State::kOpen ? echoed_ == 0 : held_.empty() && state_ == State::kUpgrading;
  return nothing ? Outcome::kNothing : Outcome::kMalformed;
}

}  // namespace gabion::bench
