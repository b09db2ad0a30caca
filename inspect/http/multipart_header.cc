// The headers of a part of a multipart body, and in them the names that Content-Disposition gives.
#include <algorithm>
#include <cstring>

#include "inspect/http/ascii.h"
#include "inspect/http/multipart.h"

namespace gabion::inspect::http {
namespace {

std::string_view without_line_end(std::string_view line) noexcept {
  if (line.ends_with('\n')) {
    line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
  }
  return line;
}

/// Spaces and tabs, the only ones between the words of Content-Disposition.
std::string_view without_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  return text;
}

/// tchar of RFC 9110.
bool is_token(char c) noexcept {
  return c > ' ' && c < '\x7F' && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}

}  // namespace

BodyError Multipart::read_header_line(std::string_view line) {
  const std::string_view text = without_line_end(line);
  if (text.empty()) {
    return end_headers();
  }
  if (line.size() > kMaxHeaderBytes) {
    return BodyError::kPartHeader;
  }
  if (text.find('\0') != std::string_view::npos) {
    note(BodyError::kPartHeader);
    return BodyError::kNone;
  }
  if (is_space(text.front())) {
    return fold_header(text);
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    note(BodyError::kPartHeader);
    return BodyError::kNone;
  }
  if (part_headers_.size() - first_header_ >= kMaxPartHeaders) {
    return BodyError::kPartHeader;
  }
  part_headers_.push_back({{}, line});
  return BodyError::kNone;
}

BodyError Multipart::fold_header(std::string_view line) {
  flags_.header_folding = true;
  if (part_headers_.size() == first_header_) {
    note(BodyError::kPartHeader);
    return BodyError::kNone;
  }
  flags_.invalid_header_folding = flags_.invalid_header_folding || (line.front() != ' ' && line.front() != '\t') ||
                                  without_front_spaces(line).empty();
  const std::string_view first = without_line_end(part_headers_.back().value);
  const std::string_view more = without_front_spaces(line);
  const std::size_t size = first.size() + 1 + more.size();
  if (size > kMaxHeaderBytes) {
    return BodyError::kPartHeader;
  }
  char* const joined = arena_.allocate(size);
  std::memcpy(joined, first.data(), first.size());
  joined[first.size()] = ' ';
  std::memcpy(joined + first.size() + 1, more.data(), more.size());
  part_headers_.back().value = {joined, size};
  return BodyError::kNone;
}

/// Behind the empty line: the part must say what it is called. One that does not is read all the same, without a name.
BodyError Multipart::end_headers() {
  BodyError error = BodyError::kPartWithoutName;
  for (std::size_t i = first_header_; i < part_headers_.size(); ++i) {
    const std::string_view line = part_headers_[i].value;
    const std::size_t colon = line.find(':');
    if (equals_lower(line.substr(0, colon), "content-disposition")) {
      error = read_disposition(without_blanks(without_line_end(line.substr(colon + 1))));
      break;
    }
  }
  if (error != BodyError::kNone || field_.empty() || (filename_.empty() && !extended_filename_.empty())) {
    flags_.invalid_part = true;
    note(BodyError::kPartWithoutName);
  }
  for (std::size_t i = first_header_; i < part_headers_.size(); ++i) {
    part_headers_[i].name = field_;
  }
  state_ = State::kFirstLine;
  return BodyError::kNone;
}

BodyError Multipart::read_disposition(std::string_view value) {
  constexpr std::string_view kFormData = "form-data";
  if (!value.starts_with(kFormData)) {
    return BodyError::kPartWithoutName;
  }
  std::string_view rest = without_blanks(value.substr(kFormData.size()));
  while (!rest.empty()) {
    if (rest.front() != ';') {
      return BodyError::kPartWithoutName;
    }
    rest = without_blanks(rest.substr(1));
    if (rest.empty()) {
      break;
    }
    if (const BodyError error = read_parameter(rest); error != BodyError::kNone) {
      return error;
    }
    rest = without_blanks(rest);
  }
  return BodyError::kNone;
}

/// One `name=value`; only the names that form-data has, each once.
BodyError Multipart::read_parameter(std::string_view& rest) {
  const std::string_view name = rest.substr(0, rest.find_first_of(" \t="));
  const bool has_blank = rest.size() > name.size() && rest[name.size()] != '=';
  rest = without_blanks(rest.substr(name.size()));
  if (!rest.starts_with('=') || (has_blank && name == "filename")) {  // the latter as ModSecurity has it
    return BodyError::kPartWithoutName;
  }
  rest = without_blanks(rest.substr(1));
  if (name == "filename*") {
    return read_extended_filename(rest);
  }
  std::string_view value;
  if (const BodyError error = read_parameter_value(rest, value); error != BodyError::kNone) {
    return error;
  }
  const bool is_field = name == "name";
  if (!is_field && name != "filename") {
    return BodyError::kPartWithoutName;
  }
  (is_field ? names_ : filenames_).push_back({value, value});
  std::string_view& target = is_field ? field_ : filename_;
  if (!target.empty()) {
    return BodyError::kPartWithoutName;
  }
  target = value;
  return BodyError::kNone;
}

/// RFC 8187: charset'language'bytes, of which attr-chars stand for themselves and all others are %XX.
BodyError Multipart::read_extended_filename(std::string_view& rest) {
  const std::string_view text = rest.substr(0, rest.find_first_of(" \t;"));
  const std::size_t charset = std::min(text.find('\''), text.size());
  const std::size_t language = text.find('\'', std::min(charset + 1, text.size()));
  if (charset == 0 || language == std::string_view::npos || !extended_filename_.empty()) {
    return BodyError::kPartWithoutName;
  }
  std::string_view encoded = text.substr(language + 1);
  rest.remove_prefix(text.size());
  if (encoded.empty()) {
    return BodyError::kNone;
  }
  char* const bytes = arena_.allocate(encoded.size());
  std::size_t size = 0;
  while (!encoded.empty()) {
    const bool is_escape = encoded.front() == '%';
    const int high = is_escape && encoded.size() > 2 ? hex_digit(encoded[1]) : -1;
    const int low = high >= 0 ? hex_digit(encoded[2]) : -1;
    if (is_escape ? low < 0 : !is_token(encoded.front()) || encoded.front() == '\'' || encoded.front() == '*') {
      return BodyError::kPartWithoutName;
    }
    bytes[size++] = is_escape ? static_cast<char>(high * 16 + low) : encoded.front();
    encoded.remove_prefix(is_escape ? 3 : 1);
  }
  extended_filename_ = {bytes, size};
  return BodyError::kNone;
}

BodyError Multipart::read_parameter_value(std::string_view& rest, std::string_view& value) {
  if (rest.empty()) {
    return BodyError::kPartWithoutName;
  }
  if (rest.front() == '"' || rest.front() == '\'') {
    return read_quoted(rest, value);
  }
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_token);
  value = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  flags_.invalid_quoting = flags_.invalid_quoting || value.find('\'') != std::string_view::npos;
  rest.remove_prefix(value.size());
  return value.empty() ? BodyError::kPartWithoutName : BodyError::kNone;
}

/// A quoted value; only the quote itself and the backslash can be escaped. Without its last quote it is flagged and
/// goes to the end.
BodyError Multipart::read_quoted(std::string_view& rest, std::string_view& value) {
  const char quote = rest.front();
  flags_.invalid_quoting = flags_.invalid_quoting || quote == '\'';
  rest.remove_prefix(1);
  std::size_t end = 0;
  std::size_t escapes = 0;
  while (end < rest.size() && rest[end] != quote) {
    if (rest[end] == '\\') {
      if (end + 1 == rest.size()) {
        return BodyError::kPartWithoutName;
      }
      const bool is_escape = rest[end + 1] == quote || rest[end + 1] == '\\';
      escapes += is_escape ? 1 : 0;
      end += is_escape ? 1 : 0;
    }
    ++end;
  }
  value = rest.substr(0, end);
  flags_.invalid_quoting = flags_.invalid_quoting || end == rest.size();
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (escapes == 0) {
    return BodyError::kNone;
  }
  char* const bytes = arena_.allocate(value.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool is_escape = value[i] == '\\' && (value[i + 1] == quote || value[i + 1] == '\\');
    i += is_escape ? 1 : 0;
    bytes[size++] = value[i];
  }
  value = {bytes, size};
  return BodyError::kNone;
}

}  // namespace gabion::inspect::http
