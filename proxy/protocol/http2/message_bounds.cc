// The order of a message's parts and the length of its body: see message_bounds.h.
#include "proxy/protocol/http2/message_bounds.h"

#include "proxy/protocol/http1/syntax.h"
#include "proxy/protocol/http2/response_head.h"

namespace gabion::proxy::http2 {
namespace {

constexpr std::uint16_t kSwitchingProtocols = 101;  // RFC 9113 §8.6: there are none
constexpr std::uint16_t kFirstFinal = 200;
constexpr std::uint16_t kNoContent = 204;
constexpr std::uint16_t kFirstRedirection = 300;
constexpr std::uint16_t kNotModified = 304;

}  // namespace

bool MessageBounds::take_block(const FieldBlock& block, bool ends) noexcept {
  return is(next_ != Next::kMalformed && fits(block, ends) && (!ends || take_end()));
}

/// What comes behind a head are trailers, which end the message; only a head has pseudo-header fields (§8.1, §8.3).
bool MessageBounds::fits(const FieldBlock& block, bool ends) noexcept {
  if (next_ == Next::kHead) {
    if (message_ != Of::kRequest) {
      return take_answer(block);
    }
    next_ = Next::kBody;
    return take_length(block);
  }
  return ends && (block.empty() || !block[0].name.starts_with(':'));
}

/// An interim answer leaves the next block a head, too. A tunnel has no end that is known (RFC 9110 §9.3.6).
bool MessageBounds::take_answer(const FieldBlock& head) noexcept {
  const std::uint16_t status = head.empty() || head[0].name != ":status" ? std::uint16_t{0} : status_of(head[0].value);
  if (status == 0 || status == kSwitchingProtocols) {
    return false;
  }
  if (message_ == Of::kAnswerToConnect && status >= kFirstFinal && status < kFirstRedirection && status != kNoContent) {
    next_ = Next::kBody;
    return true;
  }
  if (!take_length(head)) {
    return false;
  }
  if (status < kFirstFinal) {
    return length_ == kAnyLength;  // RFC 9110 §8.6: neither it nor a 204 says one
  }
  next_ = Next::kBody;
  if (status == kNoContent && length_ != kAnyLength && length_ != 0) {
    return false;
  }
  if (message_ == Of::kAnswerToHead || status == kNoContent || status == kNotModified) {
    length_ = 0;  // the field says what another answer would have
  }
  return true;
}

/// By the first of that name: a second one is refused by the head's readers.
bool MessageBounds::take_length(const FieldBlock& head) noexcept {
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (const auto field = head[i]; field.name == "content-length") {
      const auto length = http1::parse_content_length(field.value);
      length_ = length.value_or(kAnyLength);
      return length.has_value();
    }
  }
  return true;
}

bool MessageBounds::take_data(std::uint64_t bytes) noexcept {
  received_ += bytes;
  return is(next_ == Next::kBody && received_ <= length_);
}

bool MessageBounds::take_end() noexcept {
  return is(next_ == Next::kBody && (length_ == kAnyLength || received_ == length_));
}

}  // namespace gabion::proxy::http2
