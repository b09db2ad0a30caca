// Fields are counted; only who lists places asks for their names.
#include "inspect/dlp/fields/csv_lexer.h"

#include <algorithm>

#include "inspect/dlp/fields/find_bytes.h"

namespace gabion::inspect::dlp {

void CsvLexer::begin() noexcept {
  names_.clear();
  names_.push();
  columns_ = 0;
  column_ = 0;
  in_ = In::kBefore;
  is_first_row_ = true;
  separator_ = '\0';
}

bool CsvLexer::is_separator(char c) const noexcept {
  return separator_ == '\0' ? c == ',' || c == ';' || c == '\t' || c == '|' : c == separator_;
}

std::size_t CsvLexer::find_end(std::string_view text) const noexcept {
  return separator_ == '\0' ? std::min(text.find_first_of(",;\t|\n"), text.size())
                            : find_either(text, separator_, '\n');
}

/// Escapes have no meaning here: bytes of another level (UTF-16 has none) are content.
void CsvLexer::read(std::string_view text, FlatOffset at, EscapeLevel /*level*/, PlaceList* places) {
  while (!text.empty()) {
    const std::size_t taken = read_some(text, at, places);
    text.remove_prefix(taken);
    at += taken;
  }
}

std::size_t CsvLexer::read_some(std::string_view text, FlatOffset at, PlaceList* places) {
  const char c = text.front();
  if (in_ == In::kPlain || in_ == In::kQuoted) {
    return read_value(text, at, places);
  }
  if (c == '\n' || is_separator(c)) {
    end_field(c);
    return 1;
  }
  if (c == '"' && in_ == In::kBefore) {
    in_ = In::kQuoted;
    open(at + 1, places);
    return 1;
  }
  if (c == '"') {  // doubled: the value goes on
    in_ = In::kQuoted;
    if (places != nullptr) {
      places->resume(at, begin_, kind(), names_);
    }
    return 1;
  }
  if (in_ == In::kBehind || c == '\r') {
    return 1;
  }
  in_ = In::kPlain;
  open(at, places);
  return 0;
}

std::size_t CsvLexer::read_value(std::string_view text, FlatOffset at, PlaceList* places) {
  const std::size_t size = in_ == In::kQuoted ? find_near(text, '"') : find_end(text);
  if (is_first_row_) {
    add_to_column(text.substr(0, size));
  }
  if (size == text.size()) {
    return size;
  }
  close(at + size, places);
  if (in_ == In::kQuoted) {
    in_ = In::kBehind;
    return size + 1;
  }
  end_field(text[size]);
  return size + 1;
}

void CsvLexer::open(FlatOffset at, PlaceList* places) {
  begin_ = at;
  const bool has_name = !is_first_row_ && column_ < columns_;
  const std::size_t from = !has_name || column_ == 0 ? 0 : ends_[column_ - 1];
  names_.set_name(has_name ? std::string_view(bytes_.data() + from, ends_[column_] - from) : std::string_view());
  if (places != nullptr) {
    places->begin_value(at, kind(), names_);
  }
}

void CsvLexer::close(FlatOffset at, PlaceList* places) {
  if (places != nullptr) {
    places->end_value(at);
  }
}

void CsvLexer::add_to_column(std::string_view bytes) noexcept {
  if (column_ >= kMaxColumns) {
    return;
  }
  for (; columns_ <= column_; ++columns_) {
    ends_[columns_] = columns_ == 0 ? std::uint16_t{0} : ends_[columns_ - 1];
  }
  const std::size_t from = column_ == 0 ? 0 : ends_[column_ - 1];
  const std::size_t limit = std::min(bytes_.size(), from + kMaxColumnBytes);
  for (const char c : bytes) {
    if (c != '\r' && ends_[column_] < limit) {
      bytes_[ends_[column_]++] = c;
    }
  }
}

void CsvLexer::end_field(char mark) noexcept {
  in_ = In::kBefore;
  if (mark == '\n') {
    is_first_row_ = is_first_row_ && column_ == 0 && columns_ == 0;
    column_ = 0;
    return;
  }
  separator_ = mark;
  ++column_;
}

void CsvLexer::resume(FlatOffset at, PlaceList& places) {
  if (in_ == In::kPlain || in_ == In::kQuoted) {
    places.resume(at, begin_, kind(), names_);
  }
}

}  // namespace gabion::inspect::dlp
