// State machines that keep back at most one unfinished escape.
#include "inspect/attack/decoders.h"

#include <algorithm>

#include "inspect/attack/signatures.h"

namespace gabion::inspect::attack {
namespace {

constexpr int kNoDigit = -1;

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char folded = static_cast<char>(c | 0x20);
  return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : kNoDigit;
}

unsigned hex_value(std::string_view digits) noexcept {
  unsigned value = 0;
  for (const char c : digits) {
    value = value * 16 + static_cast<unsigned>(hex_digit(c));
  }
  return value;
}

/// UTF-8 of a 16-bit unit; halves of surrogate pairs are encoded one by one, nothing here compares them. Full-width
/// ASCII (U+FF01 to U+FF5E) becomes ASCII, as best-fit conversions of databases and servers do.
void append_unit(unsigned unit, std::string& out) {
  if (unit >= 0xff01 && unit <= 0xff5e) {
    unit -= 0xfee0;
  }
  if (unit < 0x80) {
    out.push_back(remap(static_cast<char>(unit)));
  } else if (unit < 0x800) {
    out.push_back(static_cast<char>(0xc0U | (unit >> 6U)));
    out.push_back(static_cast<char>(0x80U | (unit & 0x3fU)));
  } else {
    out.push_back(static_cast<char>(0xe0U | (unit >> 12U)));
    out.push_back(static_cast<char>(0x80U | ((unit >> 6U) & 0x3fU)));
    out.push_back(static_cast<char>(0x80U | (unit & 0x3fU)));
  }
}

using ByteSet = std::array<bool, 256>;

constexpr ByteSet make_set(std::string_view bytes) noexcept {
  ByteSet set{};
  for (const char c : bytes) {
    set[static_cast<unsigned char>(c)] = true;
  }
  return set;
}

// Bytes the decoders change or wait for; runs of all others are copied at once. The last three are remapped.
constexpr ByteSet kPathMarks = make_set({"%\0\v\f", 4});
constexpr ByteSet kFormMarks = make_set({"%+&\x1e\0\v\f", 7});
constexpr ByteSet kJsonMarks = make_set({"\\\"\x1e\0\v\f", 6});
constexpr ByteSet kCommentMarks = make_set("/* \t\n\v\f\r");

/// Moves the bytes before the first mark from `in` to `out`; returns how many.
std::size_t copy_run(std::string_view& in, const ByteSet& marks, std::string& out) {
  std::size_t run = 0;
  while (run < in.size() && !marks[static_cast<unsigned char>(in[run])]) {
    ++run;
  }
  out.append(in.substr(0, run));
  in.remove_prefix(run);
  return run;
}

char take_byte(std::string_view& in) noexcept {
  const char c = in.front();
  in.remove_prefix(1);
  return c;
}

bool is_blank(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

char remap(char c) noexcept {
  if (c == kValueEdge) {
    return '\x1f';
  }
  return c == '\0' || c == '\v' || c == '\f' ? ' ' : c;
}

void PercentDecoder::reset() noexcept {
  pending_size_ = 0;
  quiet_bytes_ = 0;
}

void PercentDecoder::feed(std::string_view in, std::string& out) {
  const ByteSet& marks = syntax_ == PercentSyntax::kForm ? kFormMarks : kPathMarks;
  while (!in.empty()) {
    if (pending_size_ > 0) {
      ++quiet_bytes_;
      feed_escape(take_byte(in), out);
      continue;
    }
    quiet_bytes_ += copy_run(in, marks, out);
    if (!in.empty()) {
      ++quiet_bytes_;
      feed_plain(take_byte(in), out);
    }
  }
}

void PercentDecoder::feed_plain(char c, std::string& out) {
  if (c == '%') {
    pending_[0] = c;
    pending_size_ = 1;
    return;
  }
  if (syntax_ == PercentSyntax::kForm && (c == '+' || c == '&')) {
    out.push_back(c == '+' ? ' ' : kValueEdge);
    return;
  }
  // In the path syntax the input may be a decoder's output: edges in it are ours.
  out.push_back(syntax_ == PercentSyntax::kPath && c == kValueEdge ? c : remap(c));
}

void PercentDecoder::feed_escape(char c, std::string& out) {
  const bool wide = pending_size_ > 1 && (pending_[1] == 'u' || pending_[1] == 'U');
  const bool starts_wide = pending_size_ == 1 && (c == 'u' || c == 'U');
  if (!starts_wide && hex_digit(c) == kNoDigit) {
    flush_pending(out);
    feed_plain(c, out);
    return;
  }
  pending_[pending_size_++] = c;
  const std::string_view escape(pending_.data(), pending_size_);
  if (!wide && !starts_wide && pending_size_ == 3) {
    out.push_back(remap(static_cast<char>(hex_value(escape.substr(1)))));
  } else if (wide && pending_size_ == 6) {
    append_unit(hex_value(escape.substr(2)), out);
  } else {
    return;
  }
  pending_size_ = 0;
  quiet_bytes_ = 0;
}

void PercentDecoder::flush_pending(std::string& out) {
  out.append(pending_.data(), pending_size_);
  pending_size_ = 0;
}

void PercentDecoder::finish(std::string& out) {
  flush_pending(out);
}

void JsonUnescaper::reset() noexcept {
  pending_size_ = 0;
}

void JsonUnescaper::feed(std::string_view in, std::string& out) {
  while (!in.empty()) {
    if (pending_size_ > 0) {
      feed_escape(take_byte(in), out);
      continue;
    }
    copy_run(in, kJsonMarks, out);
    if (in.empty()) {
      return;
    }
    const char c = take_byte(in);
    if (c == '\\') {
      pending_[0] = c;
      pending_size_ = 1;
    } else {
      out.push_back(c == '"' ? kValueEdge : remap(c));
    }
  }
}

void JsonUnescaper::feed_escape(char c, std::string& out) {
  if (pending_size_ == 1 && c != 'u') {
    pending_size_ = 0;
    switch (c) {
      case 'n':
        return out.push_back('\n');
      case 'r':
        return out.push_back('\r');
      case 't':
        return out.push_back('\t');
      case 'b':
      case 'f':
        return out.push_back(' ');
      default:
        return out.push_back(remap(c));
    }
  }
  if (pending_size_ > 1 && hex_digit(c) == kNoDigit) {
    finish(out);
    return feed({&c, 1}, out);
  }
  pending_[pending_size_++] = c;
  if (pending_size_ == 6) {
    append_unit(hex_value({pending_.data() + 2, 4}), out);
    pending_size_ = 0;
  }
}

void JsonUnescaper::finish(std::string& out) {
  out.append(pending_.data(), pending_size_);
  pending_size_ = 0;
}

void CommentCollapser::reset() noexcept {
  state_ = State::kText;
  blank_before_ = false;
  quiet_bytes_ = 0;
}

void CommentCollapser::feed(std::string_view in, std::string& out) {
  while (!in.empty()) {
    if (state_ == State::kComment) {
      in.remove_prefix(std::min(in.find('*'), in.size()));
    } else if (state_ == State::kText) {
      const std::size_t run = copy_run(in, kCommentMarks, out);
      quiet_bytes_ += run;
      blank_before_ = blank_before_ && run == 0;
    }
    if (!in.empty()) {
      ++quiet_bytes_;
      feed_byte(take_byte(in), out);
    }
  }
}

void CommentCollapser::put(char c, std::string& out) {
  const bool blank = is_blank(c);
  if (!(blank && blank_before_)) {
    out.push_back(c);
  }
  blank_before_ = blank;
}

void CommentCollapser::feed_text(char c, std::string& out) {
  state_ = State::kText;
  if (c == '/') {
    state_ = State::kSlash;
  } else if (c == '*') {
    state_ = State::kStar;
  } else {
    put(c, out);
  }
}

void CommentCollapser::feed_byte(char c, std::string& out) {
  switch (state_) {
    case State::kText:
      return feed_text(c, out);
    case State::kSlash:
      if (c == '*') {
        put(' ', out);
        state_ = State::kOpened;
        quiet_bytes_ = 0;
        return;
      }
      put('/', out);
      return feed_text(c, out);
    case State::kStar:  // the end of an executable comment, or a stray one
      if (c == '/') {
        put(' ', out);
        state_ = State::kText;
        quiet_bytes_ = 0;
        return;
      }
      put('*', out);
      return feed_text(c, out);
    case State::kOpened:
      quiet_bytes_ = 0;
      state_ = c == '!' ? State::kVersion : c == '*' ? State::kCommentStar : State::kComment;
      return;
    case State::kVersion:
      if (c >= '0' && c <= '9') {
        return;
      }
      return feed_text(c, out);
    case State::kComment:
      quiet_bytes_ = 0;
      state_ = c == '*' ? State::kCommentStar : State::kComment;
      return;
    case State::kCommentStar:
      quiet_bytes_ = 0;
      state_ = c == '/' ? State::kText : c == '*' ? State::kCommentStar : State::kComment;
      return;
  }
}

void CommentCollapser::finish(std::string& out) {
  if (state_ == State::kSlash || state_ == State::kStar) {
    put(state_ == State::kSlash ? '/' : '*', out);
  }
  state_ = State::kText;
}

}  // namespace gabion::inspect::attack
