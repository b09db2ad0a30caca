// One pass over the header; every cookie is two views into it.
#include "inspect/http/cookies.h"

#include <algorithm>

#include "inspect/heap_bytes.h"
#include "inspect/http/ascii.h"

namespace gabion::inspect::http {

void Cookies::reset() noexcept {
  values_.clear();
}

std::size_t Cookies::held_bytes() const noexcept {
  return heap_bytes(values_);
}

BodyError Cookies::add(std::string_view header, std::uint32_t limit) {
  if (header.ends_with(';')) {
    header.remove_suffix(1);
  }
  while (!header.empty()) {
    const std::size_t size = std::min(header.find(';'), header.size());
    const bool is_last = size == header.size();
    const std::string_view piece = is_last ? without_end_spaces(header) : header.substr(0, size);
    header.remove_prefix(is_last ? size : size + 1);
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view name = without_front_spaces(piece.substr(0, equals));
    if (name.empty()) {
      continue;
    }
    if (values_.size() >= limit) {
      return BodyError::kTooManyValues;
    }
    values_.push_back({name, piece.substr(std::min(equals + 1, piece.size()))});
  }
  return BodyError::kNone;
}

}  // namespace gabion::inspect::http
