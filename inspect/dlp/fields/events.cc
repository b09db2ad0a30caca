// A line's first bytes decide; no escape reaches over a line's end.
#include "inspect/dlp/fields/events.h"

#include <algorithm>

namespace gabion::inspect::dlp {
namespace {

constexpr std::string_view kDataPrefix = "data:";

}  // namespace

void EventDecoder::begin(const ContentType& /*type*/) noexcept {
  size_ = 0;
  in_ = In::kLineStart;
  last_line_ = In::kLineStart;
  json_.begin_unknown();
}

void EventDecoder::plain(std::string_view bytes) {
  while (!bytes.empty()) {
    if (in_ == In::kLineStart) {
      const bool takes = size_ < kDataPrefix.size() || bytes.front() == ' ';
      if (!takes) {
        begin_data();
        continue;
      }
      read_line_start(bytes.front());
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t newline = std::min(bytes.find('\n'), bytes.size() - 1);
    const std::string_view line = bytes.substr(0, newline + 1);
    if (in_ == In::kData) {
      json_.plain(line);
    } else {
      out_.plain(line);
    }
    in_ = line.back() == '\n' ? In::kLineStart : in_;
    bytes.remove_prefix(line.size());
  }
}

/// Nobody decodes events from another charset: they are UTF-8.
void EventDecoder::unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) {
  finish();
  out_.unit(flat, raw_bytes, level);
}

void EventDecoder::read_line_start(char c) {
  const bool is_blank_line = c == '\n' && (size_ == 0 || (size_ == 1 && kept_[0] == '\r'));
  const bool may_be_data = size_ < kDataPrefix.size() && kDataPrefix[size_] == c && (size_ == 0 || kept_[0] == 'd');
  const bool is_behind_data = size_ == kDataPrefix.size();
  kept_[size_++] = c;
  if (is_blank_line) {
    end_event();
  } else if (is_behind_data) {
    begin_data();
  } else if (!may_be_data && !(size_ == 1 && c == '\r')) {
    begin_other();
  }
}

/// At "data:", or at "data: ".
void EventDecoder::begin_data() {
  if (last_line_ != In::kData) {
    out_.mark(kData);
  }
  json_.unit({}, size_, 0);
  size_ = 0;
  in_ = In::kData;
  last_line_ = In::kData;
}

void EventDecoder::begin_other() {
  if (last_line_ != In::kOtherLine) {
    out_.mark(kOtherLine);
  }
  in_ = size_ > 0 && kept_[size_ - 1] == '\n' ? In::kLineStart : In::kOtherLine;
  out_.plain({kept_.data(), size_});
  size_ = 0;
  last_line_ = In::kOtherLine;
}

void EventDecoder::end_event() {
  out_.plain({kept_.data(), size_});
  out_.mark(Mark::kSectionEnd);
  size_ = 0;
  last_line_ = In::kLineStart;
  json_.begin_unknown();
}

void EventDecoder::finish() {
  if (in_ == In::kLineStart && size_ == kDataPrefix.size()) {
    begin_data();
  } else if (in_ == In::kLineStart && size_ > 0) {
    begin_other();
  }
  json_.finish();
}

void EventLexer::begin() noexcept {
  names_.clear();
  value_.begin(0);
  is_in_data_ = true;
}

void EventLexer::read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places) {
  if (is_in_data_) {
    value_.read(text, at, level, {names_, places});
  }
}

void EventLexer::mark(std::uint32_t id, FlatOffset at, const EventDecoder& /*decoder*/, PlaceList* places) {
  if (places != nullptr) {
    places->end_if_open(at);
  }
  const bool was_in_data = is_in_data_;
  is_in_data_ = id != EventDecoder::kOtherLine;
  if (id == Mark::kSectionEnd) {
    value_.end(at, {names_, nullptr});
    value_.begin(0);
  } else if (!is_in_data_) {
    line_begin_ = at;
    if (places != nullptr) {
      places->begin_value(at, ValueKind::kText, names_);
    }
  } else if (!was_in_data && places != nullptr) {
    value_.resume(at, {names_, places});
  }
}

void EventLexer::resume(FlatOffset at, PlaceList& places) {
  if (is_in_data_) {
    value_.resume(at, {names_, &places});
  } else {
    places.resume(at, line_begin_, ValueKind::kText, names_);
  }
}

}  // namespace gabion::inspect::dlp
