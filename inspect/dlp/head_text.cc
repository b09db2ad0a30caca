// Entries are in the order of the text: a place is found by halving.
#include "inspect/dlp/head_text.h"

#include <algorithm>

#include "inspect/wipe.h"

namespace gabion::inspect::dlp {

HeadText::~HeadText() {
  wipe(text_);
}

void HeadText::clear() noexcept {
  wipe(text_);
  entries_.clear();
}

void HeadText::add(std::string_view name, std::string_view value, std::size_t index) {
  const FlatOffset begin = text_.size();
  text_.append(value);
  entries_.push_back({begin, text_.size(), name, index});
  text_.push_back('\n');
}

const HeadText::Entry& HeadText::entry_at(FlatOffset at) const noexcept {
  const auto behind = std::upper_bound(entries_.begin(), entries_.end(), at,
                                       [](FlatOffset offset, const Entry& entry) { return offset < entry.begin; });
  return behind == entries_.begin() ? entries_.front() : *(behind - 1);
}

FieldPlace HeadText::at(FlatOffset at) const noexcept {
  const Entry& entry = entry_at(at);
  FieldPlace place;
  place.begin = entry.begin;
  place.end = entry.end;
  place.names = std::span(&entry.name, 1);
  return place;
}

}  // namespace gabion::inspect::dlp
