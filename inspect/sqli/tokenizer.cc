// One switch on the first byte of a token; what is ambiguous between dialects asks dialect_.
#include "inspect/sqli/tokenizer.h"

#include <array>

#include "inspect/sqli/words.h"

namespace gabion::inspect::sqli {
namespace {

enum Class : std::uint8_t { kOther = 0, kDigit = 1, kLetter = 2, kBlank = 4, kHex = 8 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    if (c <= ' ') {
      classes[c] = kBlank;
    } else if (c >= '0' && c <= '9') {
      classes[c] = kDigit | kHex;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80) {
      classes[c] = kLetter;
    }
  }
  for (const char c : std::string_view("abcdefABCDEF")) {
    classes[static_cast<unsigned char>(c)] |= kHex;
  }
  return classes;
}
constexpr auto kClasses = make_classes();

constexpr std::size_t kNone = std::string_view::npos;

bool is(char c, unsigned classes) noexcept {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

/// Bytes that are a token by themselves.
constexpr std::array<Kind, 256> make_signs() {
  std::array<Kind, 256> signs{};
  signs.fill(Kind::kJunk);
  signs['('] = signs['{'] = Kind::kOpen;
  signs[')'] = signs['}'] = Kind::kClose;
  signs[','] = Kind::kComma;
  signs[';'] = Kind::kSemicolon;
  signs['~'] = Kind::kNot;
  signs['+'] = signs['-'] = signs['*'] = signs['%'] = signs['^'] = Kind::kArithmetic;
  return signs;
}
constexpr auto kSigns = make_signs();

constexpr char kNoBreak = '\xA0';  // a blank of its own in Latin-1, the second byte of one in UTF-8

/// A no-break space at `at`: its length, or 0. Behind another high byte A0 belongs to a letter.
std::size_t no_break_space(std::string_view value, std::size_t at) noexcept {
  if (value[at] == kNoBreak) {
    return at == 0 || static_cast<unsigned char>(value[at - 1]) < 0x80 || value[at - 1] == kNoBreak ? 1 : 0;
  }
  return value[at] == '\xC2' && at + 1 < value.size() && value[at + 1] == kNoBreak ? 2 : 0;
}

/// The end of the run of letters, digits and $ from `at` on.
std::size_t run_end(std::string_view value, std::size_t at) noexcept {
  while (at < value.size() && (is(value[at], kLetter | kDigit) || value[at] == '$')) {
    if (static_cast<unsigned char>(value[at]) >= 0x80 && no_break_space(value, at) != 0) {
      break;
    }
    ++at;
  }
  return at;
}

std::size_t digits_end(std::string_view value, std::size_t at, unsigned classes) noexcept {
  while (at < value.size() && is(value[at], classes)) {
    ++at;
  }
  return at;
}

/// Letters that may stand glued before a literal: N'x', x'41', _utf8'x'.
bool is_literal_prefix(std::string_view run) noexcept {
  return run[0] == '_' || (run.size() == 1 && std::string_view("nNeExXbBuUqQrR").find(run[0]) != kNone);
}

}  // namespace

std::size_t closing_quote(std::string_view value, std::size_t from, char quote, Dialect dialect) noexcept {
  for (std::size_t at = from; at < value.size(); ++at) {
    if (value[at] == '\\' && dialect == Dialect::kMySql && quote != '`') {
      ++at;
    } else if (value[at] == quote) {
      if (at + 1 >= value.size() || value[at + 1] != quote) {
        return at;
      }
      ++at;
    }
  }
  return kNone;
}

char Tokenizer::peek(std::size_t ahead) const noexcept {
  return at_ + ahead < value_.size() ? value_[at_ + ahead] : '\0';
}

Token Tokenizer::of(Kind kind, std::size_t length, Word word) noexcept {
  const std::string_view text = value_.substr(at_, length);
  at_ += text.size();
  return {.kind = kind, .word = word, .blank_before = blank_before_, .text = text};
}

bool Tokenizer::skip_comment() noexcept {
  if (peek(0) == '*' && peek(1) == '/') {
    at_ += 2;
    return true;
  }
  if (peek(0) != '/' || peek(1) != '*') {
    return false;
  }
  if (peek(2) == '!' || (peek(2) == 'M' && peek(3) == '!')) {  // MySQL and MariaDB run what this holds
    at_ = digits_end(value_, at_ + (peek(2) == '!' ? 3 : 4), kDigit);
    return true;
  }
  const std::size_t end = at_ >= no_comment_end_ ? kNone : value_.find("*/", at_ + 2);
  if (end == kNone) {
    no_comment_end_ = at_ < no_comment_end_ ? at_ : no_comment_end_;
    return false;
  }
  at_ = end + 2;
  return true;
}

bool Tokenizer::skip_blanks() noexcept {
  const std::size_t begin = at_;
  while (at_ < value_.size()) {
    const char c = value_[at_];
    if (is(c, kBlank) || c == ']' ||
        (c == '[' && bracketed_name() == 0)) {  // a bracket that holds no name says nothing
      ++at_;
    } else if (c == '/' || c == '*') {
      if (!skip_comment()) {
        break;
      }
    } else if (c == kNoBreak || c == '\xC2') {
      const std::size_t length = no_break_space(value_, at_);
      if (length == 0) {
        break;
      }
      at_ += length;
    } else {
      break;
    }
  }
  return at_ != begin;
}

bool Tokenizer::comments_line() const noexcept {
  if (peek(0) == '#') {
    return dialect_ == Dialect::kMySql;
  }
  return peek(0) == '-' && peek(1) == '-' && (dialect_ == Dialect::kStandard || is(peek(2), kBlank));
}

Token Tokenizer::line_comment(std::size_t marker) noexcept {
  ambiguous_ = ambiguous_ || (at_ + marker < value_.size() && !is(value_[at_ + marker], kBlank));
  at_ += marker;
  const std::size_t end = value_.find('\n', at_);
  return of(Kind::kComment, (end == kNone ? value_.size() : end) - at_);
}

Token Tokenizer::next() noexcept {
  blank_before_ = skip_blanks();
  if (at_ >= value_.size()) {
    return of(Kind::kEnd, 0);
  }
  const char c = value_[at_];
  if (is(c, kLetter)) {
    return word();
  }
  if (is(c, kDigit) || (c == '.' && is(peek(1), kDigit))) {
    return number();
  }
  if ((c == '-' || c == '#') && comments_line()) {
    return line_comment(c == '#' ? 1 : 2);
  }
  return symbol();
}

Token Tokenizer::quoted(Kind kind) noexcept {
  const std::size_t end = closing_quote(value_, at_ + 1, value_[at_], dialect_);
  const bool open = end == kNone;
  const std::size_t length = open ? value_.size() - at_ : end + 1 - at_;
  ambiguous_ = ambiguous_ || value_.substr(at_, length).find('\\') != kNone;
  return of(open ? Kind::kOpenString : kind, length);
}

/// 12, .5, 1.5e3, 0x41. Letters glued behind are a word of their own only if SQL knows it (1or, 1union).
Token Tokenizer::number() noexcept {
  std::size_t end = 0;
  if (value_[at_] == '0' && (peek(1) | 0x20) == 'x' && is(peek(2), kHex)) {
    end = digits_end(value_, at_ + 2, kHex);
  } else {
    end = digits_end(value_, at_, kDigit);
    if (end < value_.size() && value_[end] == '.') {
      end = digits_end(value_, end + 1, kDigit);
    }
    if (end + 1 < value_.size() && (value_[end] | 0x20) == 'e') {
      const std::size_t sign = value_[end + 1] == '-' || value_[end + 1] == '+' ? 1 : 0;
      const std::size_t exponent = digits_end(value_, end + 1 + sign, kDigit);
      end = exponent > end + 1 + sign ? exponent : end;
    }
  }
  const std::size_t glued = run_end(value_, end);
  if (glued > end && meaning_of(value_.substr(end, glued - end)).kind == Kind::kName) {
    return of(Kind::kName, glued - at_);
  }
  return of(Kind::kNumber, end - at_);
}

/// Takes .b.`c`.* behind a name.
void Tokenizer::extend_dotted(std::size_t& end) const noexcept {
  while (end + 1 < value_.size() && value_[end] == '.') {
    const char c = value_[end + 1];
    if (is(c, kLetter)) {
      end = run_end(value_, end + 1);
    } else if (c == '*') {
      end += 2;
    } else if (c != '.') {
      return;
    } else {
      ++end;
    }
  }
}

Token Tokenizer::word() noexcept {
  std::size_t end = run_end(value_, at_);
  if (end == at_) {
    return of(Kind::kJunk, 1);
  }
  if (end < value_.size() && value_[end] == '\'' && is_literal_prefix(value_.substr(at_, end - at_))) {
    at_ = end;
    return quoted(Kind::kString);
  }
  const Meaning first = meaning_of(value_.substr(at_, end - at_));
  if (first.kind == Kind::kName) {
    extend_dotted(end);
  }
  return of(first.kind, end - at_, first.word);
}

/// @x, @@x, @'x', @.
Token Tokenizer::variable() noexcept {
  std::size_t end = at_ + 1;
  if (end < value_.size() && value_[end] == '@') {
    ++end;
  }
  if (end < value_.size() && (value_[end] == '\'' || value_[end] == '"' || value_[end] == '`')) {
    at_ = end;
    return quoted(Kind::kVariable);
  }
  end = run_end(value_, end);
  extend_dotted(end);
  return of(Kind::kVariable, end - at_);
}

/// The length of a [name] at at_, 0 when no name stands in the bracket.
std::size_t Tokenizer::bracketed_name() const noexcept {
  constexpr std::size_t longest = 64;
  for (std::size_t end = at_ + 1; end < value_.size() && end - at_ < longest; ++end) {
    if (value_[end] == ']') {
      return end == at_ + 1 ? 0 : end + 1 - at_;
    }
    if (!is(value_[end], kLetter | kDigit) && value_[end] != ' ' && value_[end] != '$') {
      break;
    }
  }
  return 0;
}

/// $$text$$, $1, $name.
Token Tokenizer::dollar() noexcept {
  if (peek(1) != '$') {
    const std::size_t end = run_end(value_, at_ + 1);
    return of(end > at_ + 1 ? Kind::kVariable : Kind::kJunk, end - at_);
  }
  const std::size_t end = value_.find("$$", at_ + 2);
  return end == kNone ? of(Kind::kOpenString, value_.size() - at_) : of(Kind::kString, end + 2 - at_);
}

/// < > = ! : and what they make together.
Token Tokenizer::comparison() noexcept {
  const char c = value_[at_];
  const char second = peek(1);
  if (c == '=') {
    return of(Kind::kCompare, second == '=' ? 2 : 1);
  }
  if (second == c && c != '!') {
    return of(Kind::kArithmetic, 2);  // << >> ::
  }
  if (c == ':') {
    return second == '=' ? of(Kind::kCompare, 2) : of(Kind::kJunk, 1);
  }
  if (c == '!') {
    return second == '=' || second == '<' || second == '>' ? of(Kind::kCompare, 2) : of(Kind::kNot, 1);
  }
  if (second == '=') {
    return of(Kind::kCompare, c == '<' && peek(2) == '>' ? 3 : 2);
  }
  return of(Kind::kCompare, c == '<' && second == '>' ? 2 : 1);
}

Token Tokenizer::symbol() noexcept {
  const char c = value_[at_];
  switch (c) {
    case '\'':
    case '"':
      return quoted(Kind::kString);
    case '`':
      return quoted(Kind::kName);
    case '[':
      return of(Kind::kName, bracketed_name());
    case '@':
      return peek(1) == '>' ? of(Kind::kCompare, 2) : variable();
    case '$':
      return dollar();
    case '|':
      return peek(1) == '|' ? of(Kind::kConcat, 2) : of(Kind::kArithmetic, 1);
    case '&':
      return peek(1) == '&' ? of(Kind::kLogical, 2) : of(Kind::kArithmetic, 1);
    case '=':
    case '<':
    case '>':
    case '!':
    case ':':
      return comparison();
    case '/':
      return peek(1) == '*' ? of(Kind::kComment, value_.size() - at_) : of(Kind::kArithmetic, 1);
    case '\\':
      return peek(1) == 'N' ? of(Kind::kConstant, 2) : of(Kind::kJunk, 1);
    case '#':
      ambiguous_ = true;
      return of(Kind::kJunk, 1);
    default:
      return of(kSigns[static_cast<unsigned char>(c)], 1);
  }
}

}  // namespace gabion::inspect::sqli
