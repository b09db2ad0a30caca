// Reads shapes and walks them over folded characters.
#include "inspect/dlp/shape.h"

#include <string>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

/// The character that begins with a byte beyond ASCII. '\1' stands for one without width.
Folded fold_wide(std::string_view text, std::size_t at) noexcept {
  const unsigned char first = byte_at(text, at);
  const unsigned char second = byte_at(text, at + 1);
  const unsigned char third = byte_at(text, at + 2);
  if (first == 0xC2 && second == 0xA0) {
    return {' ', 2};
  }
  if (first == 0xC2 && second == 0xAD) {
    return {'\1', 2};
  }
  if (first == 0xEF && second == 0xBC && third >= 0x90 && third <= 0x99) {
    return {static_cast<char>('0' + (third - 0x90)), 3};
  }
  if (first == 0xEF && second == 0xBB && third == 0xBF) {
    return {'\1', 3};
  }
  if (first == 0xE2 && second == 0x80) {
    if ((third >= 0x8B && third <= 0x8D)) {
      return {'\1', 3};
    }
    if (third == 0x87 || third == 0xAF || third == 0x89) {
      return {' ', 3};
    }
    return {third >= 0x90 && third <= 0x95 ? '-' : '\0', 3};
  }
  if (first == 0xE2 && second == 0x81 && third == 0xA0) {
    return {'\1', 3};
  }
  if (first == 0xE2 && second == 0x88 && third == 0x92) {
    return {'-', 3};
  }
  return {'\0', 1};
}

std::bitset<128> class_of(char name) noexcept {
  std::bitset<128> accepts;
  for (int code = 0; code < 128; ++code) {
    const char c = static_cast<char>(code);
    const bool is_capital = c >= 'A' && c <= 'Z';
    const bool digits = name == '9' || name == 'X' || name == 'x';
    const bool capitals = name != '9';
    const bool small = name == 'a' || name == 'x';
    accepts[static_cast<std::size_t>(code)] =
        (digits && is_digit(c)) || (capitals && is_capital) || (small && is_letter(c));
  }
  return accepts;
}

bool accepts_any(const std::bitset<128>& accepts, char name) noexcept {
  return (accepts & class_of(name)).any();
}

}  // namespace

std::size_t zero_width_at(std::string_view text, std::size_t at) noexcept {
  const Folded folded = at < text.size() ? fold_wide(text, at) : Folded{};
  return folded.c == '\1' ? folded.width : 0;
}

Folded folded_at(std::string_view text, std::size_t at) noexcept {
  std::uint8_t skipped = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      return {text[at], static_cast<std::uint8_t>(skipped + 1)};
    }
    const Folded wide = fold_wide(text, at);
    if (wide.c != '\1') {
      return {wide.c, static_cast<std::uint8_t>(skipped + wide.width)};
    }
    at += wide.width;
    skipped = static_cast<std::uint8_t>(skipped + wide.width);
    if (skipped > kMaxValueBytes) {
      break;
    }
  }
  return {'\0', skipped};
}

/// Reads the text of a shape step by step.
struct Shape::Reader {
  std::string_view text;
  std::size_t at = 0;

  [[nodiscard]] bool at_end() const noexcept { return at >= text.size(); }

  config::Result<Step> next() {
    Step step;
    const char c = text[at++];
    switch (c) {
      case '9':
      case 'A':
      case 'X':
      case 'a':
      case 'x':
        step.accepts = class_of(c);
        step.to_capital = c == 'a' || c == 'x';
        break;
      case '-':
        step.kind = Kind::kSeparator;
        return step;
      case '[':
        if (!read_class(step.accepts)) {
          return config::Error{"a class has no end", ""};
        }
        break;
      case '\\':
      case '!':
      case '^':
        if (at_end()) {
          return config::Error{"a character is missing", ""};
        }
        step.kind = c == '!' ? Kind::kDropped : c == '^' ? Kind::kEmit : Kind::kClass;
        step.emits = text[at++];
        step.accepts.set(static_cast<unsigned char>(step.emits) & 0x7FU);
        break;
      default:
        return config::Error{"\"" + std::string(1, c) + "\" means nothing in a shape", ""};
    }
    if (!at_end() && text[at] == '{' && !read_count(step)) {
      return config::Error{"a count is not {n} or {n,m}", ""};
    }
    return step;
  }

  bool read_class(std::bitset<128>& accepts) {
    while (!at_end() && text[at] != ']') {
      const auto from = static_cast<unsigned char>(text[at++]);
      unsigned char to = from;
      if (at + 1 < text.size() && text[at] == '-' && text[at + 1] != ']') {
        to = static_cast<unsigned char>(text[at + 1]);
        at += 2;
      }
      for (unsigned code = from; code <= to && code < 128; ++code) {
        accepts.set(code);
      }
    }
    return !at_end() && text[at++] == ']';
  }

  bool read_count(Step& step) {
    ++at;
    const auto number = [this] {
      unsigned value = 0;
      while (!at_end() && is_digit(text[at]) && value < 100) {
        value = value * 10 + static_cast<unsigned>(text[at++] - '0');
      }
      return static_cast<std::uint8_t>(value);
    };
    step.min = step.max = number();
    if (!at_end() && text[at] == ',') {
      ++at;
      step.max = number();
    }
    return !at_end() && text[at++] == '}' && step.min <= step.max && step.max > 0;
  }
};

config::Result<Shape> Shape::compile(std::string_view shape, std::string_view separators) {
  Shape compiled;
  for (const char c : separators) {
    compiled.separators_.set(static_cast<unsigned char>(c) & 0x7FU);
  }
  for (Reader reader{shape}; !reader.at_end();) {
    auto step = reader.next();
    if (!step) {
      return step.error();
    }
    compiled.is_grouped_ = compiled.is_grouped_ || step->kind == Kind::kSeparator;
    compiled.steps_.push_back(*step);
  }
  return compiled;
}

std::size_t Shape::match(std::string_view text, Cleaned& cleaned) const noexcept {
  text = text.substr(0, kMaxValueBytes);
  cleaned.size = 0;
  std::size_t at = 0;
  char separator = '\0';
  for (const Step& step : steps_) {
    if (step.kind == Kind::kEmit) {
      cleaned.add(step.emits);
      continue;
    }
    std::size_t count = 0;
    while (count < step.max && at < text.size()) {
      const bool is_ascii = static_cast<unsigned char>(text[at]) < 0x80;
      const Folded next = is_ascii ? Folded{text[at], 1} : folded_at(text, at);
      const auto code = static_cast<unsigned char>(next.c);
      if (code == 0 || code >= 128) {
        break;
      }
      if (step.kind == Kind::kSeparator) {
        if (!separators_[code] || (separator != '\0' && separator != next.c)) {
          return 0;
        }
        separator = next.c;
      } else if (!step.accepts[code]) {
        break;
      } else if (step.kind == Kind::kClass) {
        cleaned.add(step.to_capital ? upper(next.c) : next.c);
      }
      at += next.width;
      ++count;
    }
    if (count < step.min) {
      return 0;
    }
  }
  return at;
}

bool Shape::is_token_step(const Step& step) noexcept {
  return step.kind == Kind::kClass && accepts_any(step.accepts, 'x');
}

Shape::FirstToken Shape::first_token() const noexcept {
  FirstToken token;
  bool inside = false;
  for (const Step& step : steps_) {
    if (step.kind == Kind::kEmit) {
      continue;
    }
    if (!is_token_step(step)) {
      if (inside) {
        token.is_whole = false;
        break;
      }
      continue;
    }
    inside = true;
    token.min += step.min;
    token.max += step.max;
    token.may_be_digits = token.may_be_digits && accepts_any(step.accepts, '9');
    token.may_be_mixed = token.may_be_mixed || accepts_any(step.accepts, 'a');
  }
  return token;
}

/// As far as places do not depend on what the text has. Where one step of the first token has a range, the token's
/// length says how often it is there.
OutlineNeed Shape::outline(std::size_t token_length) const noexcept {
  const FirstToken token = first_token();
  bool is_in_token = true;
  std::size_t ranges = 0;
  for (const Step& step : steps_) {
    is_in_token = is_in_token && (step.kind == Kind::kEmit || is_token_step(step));
    ranges += is_in_token && step.min != step.max ? 1 : 0;
  }
  OutlineNeed need;
  std::size_t at = 0;
  is_in_token = true;
  for (const Step& step : steps_) {
    if (step.kind == Kind::kEmit) {
      continue;
    }
    is_in_token = is_in_token && is_token_step(step);
    const bool is_known = step.min == step.max || (is_in_token && ranges == 1 && token_length >= token.min);
    const std::size_t count = step.min == step.max || !is_known ? step.min : step.min + token_length - token.min;
    need.add(step.kind == Kind::kSeparator ? separators_ : step.accepts, at, count);
    at += count;
    if (!is_known) {
      break;
    }
  }
  return need;
}

char Shape::lead() const noexcept {
  for (const Step& step : steps_) {
    if (step.kind == Kind::kEmit) {
      continue;
    }
    const bool is_token = step.kind == Kind::kSeparator || accepts_any(step.accepts, 'x');
    return is_token ? '\0' : step.emits;
  }
  return '\0';
}

}  // namespace gabion::inspect::dlp
