// Splits first, decodes second; a piece without '+' and '%' is never copied.
#include "inspect/http/arguments.h"

#include <cstring>

#include "inspect/heap_bytes.h"
#include "inspect/http/ascii.h"

namespace gabion::inspect::http {
namespace {

std::size_t first_encoded(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size() && text[at] != '%' && text[at] != '+') {
    ++at;
  }
  return at;
}

}  // namespace

void Arguments::reset() noexcept {
  arena_.reset();
  values_.clear();
  combined_size_ = 0;
  invalid_encoding_ = false;
}

std::size_t Arguments::held_bytes() const noexcept {
  return arena_.held_bytes() + heap_bytes(values_);
}

std::string_view Arguments::decode(std::string_view text) {
  std::size_t at = first_encoded(text);
  if (at == text.size()) {
    return text;
  }
  char* const decoded = arena_.allocate(text.size());
  std::memcpy(decoded, text.data(), at);
  char* out = decoded + at;
  while (at < text.size()) {
    const char c = text[at++];
    if (c != '%') {
      *out++ = c == '+' ? ' ' : c;
      continue;
    }
    const int high = at + 1 < text.size() ? hex_digit(text[at]) : -1;
    const int low = high >= 0 ? hex_digit(text[at + 1]) : -1;
    if (low < 0) {
      invalid_encoding_ = true;
      *out++ = c;
      continue;
    }
    *out++ = static_cast<char>(high * 16 + low);
    at += 2;
  }
  const auto size = static_cast<std::size_t>(out - decoded);
  arena_.give_back(text.size() - size);
  return {decoded, size};
}

BodyError Arguments::parse(std::string_view text, char separator, std::uint32_t limit) {
  reset();
  while (!text.empty()) {
    if (values_.size() >= limit) {
      return BodyError::kTooManyValues;
    }
    const void* const end = std::memchr(text.data(), separator, text.size());
    const std::size_t size =
        end == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(end) - text.data());
    const std::string_view piece = text.substr(0, size);
    const std::size_t equals = piece.find('=');
    const std::string_view name = decode(piece.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : decode(piece.substr(equals + 1));
    values_.push_back({name, value});
    combined_size_ += name.size() + value.size();
    text.remove_prefix(end == nullptr ? size : size + 1);
  }
  return BodyError::kNone;
}

}  // namespace gabion::inspect::http
