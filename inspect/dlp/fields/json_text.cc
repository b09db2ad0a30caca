// Falls back to text and comes back from it.
#include "inspect/dlp/fields/json_text.h"

namespace gabion::inspect::dlp {

void JsonText::begin() noexcept {
  names_.clear();
  outer_.begin(0, names_);
  inner_.begin(1, names_);
  is_after_newline_ = false;
}

void JsonText::read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places) {
  const Trail trail{names_, places};
  std::size_t from = 0;
  while (from < text.size()) {
    if (outer_.is_broken()) {
      from += skip_broken(text.substr(from), level);
      if (from == text.size()) {
        return;
      }
      if (places != nullptr) {
        places->end_value(at + from);
      }
      outer_.begin(0, names_);
    }
    outer_.read(text.substr(from), at + from, level, trail, &inner_);
    if (!outer_.is_broken()) {
      return;
    }
    is_after_newline_ = false;
    from = static_cast<std::size_t>(outer_.broken_at() - at);
    if (places != nullptr) {
      places->begin_value(outer_.broken_at(), ValueKind::kText, names_);
    }
  }
}

std::size_t JsonText::skip_broken(std::string_view text, EscapeLevel level) noexcept {
  std::size_t from = 0;
  while (level == 0 && from < text.size()) {
    if (is_after_newline_ && (text[from] == '{' || text[from] == '[')) {
      is_after_newline_ = false;
      return from;
    }
    const std::size_t newline = text.find('\n', from);
    is_after_newline_ = newline != std::string_view::npos;
    from = is_after_newline_ ? newline + 1 : text.size();
  }
  is_after_newline_ = is_after_newline_ && level == 0;
  return text.size();
}

void JsonText::resume(FlatOffset at, PlaceList& places) {
  const Trail trail{names_, &places};
  if (outer_.is_broken()) {
    places.resume(at, outer_.broken_at(), ValueKind::kText, names_);
  } else {
    outer_.resume(at, trail, &inner_);
  }
}

void JsonText::mark(std::uint32_t /*id*/, FlatOffset at, const JsonDecoder& /*decoder*/, PlaceList* places) {
  if (places != nullptr) {
    places->end_if_open(at);
  }
  if (!outer_.is_between_tokens()) {  // no JSON: an end of a line is between two tokens
    begin();
  }
}

void JsonText::end(FlatOffset at, PlaceList& places) {
  places.end_if_open(at);
}

}  // namespace gabion::inspect::dlp
