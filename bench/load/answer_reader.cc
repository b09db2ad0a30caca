// The answers of one connection: see answer_reader.h.
#include "bench/load/answer_reader.h"

#include <string_view>

namespace gabion::bench {

using Event = proxy::http1::Decoder::Event;

AnswerReader::AnswerReader(proxy::BufferPool& pool) noexcept
    : decoder_(proxy::http1::Role::kResponse, proxy::http1::DecoderLimits{}), held_(pool) {}

void AnswerReader::reset() {
  held_.drop();
  if (!decoder_.at_message_start()) {
    decoder_ = proxy::http1::Decoder(proxy::http1::Role::kResponse, proxy::http1::DecoderLimits{});
  }
}

AnswerReader::Outcome AnswerReader::feed(std::span<char> bytes) {
  if (held_.empty()) {
    return decode(bytes);
  }
  held_.append({bytes.data(), bytes.size()});
  return decode(held_.bytes());
}

AnswerReader::Outcome AnswerReader::decode(std::span<char> bytes) {
  while (true) {
    const auto step = decoder_.next(bytes);
    bytes = bytes.subspan(step.consumed);
    switch (step.event) {
      case Event::kNeedMore:
        if (held_.empty()) {
          held_.append({bytes.data(), bytes.size()});
        } else {
          held_.consume(held_.size() - bytes.size());
        }
        held_.release();
        return Outcome::kMore;
      case Event::kHead:
      case Event::kBody:
        break;
      case Event::kEnd:
        held_.drop();
        is_reusable_ = decoder_.head().keeps_alive();
        return bytes.empty() ? Outcome::kDone : Outcome::kMalformed;
      case Event::kError:
        return Outcome::kMalformed;
    }
  }
}

AnswerReader::Outcome AnswerReader::feed_end() noexcept {
  is_reusable_ = false;
  switch (decoder_.on_eof()) {
    case Event::kEnd:
      return Outcome::kDone;
    case Event::kNeedMore:
      return Outcome::kNothing;
    case Event::kHead:
    case Event::kBody:
    case Event::kError:
      break;
  }
  return Outcome::kMalformed;
}

}  // namespace gabion::bench
