// Blanks before JSON belong to no value.
#include "inspect/dlp/fields/value_lexer.h"

#include <algorithm>

namespace gabion::inspect::dlp {

void ValueLexer::open(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail) {
  begin_ = at;
  if (level <= level_ && (text.front() == '{' || text.front() == '[')) {
    in_ = In::kJson;
    json_.begin(level_, trail.names);
    return;
  }
  in_ = In::kText;
  if (trail.places != nullptr) {
    trail.places->begin_value(at, ValueKind::kText, trail.names);
  }
}

void ValueLexer::read(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail) {
  if (in_ == In::kBefore) {
    const std::size_t blanks = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    text.remove_prefix(blanks);
    at += blanks;
    if (text.empty()) {
      return;
    }
    open(text, at, level, trail);
  }
  if (in_ != In::kJson) {
    return;
  }
  json_.read(text, at, level, trail, &inner_);
  if (json_.is_broken()) {
    in_ = In::kText;
    if (trail.places != nullptr) {
      trail.places->resume(json_.broken_at(), begin_, ValueKind::kText, trail.names);
    }
  }
}

void ValueLexer::resume(FlatOffset at, Trail trail) {
  if (in_ == In::kJson) {
    json_.resume(at, trail, &inner_);
  } else if (in_ == In::kText) {
    trail.places->resume(at, begin_, ValueKind::kText, trail.names);
  }
}

void ValueLexer::end(FlatOffset at, Trail trail) {
  if (in_ == In::kJson) {
    json_.stop(at, trail);
  } else if (in_ == In::kText && trail.places != nullptr) {
    trail.places->end_value(at);
  }
  in_ = In::kBefore;
}

}  // namespace gabion::inspect::dlp
