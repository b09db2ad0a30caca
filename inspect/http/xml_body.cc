// The structure of an XML text: tags, their nesting, and what stands between them.
#include "inspect/http/xml_body.h"

#include <algorithm>

#include "inspect/heap_bytes.h"
#include "inspect/http/ascii.h"
#include "inspect/http/xml_encoding.h"

namespace gabion::inspect::http {
namespace {

bool is_xml_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Characters beyond ASCII pass in names: what they are called is no matter of rules.
bool is_name_start(char c) noexcept {
  const char lower = to_lower(c);
  return (lower >= 'a' && lower <= 'z') || c == '_' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_part(char c) noexcept {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

}  // namespace

void XmlBody::reset() noexcept {
  arena_.reset();
  text_.clear();
  if (text_.capacity() > kKeptTextBytes) {
    text_.shrink_to_fit();
  }
  attributes_.clear();
  open_.clear();
  source_ = {};
  at_ = 0;
  has_root_ = false;
  has_doctype_ = false;
}

std::size_t XmlBody::held_bytes() const noexcept {
  return arena_.held_bytes() + heap_bytes(text_) + heap_bytes(attributes_) + heap_bytes(open_) + heap_bytes(names_);
}

BodyError XmlBody::parse(std::string_view body, XmlLimits limits) {
  reset();
  limits_ = limits;
  const XmlText text = xml_as_utf8(body, arena_);
  source_ = text.utf8;
  const BodyError error = read_document();
  return text.complete ? error : BodyError::kBadEncoding;
}

BodyError XmlBody::read_document() {
  if (const BodyError error = read_declaration(); error != BodyError::kNone) {
    return error;
  }
  while (!at_end()) {
    const BodyError error = peek() == '<' ? read_markup() : read_text();
    if (error != BodyError::kNone) {
      return error;
    }
  }
  return has_root_ && open_.empty() ? BodyError::kNone : BodyError::kUnexpectedEnd;
}

/// `<?xml version="1.0" …?>`; what its parameters say was read by xml_as_utf8().
BodyError XmlBody::read_declaration() {
  constexpr std::string_view kStart = "<?xml";
  if (!starts_with(kStart) || at_ + kStart.size() >= source_.size() || !is_xml_space(source_[at_ + kStart.size()])) {
    return BodyError::kNone;
  }
  at_ += kStart.size();
  skip_spaces();
  if (!starts_with("version")) {
    return unexpected();
  }
  const std::size_t end = source_.find("?>", at_);
  if (end == std::string_view::npos) {
    return BodyError::kUnexpectedEnd;
  }
  if (source_.substr(at_, end - at_).find_first_of("<>") != std::string_view::npos) {
    return BodyError::kSyntax;
  }
  at_ = end + 2;
  return BodyError::kNone;
}

BodyError XmlBody::read_markup() {
  if (starts_with("<!--")) {
    return read_comment();
  }
  if (starts_with("<?")) {
    return read_instruction();
  }
  if (starts_with("<![CDATA[")) {
    return read_cdata();
  }
  if (starts_with("<!DOCTYPE")) {
    return read_doctype();
  }
  return starts_with("</") ? read_end_tag() : read_start_tag();
}

BodyError XmlBody::read_comment() {
  const std::size_t end = source_.find("--", at_ + 4);
  if (end == std::string_view::npos || end + 2 == source_.size()) {
    return BodyError::kUnexpectedEnd;
  }
  at_ = end + 3;
  return source_[end + 2] == '>' ? BodyError::kNone : BodyError::kSyntax;
}

BodyError XmlBody::read_cdata() {
  constexpr std::size_t kStartBytes = 9;
  if (open_.empty()) {
    return BodyError::kSyntax;
  }
  const std::size_t start = at_ + kStartBytes;
  const std::size_t end = source_.find("]]>", start);
  for (std::size_t i = start; i < std::min(end, source_.size()); ++i) {
    const bool is_break = source_[i] == '\r';
    text_ += is_break ? '\n' : source_[i];
    i += is_break && i + 1 < source_.size() && source_[i + 1] == '\n' ? 1 : 0;
  }
  at_ = end == std::string_view::npos ? source_.size() : end + 3;
  return end == std::string_view::npos ? BodyError::kUnexpectedEnd : BodyError::kNone;
}

BodyError XmlBody::read_instruction() {
  at_ += 2;
  const std::string_view target = read_name();
  if (target.empty() || equals_lower(target, "xml")) {
    return unexpected();
  }
  if (!is_xml_space(peek()) && !starts_with("?>")) {
    return unexpected();
  }
  const std::size_t end = source_.find("?>", at_);
  at_ = end == std::string_view::npos ? source_.size() : end + 2;
  return end == std::string_view::npos ? BodyError::kUnexpectedEnd : BodyError::kNone;
}

/// Before the root only; skipped whole, with what is declared in it.
BodyError XmlBody::read_doctype() {
  if (has_root_ || has_doctype_) {
    return BodyError::kSyntax;
  }
  has_doctype_ = true;
  at_ += std::string_view("<!DOCTYPE").size();
  if (!is_xml_space(peek())) {
    return unexpected();
  }
  while (!at_end()) {
    const char c = peek();
    if (c == '>') {
      ++at_;
      return BodyError::kNone;
    }
    BodyError error = BodyError::kNone;
    if (c == '"' || c == '\'') {
      error = skip_quoted();
    } else if (c == '[') {
      error = skip_internal_subset();
    } else if (c == '<') {
      error = BodyError::kSyntax;
    } else {
      ++at_;
    }
    if (error != BodyError::kNone) {
      return error;
    }
  }
  return BodyError::kUnexpectedEnd;
}

BodyError XmlBody::skip_quoted() {
  const std::size_t end = source_.find(source_[at_], at_ + 1);
  at_ = end == std::string_view::npos ? source_.size() : end + 1;
  return end == std::string_view::npos ? BodyError::kUnexpectedEnd : BodyError::kNone;
}

BodyError XmlBody::skip_internal_subset() {
  while (!at_end() && peek() != ']') {
    BodyError error = BodyError::kNone;
    if (starts_with("<!--")) {
      error = read_comment();
    } else if (starts_with("<?")) {
      error = read_instruction();
    } else if (peek() == '"' || peek() == '\'') {
      error = skip_quoted();
    } else {
      ++at_;
    }
    if (error != BodyError::kNone) {
      return error;
    }
  }
  if (at_end()) {
    return BodyError::kUnexpectedEnd;
  }
  ++at_;
  return BodyError::kNone;
}

BodyError XmlBody::read_start_tag() {
  if (has_root_ && open_.empty()) {
    return BodyError::kTrailingBytes;
  }
  ++at_;
  const std::string_view name = read_name();
  if (name.empty()) {
    return unexpected();
  }
  if (open_.size() >= limits_.depth) {
    return BodyError::kTooDeep;
  }
  if (const BodyError error = read_attributes(); error != BodyError::kNone) {
    return error;
  }
  has_root_ = true;
  if (peek() == '/') {
    ++at_;
    if (peek() != '>') {
      return unexpected();
    }
  } else {
    open_.push_back(name);
  }
  ++at_;
  return BodyError::kNone;
}

/// Up to the '/' or '>' that ends the tag.
BodyError XmlBody::read_attributes() {
  const std::size_t first = attributes_.size();
  while (true) {
    const bool has_space = is_xml_space(peek());
    skip_spaces();
    if (peek() == '/' || peek() == '>') {
      return check_twins(first);
    }
    if (!has_space) {
      return unexpected();
    }
    if (const BodyError error = read_attribute(); error != BodyError::kNone) {
      return error;
    }
  }
}

BodyError XmlBody::read_attribute() {
  const std::string_view name = read_name();
  if (name.empty()) {
    return unexpected();
  }
  skip_spaces();
  if (peek() != '=') {
    return unexpected();
  }
  ++at_;
  skip_spaces();
  if (peek() != '"' && peek() != '\'') {
    return unexpected();
  }
  const std::size_t end = source_.find(peek(), at_ + 1);
  if (end == std::string_view::npos) {
    return BodyError::kUnexpectedEnd;
  }
  std::string_view value;
  const BodyError error = decode_attribute(source_.substr(at_ + 1, end - at_ - 1), value);
  if (error != BodyError::kNone) {
    return error;
  }
  at_ = end + 1;
  if (name == "xmlns" || name.starts_with("xmlns:")) {
    return BodyError::kNone;
  }
  if (attributes_.size() >= limits_.attributes) {
    return BodyError::kTooManyValues;
  }
  attributes_.push_back({name, value});
  return BodyError::kNone;
}

/// No element has an attribute twice.
BodyError XmlBody::check_twins(std::size_t first) {
  if (attributes_.size() - first < 2) {
    return BodyError::kNone;
  }
  names_.clear();
  for (std::size_t i = first; i < attributes_.size(); ++i) {
    names_.push_back(attributes_[i].name);
  }
  std::sort(names_.begin(), names_.end());
  return std::adjacent_find(names_.begin(), names_.end()) == names_.end() ? BodyError::kNone : BodyError::kSyntax;
}

BodyError XmlBody::read_end_tag() {
  at_ += 2;
  const std::string_view name = read_name();
  if (name.empty()) {
    return unexpected();
  }
  if (open_.empty() || open_.back() != name) {
    return at_end() ? BodyError::kUnexpectedEnd : BodyError::kMismatchedTag;
  }
  skip_spaces();
  if (peek() != '>') {
    return unexpected();
  }
  ++at_;
  open_.pop_back();
  return BodyError::kNone;
}

std::string_view XmlBody::read_name() noexcept {
  const std::size_t start = at_;
  if (is_name_start(peek())) {
    while (!at_end() && is_name_part(peek())) {
      ++at_;
    }
  }
  return source_.substr(start, at_ - start);
}

void XmlBody::skip_spaces() noexcept {
  while (is_xml_space(peek())) {
    ++at_;
  }
}

}  // namespace gabion::inspect::http
