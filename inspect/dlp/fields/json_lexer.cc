// Token by token; see json_skim.cc for what is read most of the time.
#include "inspect/dlp/fields/json_lexer.h"

#include "inspect/dlp/fields/find_bytes.h"
#include "inspect/dlp/fields/json_class.h"
#include "inspect/dlp/fields/json_skim.h"

namespace gabion::inspect::dlp {

void JsonLexer::begin(EscapeLevel level, const NameStack& names) noexcept {
  *this = JsonLexer();
  level_ = level;
  base_ = static_cast<std::uint16_t>(names.size());
}

void JsonLexer::resume(FlatOffset at, Trail trail, JsonLexer* inner) const {
  if (inner_ == Inner::kJson && inner != nullptr) {
    inner->resume(at, trail, nullptr);
  } else if (in_ != In::kNothing) {
    trail.places->resume(at, value_begin_, kind_, trail.names);
  }
}

void JsonLexer::end(FlatOffset at, Trail trail) {
  if (in_ != In::kNothing && trail.places != nullptr) {
    trail.places->end_value(at);
  }
  in_ = In::kNothing;
}

void JsonLexer::fail(FlatOffset at, Trail trail) {
  is_broken_ = true;
  broken_at_ = at;
  stop(at, trail);
}

void JsonLexer::stop(FlatOffset at, Trail trail) {
  end(at, trail);
  while (trail.names.size() > base_) {
    trail.names.pop();
  }
}

void JsonLexer::read(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail, JsonLexer* inner) {
  if (level > level_) {
    if (in_ == In::kKey || in_ == In::kString) {
      read_content(text, at, level, trail, inner);
    } else if (!is_broken_) {
      fail(at, trail);
    }
    return;
  }
  for (std::size_t i = 0; i < text.size() && !is_broken_;) {
    switch (in_) {
      case In::kNothing:
        i = trail.places == nullptr ? JsonSkim(*this, trail.names).run(text, i) : i;
        i = i < text.size() ? read_token(text, i, at, trail) : i;
        break;
      case In::kKey:
      case In::kString:
        i = read_string(text, i, at, trail, inner);
        break;
      case In::kScalar:
        i = read_scalar(text, i, at, trail);
        break;
    }
  }
}

std::size_t JsonLexer::read_token(std::string_view text, std::size_t i, FlatOffset at, Trail trail) {
  const char c = text[i];
  const FlatOffset here = at + i;
  switch (json_class(c)) {
    case JsonClass::kBlank:
      break;
    case JsonClass::kQuote:
      open_string(here, trail);
      break;
    case JsonClass::kNumber:
      open_scalar(here, level_ == 0 ? ValueKind::kJsonNumber : ValueKind::kNestedNumber, trail);
      break;
    case JsonClass::kLetter:
      if (c == 't' || c == 'f' || c == 'n') {
        open_scalar(here, ValueKind::kText, trail);
      } else {
        fail(here, trail);
      }
      break;
    case JsonClass::kMark:
      if (c == ',' || c == ':') {
        take_separator(here, c, trail);
      } else if (c == '{' || c == '[') {
        open_container(here, c, trail);
      } else {
        close_container(here, c, trail);
      }
      break;
    case JsonClass::kOther:
      fail(here, trail);
      break;
  }
  return i + 1;
}

void JsonLexer::open_string(FlatOffset at, Trail trail) {
  const bool is_key = expect_ == Expect::kKey || expect_ == Expect::kKeyOrEnd;
  if (!is_key && !takes_value()) {
    fail(at, trail);
    return;
  }
  in_ = is_key ? In::kKey : In::kString;
  kind_ = is_key ? ValueKind::kName : ValueKind::kString;
  inner_ = is_key ? Inner::kNone : Inner::kAwaited;
  value_begin_ = at + 1;
  if (is_key) {
    trail.names.set_name({});
  }
  if (trail.places != nullptr) {
    trail.places->begin_value(at + 1, kind_, trail.names);
  }
}

std::size_t JsonLexer::read_string(std::string_view text, std::size_t i, FlatOffset at, Trail trail, JsonLexer* inner) {
  const std::string_view rest = text.substr(i);
  const std::size_t size = find_near(rest, '"');
  if (size > 0 && (in_ == In::kKey || inner_ != Inner::kNone)) {
    read_content(rest.substr(0, size), at + i, level_, trail, inner);
  }
  if (size == rest.size()) {
    return text.size();
  }
  if (inner_ == Inner::kJson && inner != nullptr) {
    inner->stop(at + i + size, trail);
  } else if (trail.places != nullptr) {
    trail.places->end_value(at + i + size);
  }
  if (in_ == In::kKey) {
    expect_ = Expect::kColon;
  } else {
    end_value();
  }
  in_ = In::kNothing;
  inner_ = Inner::kNone;
  return i + size + 1;
}

void JsonLexer::read_content(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail, JsonLexer* inner) {
  if (in_ == In::kKey) {
    trail.names.add_to_name(text);
    return;
  }
  if (inner_ == Inner::kAwaited) {
    std::size_t blanks = 0;
    while (blanks < text.size() && json_class(text[blanks]) == JsonClass::kBlank) {
      ++blanks;
    }
    if (blanks == text.size()) {
      return;
    }
    text.remove_prefix(blanks);
    at += blanks;
    const bool is_json = inner != nullptr && level <= level_ + 1 && (text.front() == '{' || text.front() == '[');
    inner_ = is_json ? Inner::kJson : Inner::kNone;
    if (is_json) {
      inner->begin(static_cast<EscapeLevel>(level_ + 1), trail.names);
      if (trail.places != nullptr) {
        trail.places->end_value(at);
      }
    }
  }
  if (inner_ == Inner::kJson && inner != nullptr) {
    read_inner(text, at, level, trail, *inner);
  }
}

/// A string that only looked like JSON is a string again from where it breaks.
void JsonLexer::read_inner(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail, JsonLexer& inner) {
  inner.read(text, at, level, trail, nullptr);
  if (!inner.is_broken()) {
    return;
  }
  inner_ = Inner::kNone;
  if (trail.places != nullptr) {
    trail.places->resume(inner.broken_at(), value_begin_, kind_, trail.names);
  }
}

void JsonLexer::open_scalar(FlatOffset at, ValueKind kind, Trail trail) {
  if (!takes_value()) {
    fail(at, trail);
    return;
  }
  in_ = In::kScalar;
  kind_ = kind;
  value_begin_ = at;
  if (trail.places != nullptr) {
    trail.places->begin_value(at, kind, trail.names);
  }
}

std::size_t JsonLexer::read_scalar(std::string_view text, std::size_t i, FlatOffset at, Trail trail) {
  while (i < text.size() && (json_class(text[i]) == JsonClass::kNumber || json_class(text[i]) == JsonClass::kLetter)) {
    ++i;
  }
  if (i < text.size()) {
    end(at + i, trail);
    end_value();
  }
  return i;
}

void JsonLexer::open_container(FlatOffset at, char mark, Trail trail) {
  if (!takes_value() || trail.names.is_full()) {
    fail(at, trail);
    return;
  }
  trail.names.push();
  objects_ = objects_ << 1U | (mark == '{' ? 1U : 0U);
  ++depth_;
  expect_ = mark == '{' ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
}

void JsonLexer::close_container(FlatOffset at, char mark, Trail trail) {
  const bool may_end = expect_ == Expect::kCommaOrEnd || expect_ == Expect::kKeyOrEnd || expect_ == Expect::kValueOrEnd;
  if (depth_ == 0 || !may_end || is_object() != (mark == '}')) {
    fail(at, trail);
    return;
  }
  trail.names.pop();
  objects_ >>= 1U;
  --depth_;
  end_value();
}

void JsonLexer::take_separator(FlatOffset at, char separator, Trail trail) {
  if (separator == ':' && expect_ == Expect::kColon) {
    expect_ = Expect::kValue;
  } else if (separator == ',' && expect_ == Expect::kCommaOrEnd) {
    expect_ = is_object() ? Expect::kKey : Expect::kValue;
  } else {
    fail(at, trail);
  }
}

}  // namespace gabion::inspect::dlp
