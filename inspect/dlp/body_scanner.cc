// Pieces are small, so that a map of escapes is; a section (an event of a stream) is scanned as a text of its own.
#include "inspect/dlp/body_scanner.h"

#include <algorithm>

#include "inspect/dlp/field_path.h"
#include "inspect/dlp/long_value.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;

/// A reader seen from a section on: its first byte has offset 0. Everything stands below `below`; the names of a place
/// are valid until the next is asked for.
class SectionFields final : public FieldSource {
 public:
  SectionFields(const FieldReader& reader, FlatOffset section, std::span<const std::string_view> below,
                std::vector<std::string_view>& names) noexcept
      : reader_(reader), section_(section), below_(below), names_(names) {}
  [[nodiscard]] FieldPlace at(FlatOffset at) const noexcept override {
    FieldPlace place = reader_.at(at + section_);
    place.begin -= std::min(place.begin, section_);
    place.end = place.end == FieldPlace::kUnknownEnd ? place.end : place.end - section_;
    if (!below_.empty()) {
      names_.assign(below_.begin(), below_.end());
      names_.insert(names_.end(), place.names.begin(), place.names.end());
      place.names = names_;
    }
    return place;
  }

 private:
  const FieldReader& reader_;
  FlatOffset section_;
  std::span<const std::string_view> below_;
  std::vector<std::string_view>& names_;
};

}  // namespace

bool BodyScanner::begin(std::string_view content_type, Hold hold, std::span<const std::string_view> below) {
  const ContentType type = read_content_type(content_type);
  reader_ = &readers_.body(type.format);
  reader_->begin(type);
  format_ = type.format;
  return begin_text(hold, below);
}

bool BodyScanner::begin(const MessageText& message) {
  if (messages_ == nullptr) {
    messages_ = std::make_unique<MessageReader>();
  }
  messages_->set_message(message);
  format_ = Format::kText;
  reader_ = messages_.get();
  format_ = Format::kText;
  reader_->begin();
  return begin_text(Hold::kUndecided, {});
}

void BodyScanner::release() noexcept {
  readers_.release();
  if (messages_ != nullptr) {
    messages_->release();
  }
}

bool BodyScanner::begin_text(Hold hold, std::span<const std::string_view> below) {
  hold_ = hold;
  below_ = below;
  open_ = {};
  section_ = 0;
  decided_ = 0;
  return scanner_.begin() == match::ScanStatus::kDone;
}

bool BodyScanner::read(std::string_view window, std::uint64_t raw_offset, std::size_t fresh, End end, Scratch& scratch,
                       BodyFindingSink& findings) {
  std::size_t left = fresh;
  do {
    const std::size_t piece = std::min(left, kPieceBytes);
    left -= piece;
    const End piece_end = left == 0 ? end : End::kFollows;
    reader_->read(window.substr(0, window.size() - left), raw_offset, piece, piece_end);
    if (!scan(piece_end, scratch, findings)) {
      return false;
    }
  } while (left > 0);
  if (hold_ == Hold::kNothing) {
    reader_->detach();
  }
  decided_ = end == End::kHere ? raw_offset + window.size() : reader_->raw_before(reader_->flat_begin());
  return true;
}

bool BodyScanner::scan(End end, Scratch& scratch, BodyFindingSink& findings) {
  for (FlatOffset to = reader_->section_end(); to != FieldPlace::kUnknownEnd; to = reader_->section_end()) {
    if (!scan_section(to, Scanner::More::kEnd, scratch, findings) || scanner_.begin() != match::ScanStatus::kDone) {
      return false;
    }
    reader_->forget_before(to);
    section_ = to;
  }
  if (end == End::kHere) {
    const bool is_done = scan_section(reader_->flat_end(), Scanner::More::kEnd, scratch, findings);
    reader_->drop();
    return is_done;
  }
  if (!scan_section(reader_->flat_end(), Scanner::More::kFollows, scratch, findings)) {
    return false;
  }
  reader_->forget_before(section_ + scanner_.decided());
  return true;
}

bool BodyScanner::scan_section(FlatOffset to, Scanner::More more, Scratch& scratch, BodyFindingSink& findings) {
  const FlatOffset from = reader_->flat_begin();
  matches_.clear();
  const SectionFields fields(*reader_, section_, below_, names_);
  const std::string_view text = reader_->flat().substr(0, static_cast<std::size_t>(to - from));
  if (scanner_.scan(text, from - section_, more, fields, scratch, matches_) != match::ScanStatus::kDone) {
    return false;
  }
  sort_matches(matches_);
  for (const Match& match : matches_) {
    tell(match, findings);
  }
  return true;
}

Piece BodyScanner::piece_of(const Match& match) noexcept {
  for (Open& open : open_) {
    if (open.end != 0 && open.end == match.begin && open.type == match.type) {
      open.end = match.end;
      return Piece::kNext;
    }
  }
  if (match.end - match.begin != LongValue::kPieceBytes) {
    return Piece::kWhole;
  }
  open_[next_open_++ % open_.size()] = {match.type, match.end};
  return Piece::kFirst;
}

void BodyScanner::tell(const Match& match, BodyFindingSink& findings) {
  BodyFinding finding;
  finding.match = match;
  finding.match.begin += section_;
  finding.match.end += section_;
  finding.piece = piece_of(finding.match);
  const FieldPlace place = SectionFields(*reader_, section_, below_, names_).at(match.begin);
  const FlatOffset begin = finding.match.begin - match.more_before;
  const FlatOffset end = finding.match.end + match.more_behind;
  finding.raw = reader_->raw_span(begin, end);
  finding.form = reader_->raw_form(begin, end);
  finding.kind = place.kind;
  finding.is_whole_value = place.begin == begin && place.end == end;
  finding.field = field_path(place.names);
  finding.text = reader_->flat().substr(static_cast<std::size_t>(finding.match.begin - reader_->flat_begin()),
                                        static_cast<std::size_t>(match.end - match.begin));
  findings.take(finding, *reader_);
}

}  // namespace gabion::inspect::dlp
