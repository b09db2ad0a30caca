// The decoder's marks say where headers and parts begin.
#include <algorithm>

#include "inspect/dlp/fields/find_bytes.h"
#include "inspect/dlp/fields/multipart.h"

namespace gabion::inspect::dlp {

void MultipartLexer::begin() noexcept {
  names_.clear();
  names_.push();
  in_ = In::kOutside;
  is_open_ = false;
}

void MultipartLexer::mark(std::uint32_t id, FlatOffset at, const MultipartDecoder& decoder, PlaceList* places) {
  if (places != nullptr) {
    places->end_if_open(at);
  }
  if (in_ == In::kPart) {
    value_.end(at, {names_, nullptr});
  }
  is_open_ = false;
  names_.set_name(decoder.part_name(id));
  if (id == MultipartDecoder::kOutside) {
    in_ = In::kOutside;
  } else if (id == MultipartDecoder::kHeaders) {
    in_ = In::kHeaderName;
  } else {
    in_ = In::kPart;
    value_.begin(0);
  }
}

void MultipartLexer::read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places) {
  if (in_ == In::kPart) {
    value_.read(text, at, level, {names_, places});
    return;
  }
  while (in_ != In::kOutside && !text.empty()) {
    const std::size_t taken = read_header(text, at, places);
    text.remove_prefix(taken);
    at += taken;
  }
}

std::size_t MultipartLexer::read_header(std::string_view text, FlatOffset at, PlaceList* places) {
  const bool is_name = in_ == In::kHeaderName;
  if (!is_open_ && (text.front() == ' ' || text.front() == '\r')) {
    return 1;
  }
  const std::size_t size = find_either(text, is_name ? ':' : '\n', '\n');
  if (size > 0 && !is_open_) {
    is_open_ = true;
    begin_ = at;
    if (is_name) {
      names_.set_name({});
    }
    if (places != nullptr) {
      places->begin_value(at, is_name ? ValueKind::kName : ValueKind::kText, names_);
    }
  }
  if (is_name) {
    names_.add_to_name(text.substr(0, size));
  }
  if (size == text.size()) {
    return size;
  }
  if (is_open_ && places != nullptr) {
    places->end_value(at + size);
  }
  is_open_ = false;
  in_ = text[size] == ':' && is_name ? In::kHeaderValue : In::kHeaderName;
  return size + 1;
}

void MultipartLexer::resume(FlatOffset at, PlaceList& places) {
  if (in_ == In::kPart) {
    value_.resume(at, {names_, &places});
  } else if (is_open_) {
    places.resume(at, begin_, in_ == In::kHeaderName ? ValueKind::kName : ValueKind::kText, names_);
  }
}

}  // namespace gabion::inspect::dlp
