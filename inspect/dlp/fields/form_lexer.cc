// Only undecoded separators separate.
#include "inspect/dlp/fields/form_lexer.h"

#include <algorithm>

#include "inspect/dlp/fields/find_bytes.h"

namespace gabion::inspect::dlp {

void FormLexer::begin() noexcept {
  names_.clear();
  names_.push();
  in_ = In::kBeforeName;
}

void FormLexer::read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places) {
  while (!text.empty()) {
    const std::size_t taken = read_some(text, at, level, places);
    text.remove_prefix(taken);
    at += taken;
  }
}

std::size_t FormLexer::read_some(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places) {
  const char second = in_ == In::kName || in_ == In::kBeforeName ? '=' : separator_;
  const std::size_t end = level == 0 ? find_either(text, separator_, second) : text.size();
  if (end > 0) {
    return read_until(end, text, at, level, places);
  }
  take_mark(text.front(), at, places);
  return 1;
}

/// Bytes of a name or a value, or blanks before a name.
std::size_t FormLexer::read_until(std::size_t end, std::string_view text, FlatOffset at, EscapeLevel level,
                                  PlaceList* places) {
  if (in_ == In::kBeforeName && level == 0 && text.front() == ' ') {
    return 1;
  }
  if (in_ == In::kBeforeName) {
    open(at, text.front(), level, places);
  }
  const std::string_view bytes = text.substr(0, end);
  if (in_ == In::kName) {
    names_.add_to_name(bytes);
  } else {
    value_.read(bytes, at, level, {names_, places});
  }
  return end;
}

void FormLexer::open(FlatOffset at, char first, EscapeLevel level, PlaceList* places) {
  if (level <= 1 && (first == '{' || first == '[')) {
    in_ = In::kValue;
    value_.begin(1);
    return;
  }
  in_ = In::kName;
  begin_ = at;
  if (places != nullptr) {
    places->begin_value(at, ValueKind::kName, names_);
  }
}

void FormLexer::close(FlatOffset at, PlaceList* places) {
  if (in_ == In::kValue) {
    value_.end(at, {names_, places});
  } else if (in_ == In::kName && places != nullptr) {
    places->end_value(at);
  }
}

void FormLexer::take_mark(char mark, FlatOffset at, PlaceList* places) {
  close(at, places);
  if (mark == separator_) {
    names_.set_name({});
    in_ = In::kBeforeName;
  } else {
    in_ = In::kValue;
    value_.begin(1);
  }
}

void FormLexer::resume(FlatOffset at, PlaceList& places) {
  if (in_ == In::kValue) {
    value_.resume(at, {names_, &places});
  } else if (in_ == In::kName) {
    places.resume(at, begin_, ValueKind::kName, names_);
  }
}

void FormLexer::end(FlatOffset at, PlaceList& places) {
  places.end_if_open(at);
}

}  // namespace gabion::inspect::dlp
