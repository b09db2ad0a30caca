// Most members are a key and a scalar: two searches for a quote, no name copied.
#include "inspect/dlp/fields/json_skim.h"

#include "inspect/dlp/fields/find_bytes.h"
#include "inspect/dlp/fields/json_class.h"

namespace gabion::inspect::dlp {

std::size_t JsonSkim::run(std::string_view text, std::size_t i) {
  while (i < text.size()) {
    std::size_t next = kStop;
    switch (json_class(text[i])) {
      case JsonClass::kBlank:
        next = i + 1;
        break;
      case JsonClass::kQuote:
        next = skip_string(text, i);
        break;
      case JsonClass::kNumber:
      case JsonClass::kLetter:
        next = skip_scalar(text, i);
        break;
      case JsonClass::kMark:
        next = skip_mark(text, i);
        break;
      case JsonClass::kOther:
        break;
    }
    if (next == kStop) {
      break;
    }
    i = next;
  }
  name_level();
  return i;
}

void JsonSkim::name_level() noexcept {
  if (has_key_) {
    names_.set_name(key_);
    has_key_ = false;
  }
}

std::size_t JsonSkim::skip_string(std::string_view text, std::size_t i) noexcept {
  const std::string_view rest = text.substr(i + 1);
  const std::size_t size = find_near(rest, '"');
  if (size == rest.size()) {
    return kStop;
  }
  const bool is_key = lexer_.expect_ == Expect::kKey || lexer_.expect_ == Expect::kKeyOrEnd;
  if (is_key) {
    key_ = rest.substr(0, size);
    has_key_ = true;
    const std::size_t behind = i + size + 2;
    const bool has_colon = behind < text.size() && text[behind] == ':';
    lexer_.expect_ = has_colon ? Expect::kValue : Expect::kColon;
    return behind + (has_colon ? 1 : 0);
  }
  const char first = rest.front();
  const bool may_be_json = first == '{' || first == '[' || json_class(first) == JsonClass::kBlank;
  if (!lexer_.takes_value() || may_be_json) {
    return kStop;
  }
  lexer_.end_value();
  return i + size + 2;
}

std::size_t JsonSkim::skip_scalar(std::string_view text, std::size_t i) noexcept {
  const char first = text[i];
  const bool is_literal = first == 't' || first == 'f' || first == 'n';
  if (!lexer_.takes_value() || (json_class(first) == JsonClass::kLetter && !is_literal)) {
    return kStop;
  }
  std::size_t end = i + 1;
  while (end < text.size() &&
         (json_class(text[end]) == JsonClass::kNumber || json_class(text[end]) == JsonClass::kLetter)) {
    ++end;
  }
  if (end == text.size()) {
    return kStop;
  }
  lexer_.end_value();
  return end;
}

/// What is wrong fails in the lexer: it is not touched here.
std::size_t JsonSkim::skip_mark(std::string_view text, std::size_t i) {
  const Expect expect = lexer_.expect_;
  const bool may_end = expect == Expect::kCommaOrEnd || expect == Expect::kKeyOrEnd || expect == Expect::kValueOrEnd;
  const char c = text[i];
  switch (c) {
    case ',':
      if (expect != Expect::kCommaOrEnd) {
        return kStop;
      }
      lexer_.expect_ = lexer_.is_object() ? Expect::kKey : Expect::kValue;
      return i + 1;
    case ':':
      if (expect != Expect::kColon) {
        return kStop;
      }
      lexer_.expect_ = Expect::kValue;
      return i + 1;
    case '{':
    case '[':
      if (!lexer_.takes_value() || names_.is_full()) {
        return kStop;
      }
      name_level();
      lexer_.open_container(0, c, {names_, nullptr});
      return i + 1;
    default:
      if (lexer_.depth_ == 0 || !may_end || lexer_.is_object() != (c == '}')) {
        return kStop;
      }
      has_key_ = false;
      lexer_.close_container(0, c, {names_, nullptr});
      return i + 1;
  }
}

}  // namespace gabion::inspect::dlp
