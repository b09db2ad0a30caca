// The structure of a JSON text, one value after the other, without recursion.
#include "inspect/http/json_body.h"

#include <charconv>

#include "inspect/heap_bytes.h"

namespace gabion::inspect::http {

void JsonBody::reset() noexcept {
  arena_.reset();
  values_.clear();
  levels_.clear();
  text_ = {};
  at_ = 0;
  combined_size_ = 0;
  name_bytes_ = 0;
}

std::size_t JsonBody::held_bytes() const noexcept {
  return arena_.held_bytes() + heap_bytes(values_) + heap_bytes(levels_) + heap_bytes(path_);
}

BodyError JsonBody::parse(std::string_view body, JsonLimits limits) {
  reset();
  if (body.empty()) {
    return BodyError::kNone;
  }
  text_ = body;
  limits_ = limits;
  path_ = "json";
  return read_document();
}

BodyError JsonBody::read_document() {
  do {
    if (const BodyError error = read_value(); error != BodyError::kNone) {
      return error;
    }
    if (const BodyError error = opened_ ? begin_member() : end_value(); error != BodyError::kNone) {
      return error;
    }
  } while (!levels_.empty());
  skip_spaces();
  return at_end() ? BodyError::kNone : BodyError::kTrailingBytes;
}

BodyError JsonBody::read_value() {
  skip_spaces();
  opened_ = false;
  switch (peek()) {
    case '{':
      return open(false);
    case '[':
      return open(true);
    case '"': {
      std::string_view value;
      const BodyError error = read_string(value);
      return error == BodyError::kNone ? add(value) : error;
    }
    case 't':
      return read_literal("true", "true");
    case 'f':
      return read_literal("false", "false");
    case 'n':
      return read_literal("null", "");
    default:
      return read_number();
  }
}

BodyError JsonBody::open(bool is_array) {
  if (levels_.size() >= limits_.depth) {
    return BodyError::kTooDeep;
  }
  ++at_;
  skip_spaces();
  if (peek() == (is_array ? ']' : '}')) {
    ++at_;
    return BodyError::kNone;
  }
  levels_.push_back({path_.size(), 0, is_array});
  opened_ = true;
  return BodyError::kNone;
}

/// Names the member that comes; in an object reads its key and the colon.
BodyError JsonBody::begin_member() {
  const Level& level = levels_.back();
  path_.resize(level.path_size);
  path_ += '.';
  if (level.is_array) {
    char digits[10];
    const auto end = std::to_chars(digits, digits + sizeof digits, level.index).ptr;
    path_ += "array_";
    path_.append(digits, end);
    return BodyError::kNone;
  }
  skip_spaces();
  if (peek() != '"') {
    return unexpected();
  }
  std::string_view key;
  if (const BodyError error = read_string(key); error != BodyError::kNone) {
    return error;
  }
  path_ += key.empty() ? std::string_view("empty-key") : key;
  skip_spaces();
  if (peek() != ':') {
    return unexpected();
  }
  ++at_;
  return BodyError::kNone;
}

/// After a value: closes the containers that end here, or begins the next member.
BodyError JsonBody::end_value() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    skip_spaces();
    const char next = peek();
    if (next == ',') {
      ++at_;
      ++level.index;
      return begin_member();
    }
    if (next != (level.is_array ? ']' : '}')) {
      return unexpected();
    }
    ++at_;
    path_.resize(level.path_size);
    levels_.pop_back();
  }
  return BodyError::kNone;
}

BodyError JsonBody::read_literal(std::string_view literal, std::string_view value) {
  const std::string_view found = text_.substr(at_, literal.size());
  if (found != literal) {
    return literal.starts_with(found) ? BodyError::kUnexpectedEnd : BodyError::kSyntax;
  }
  at_ += literal.size();
  return add(value);
}

void JsonBody::read_digits() noexcept {
  while (peek() >= '0' && peek() <= '9') {
    ++at_;
  }
}

BodyError JsonBody::read_number() {
  const std::size_t start = at_;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  at_ += peek() == '-' ? 1 : 0;
  if (!is_digit(peek())) {
    return unexpected();
  }
  if (peek() == '0') {
    ++at_;
  } else {
    read_digits();
  }
  if (peek() == '.') {
    ++at_;
    if (!is_digit(peek())) {
      return unexpected();
    }
    read_digits();
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    at_ += peek() == '+' || peek() == '-' ? 1 : 0;
    if (!is_digit(peek())) {
      return unexpected();
    }
    read_digits();
  }
  return add(text_.substr(start, at_ - start));
}

BodyError JsonBody::add(std::string_view value) {
  if (values_.size() >= limits_.values) {
    return BodyError::kTooManyValues;
  }
  if (path_.size() > kMaxNameBytes - name_bytes_) {
    return BodyError::kTooLarge;
  }
  name_bytes_ += path_.size();
  combined_size_ += path_.size() + value.size();
  values_.push_back({arena_.copy(path_), value});
  return BodyError::kNone;
}

void JsonBody::skip_spaces() noexcept {
  while (peek() == ' ' || (peek() >= '\t' && peek() <= '\r')) {
    ++at_;
  }
}

}  // namespace gabion::inspect::http
