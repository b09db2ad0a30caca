// The state machines of keys and tokens: one byte at a time.
#include "inspect/dlp/long_value.h"

#include "inspect/dlp/checks/base64.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::string_view kLastPuttyLine = "Private-MAC";

constexpr bool is_part_byte(char c) noexcept {
  return is_base64url(c) || c == '=';
}

}  // namespace

void LongValue::start(Kind kind, const Match& head) noexcept {
  *this = LongValue();
  kind_ = kind;
  is_active_ = true;
  begin_ = head.begin;
  at_ = head.end;
  piece_ = head;
}

void LongValue::follow(const HeldText& text, More more, FlatOffset place_end, std::vector<Match>& out) {
  while (is_active_) {
    for (; at_ - piece_.begin >= kPieceBytes; piece_.begin = piece_.end) {
      piece_.end = piece_.begin + kPieceBytes;
      out.push_back(piece_);
    }
    const bool has_ended = at_ >= place_end || (at_ >= text.end() && more == More::kEnd);
    const Step step = has_ended ? Step::kEnd : at_ < text.end() ? take(text, more, place_end) : Step::kWait;
    switch (step) {
      case Step::kTake:
        ++at_;
        break;
      case Step::kEnd:
        finish(out);
        return;
      case Step::kWait:
        return;
    }
  }
}

void LongValue::finish(std::vector<Match>& out) {
  is_active_ = false;
  if (at_ > piece_.begin) {
    piece_.end = at_;
    out.push_back(piece_);
  }
}

LongValue::Step LongValue::take(const HeldText& text, More more, FlatOffset place_end) noexcept {
  if (at_ - begin_ >= kMaxBytes) {
    return Step::kEnd;
  }
  const char c = text.at(at_);
  switch (kind_) {
    case Kind::kToken:
      return take_token(c, text, more, place_end);
    case Kind::kPem:
      return take_pem(c);
    case Kind::kPutty:
      return take_putty(c);
  }
  return Step::kEnd;
}

LongValue::Step LongValue::take_token(char c, const HeldText& text, More more, FlatOffset place_end) noexcept {
  if (is_part_byte(c)) {
    return Step::kTake;
  }
  if (c != '.') {
    return Step::kEnd;
  }
  if (at_ + 1 >= place_end) {
    return Step::kEnd;
  }
  if (at_ + 1 >= text.end()) {
    return more == More::kEnd ? Step::kEnd : Step::kWait;
  }
  return is_part_byte(text.at(at_ + 1)) ? Step::kTake : Step::kEnd;
}

LongValue::Step LongValue::take_pem(char c) noexcept {
  constexpr FlatOffset kHeaders = 512;
  constexpr std::uint8_t kFence = 5;
  if (is_free_line_) {
    is_free_line_ = c != '\n';
    return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' ? Step::kTake : Step::kEnd;
  }
  if (is_last_line_ && dashes_ == kFence && c != '-') {
    return Step::kEnd;
  }
  if (c == '-') {
    ++dashes_;
    if (dashes_ > kFence) {
      return Step::kEnd;
    }
    return Step::kTake;
  }
  if (dashes_ == kFence) {
    is_last_line_ = true;
  }
  dashes_ = 0;
  if (c == ':' && at_ - begin_ < kHeaders) {
    is_free_line_ = true;
    return Step::kTake;
  }
  const bool is_body = is_token_byte(c) || c == '+' || c == '/' || c == '=' || c == '\\';
  const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
  return is_body || is_blank ? Step::kTake : Step::kEnd;
}

LongValue::Step LongValue::take_putty(char c) noexcept {
  const bool is_line_end = c == '\r' || c == '\n';
  if ((is_last_line_ && is_line_end) || (static_cast<unsigned char>(c) < 0x20 && !is_line_end)) {
    return Step::kEnd;
  }
  if (c == kLastPuttyLine[dashes_]) {
    ++dashes_;
    is_last_line_ = is_last_line_ || dashes_ == kLastPuttyLine.size();
    dashes_ = dashes_ == kLastPuttyLine.size() ? std::uint8_t{0} : dashes_;
  } else {
    dashes_ = c == kLastPuttyLine.front() ? 1 : 0;
  }
  return Step::kTake;
}

}  // namespace gabion::inspect::dlp
