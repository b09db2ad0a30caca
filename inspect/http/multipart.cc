// The lines of a multipart body: boundaries, what stands before, within and after the parts.
#include "inspect/http/multipart.h"

#include <charconv>
#include <cstring>

#include "inspect/heap_bytes.h"
#include "inspect/http/ascii.h"

namespace gabion::inspect::http {

void Multipart::reset() noexcept {
  arena_.reset();
  for (auto* list : {&arguments_, &files_, &file_fields_, &file_sizes_, &part_headers_, &names_, &filenames_}) {
    list->clear();
  }
  flags_ = {};
  boundary_ = {};
  state_ = State::kBefore;
  error_ = BodyError::kNone;
  boundaries_ = 0;
  parts_ = 0;
  arguments_combined_size_ = 0;
  files_combined_size_ = 0;
}

std::size_t Multipart::held_bytes() const noexcept {
  std::size_t bytes = arena_.held_bytes();
  for (const auto* list : {&arguments_, &files_, &file_fields_, &file_sizes_, &part_headers_, &names_, &filenames_}) {
    bytes += heap_bytes(*list);
  }
  return bytes;
}

BodyError Multipart::parse(std::string_view content_type, std::string_view body, MultipartLimits limits) {
  reset();
  limits_ = limits;
  body_ = body;
  if (const BodyError error = read_boundary(content_type); error != BodyError::kNone) {
    flags_.broken_boundary = true;
    return error;
  }
  return body.empty() ? BodyError::kNone : read_lines(body);
}

BodyError Multipart::read_lines(std::string_view body) {
  std::size_t at = 0;
  while (at < body.size()) {
    if (state_ == State::kAfter) {
      flags_.data_after = true;
      return error_;
    }
    const void* const newline = std::memchr(body.data() + at, '\n', body.size() - at);
    if (newline == nullptr) {
      return finish(at);
    }
    const auto end = static_cast<std::size_t>(static_cast<const char*>(newline) - body.data()) + 1;
    if (const BodyError error = read_line(at, end); error != BodyError::kNone) {
      return error;
    }
    at = end;
  }
  return finish(at);
}

/// At the end of the body; `tail` is where its last line begins that has no line break.
BodyError Multipart::finish(std::size_t tail) {
  const std::string_view line = body_.substr(tail);
  const bool in_content = state_ == State::kFirstLine || state_ == State::kContent;
  const bool is_final = line.size() == boundary_.size() + 4 && line.starts_with("--") && line.ends_with("--") &&
                        line.substr(2).starts_with(boundary_);
  if (in_content && is_final) {
    flags_.invalid_part = flags_.invalid_part || state_ == State::kFirstLine;
    end_part(tail);
    return error_;
  }
  if (state_ == State::kHeaders && is_final) {
    flags_.invalid_part = true;
    return error_;
  }
  if (state_ == State::kAfter) {
    return error_;
  }
  if (in_content) {
    end_part(body_.size());
  }
  note(boundaries_ == 0 ? BodyError::kBoundaryNotFound : BodyError::kNoFinalBoundary);
  return error_;
}

BodyError Multipart::read_line(std::size_t start, std::size_t end) {
  const std::string_view line = body_.substr(start, end - start);
  const bool is_boundary = line.starts_with("--") && line.substr(2).starts_with(boundary_);
  switch (state_) {
    case State::kBefore:
      flags_.lf_line = flags_.lf_line || !line.ends_with("\r\n");  // its CRLF says nothing, as ModSecurity has it
      return read_outside_headers(start, end);
    case State::kHeaders:
      note_line_end(line);
      flags_.invalid_part = flags_.invalid_part || is_boundary;
      if (!is_boundary) {
        check_unmatched(line);
      }
      content_start_ = end;
      return read_header_line(line);
    case State::kFirstLine:
      // The line behind the headers is content whatever it says, so a boundary there is only noted.
      state_ = State::kContent;
      flags_.invalid_part = flags_.invalid_part || is_boundary;
      if (!is_boundary) {
        check_unmatched(line);
      }
      return BodyError::kNone;
    case State::kContent:
      return read_outside_headers(start, end);
    case State::kAfter:
      break;
  }
  return BodyError::kNone;
}

BodyError Multipart::read_outside_headers(std::size_t start, std::size_t end) {
  const std::string_view line = body_.substr(start, end - start);
  if (line.starts_with("--") && line.substr(2).starts_with(boundary_)) {
    return read_boundary_line(start, line.substr(2 + boundary_.size()));
  }
  flags_.data_before = flags_.data_before || state_ == State::kBefore;
  check_unmatched(line);
  return BodyError::kNone;
}

/// `rest` is what follows the boundary in the line that begins at `start`.
BodyError Multipart::read_boundary_line(std::size_t start, std::string_view rest) {
  const bool is_final = rest.starts_with("--");
  rest.remove_prefix(is_final ? 2 : 0);
  if (rest != "\r\n" && rest != "\n") {
    flags_.broken_boundary = true;
    note(BodyError::kBoundaryLine);
    return BodyError::kNone;
  }
  note_line_end(rest);
  if (state_ == State::kContent) {
    end_part(start);
  }
  ++boundaries_;
  if (is_final) {
    state_ = State::kAfter;
    return BodyError::kNone;
  }
  if (parts_ == limits_.parts) {
    return BodyError::kTooManyParts;
  }
  ++parts_;
  state_ = State::kHeaders;
  first_header_ = part_headers_.size();
  field_ = {};
  filename_ = {};
  extended_filename_ = {};
  return BodyError::kNone;
}

/// A line that is not the boundary: does it mean to be one?
void Multipart::check_unmatched(std::string_view line) {
  if (line.size() < 4 || !line.starts_with("--")) {
    return;
  }
  const std::string_view text = line.substr(2);
  const bool quoted = flags_.boundary_quoted && text.front() == '"' && text.substr(1).starts_with(boundary_);
  const bool spaced = is_space(text.front()) && without_front_spaces(text).starts_with(boundary_);
  if (quoted || spaced) {
    flags_.broken_boundary = true;
    note(BodyError::kBoundaryLine);
    return;
  }
  if (state_ == State::kBefore) {
    flags_.unmatched_boundary = 1;
  } else if (flags_.unmatched_boundary == 0) {
    flags_.unmatched_boundary = 2;
  }
}

/// The content ends before the boundary line at `content_end`, its own last line break belongs to the boundary.
void Multipart::end_part(std::size_t content_end) {
  std::string_view content = body_.substr(content_start_, content_end - content_start_);
  if (content_end < body_.size() && content.ends_with('\n')) {
    note_line_end(content);
    content.remove_suffix(content.ends_with("\r\n") ? 2 : 1);
  }
  if (!filename_.empty()) {
    add_file(content.size());
    return;
  }
  arguments_.push_back({field_, content});
  arguments_combined_size_ += field_.size() + content.size();
}

void Multipart::add_file(std::size_t size) {
  if (limits_.files != 0 && file_fields_.size() >= limits_.files) {
    flags_.file_limit_exceeded = true;
    return;
  }
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, size).ptr;
  files_.push_back({field_, filename_});
  if (!extended_filename_.empty() && extended_filename_ != filename_) {
    files_.push_back({field_, extended_filename_});
  }
  file_fields_.push_back({field_, field_});
  file_sizes_.push_back({field_, arena_.copy({digits, static_cast<std::size_t>(end - digits)})});
  files_combined_size_ += size;
}

void Multipart::note_line_end(std::string_view line) noexcept {
  const bool crlf = line.ends_with("\r\n");
  flags_.crlf_line = flags_.crlf_line || crlf;
  flags_.lf_line = flags_.lf_line || (!crlf && line.ends_with('\n'));
}

}  // namespace gabion::inspect::http
