// HTTP/2 as the load speaks it: see http2_conversation.h.
#include "bench/load/http2_conversation.h"

#include <charconv>
#include <chrono>

namespace gabion::bench {
namespace {

/// Bodies are dropped as they come, so windows need hold nobody back.
proxy::http2::SessionLimits limits() noexcept {
  proxy::http2::SessionLimits found;
  found.stream_window_bytes = 1024 * 1024;
  found.connection_window_bytes = 1024 * 1024;
  return found;
}

}  // namespace

void Http2Conversation::reset() {
  proxy::http2::SessionOwner& owner = *this;
  session_.emplace(proxy::http2::Role::kClient, limits(), owner);
  out_.clear();
  out_sent_ = 0;
  body_ = {};
  id_ = 0;
  reusable_ = true;
}

void Http2Conversation::ask(const Request& request) {
  fields_.clear();
  for (const auto& [name, value] : request.fields) {
    fields_.push_back({name, value});
  }
  body_ = request.body;
  status_ = 0;
  grpc_.begin();
  outcome_ = Outcome::kMore;
  using Body = proxy::http2::Session::Body;
  id_ = session_->request(*this, fields_, body_.empty() ? Body::kNone : Body::kFollows);
  if (id_ == 0) {
    outcome_ = Outcome::kMalformed;
    reusable_ = false;
  }
  flush();
}

std::string_view Http2Conversation::unsent() const noexcept {
  return std::string_view(out_).substr(out_sent_);
}

void Http2Conversation::sent(std::size_t count) {
  out_sent_ += count;
  if (out_sent_ == out_.size()) {
    out_.clear();
    out_sent_ = 0;
    flush();
  }
}

void Http2Conversation::give_up_sending() noexcept {
  out_.clear();
  out_sent_ = 0;
  body_ = {};
  reusable_ = false;
}

void Http2Conversation::flush() {
  if (!session_->flush()) {
    reusable_ = false;
  }
}

Conversation::Outcome Http2Conversation::feed(std::span<char> bytes) {
  if (!session_->feed(bytes, std::chrono::steady_clock::now())) {
    return Outcome::kMalformed;
  }
  flush();
  return outcome_;
}

Conversation::Outcome Http2Conversation::feed_end() noexcept {
  reusable_ = false;
  return status_ == 0 && outcome_ == Outcome::kMore ? Outcome::kNothing : Outcome::kMalformed;
}

Conversation::Outcome Http2Conversation::feed_idle(std::span<char> bytes) {
  if (!session_->feed(bytes, std::chrono::steady_clock::now())) {
    return Outcome::kMalformed;
  }
  flush();
  return reusable_ ? Outcome::kMore : Outcome::kMalformed;
}

void Http2Conversation::on_head(proxy::http2::FieldBlock& block, proxy::http2::BlockError error) {
  std::uint16_t status = 0;
  if (error == proxy::http2::BlockError::kNone && !block.empty() && block[0].name == ":status") {
    const auto text = block[0].value;
    std::from_chars(text.data(), text.data() + text.size(), status);
  }
  if (status == 0) {
    outcome_ = Outcome::kMalformed;
  } else if (status >= 200) {
    status_ = status;
    if (is_grpc_) {
      grpc_.take_head(block, status);
    }
  }
}

void Http2Conversation::on_data(std::string_view bytes) {
  session_->consume(id_, bytes.size());
  if (is_grpc_) {
    grpc_.take_bytes(bytes);
  }
}

void Http2Conversation::on_trailers(proxy::http2::FieldBlock& block, proxy::http2::BlockError error) {
  if (error != proxy::http2::BlockError::kNone) {
    outcome_ = Outcome::kMalformed;
  } else if (is_grpc_) {
    grpc_.take_trailers(block);
  }
}

void Http2Conversation::on_end() {
  if (outcome_ == Outcome::kMore) {
    outcome_ = is_grpc_ && !grpc_.is_whole() ? Outcome::kMalformed : Outcome::kDone;
  }
}

void Http2Conversation::on_closed(proxy::http2::ClosedBy /*who*/, proxy::http2::ErrorCode /*code*/,
                                  std::string_view /*detail*/) {
  if (outcome_ != Outcome::kDone) {
    outcome_ = Outcome::kMalformed;
  }
}

}  // namespace gabion::bench
