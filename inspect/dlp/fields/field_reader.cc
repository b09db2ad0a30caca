// Most messages hold nothing: places are listed only when somebody asks.
#include "inspect/dlp/fields/field_reader.h"

#include <algorithm>

namespace gabion::inspect::dlp {

void FieldReader::begin(const ContentType& type) {
  text_.reset();
  places_.clear();
  listed_to_ = 0;
  has_ended_ = false;
  notes_ = kNoNote;
  begin_decoding(type);
  begin_structure();
}

void FieldReader::release() noexcept {
  text_.release();
  places_.release();
  listed_to_ = 0;
}

void FieldReader::read(std::string_view window, std::uint64_t raw_offset, std::size_t fresh, End end) {
  listed_to_ = 0;
  text_.open(window, raw_offset);
  decode(window.substr(window.size() - fresh));
  if (end == End::kHere) {
    end_decoding();
    has_ended_ = true;
  }
}

void FieldReader::forget_before(FlatOffset to) {
  listed_to_ = 0;
  follow(to);
  text_.forget_before(to);
}

FlatOffset FieldReader::section_end_behind(FlatOffset at) const noexcept {
  for (const Mark& mark : text_.marks()) {
    if (mark.id == Mark::kSectionEnd && mark.at >= at) {
      return mark.at;
    }
  }
  return FieldPlace::kUnknownEnd;
}

/// Up to the end of the section: whoever scans section by section has the text read once more at most.
FieldPlace FieldReader::at(FlatOffset at) const noexcept {
  if (at >= listed_to_) {
    listed_to_ = std::min(section_end_behind(at + 1), text_.end());
    places_.clear();
    list(listed_to_, places_);
  }
  return places_.find(at);
}

}  // namespace gabion::inspect::dlp
