// A state a place in a tag; bytes of another level than 0 are content wherever they stand.
#include "inspect/dlp/fields/xml_lexer.h"

#include <algorithm>

#include "inspect/http/ascii.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::array<std::string_view, 14> kVoidElements{"area",  "base", "br",   "col",   "embed",  "hr",    "img",
                                                         "input", "link", "meta", "param", "source", "track", "wbr"};

bool ends_name(char c) noexcept {
  return http::is_space(c) || c == '=' || c == '>' || c == '/' || c == '<';
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return http::to_lower(x) == http::to_lower(y); });
}

}  // namespace

void XmlLexer::begin() noexcept {
  names_.clear();
  unnamed_ = 0;
  heard_.clear();
  label_.clear();
  in_ = In::kBetween;
}

void XmlLexer::read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places) {
  const Trail trail{names_, places};
  if (level != 0) {
    if ((in_ == In::kElement || in_ == In::kAttribute) && unnamed_ == 0) {
      names_.add_to_name(text);
    } else if (in_ == In::kBetween) {
      open(In::kText, at, trail);
    } else if (in_ == In::kValueStart) {
      quote_ = '\0';
      open(In::kValue, at, trail);
    }
    if (in_ == In::kText || (in_ == In::kValue && is_labelling_)) {
      hear(text);
    }
    return;
  }
  while (!text.empty()) {
    const std::size_t taken = read_some(text, at, trail);
    text.remove_prefix(taken);
    at += taken;
  }
}

std::size_t XmlLexer::read_some(std::string_view text, FlatOffset at, Trail trail) {
  switch (in_) {
    case In::kBetween:
    case In::kText:
      return read_text(text, at, trail);
    case In::kTagStart:
      return read_tag_start(text.front(), at, trail);
    case In::kElement:
    case In::kAttribute:
      return read_name(text, at, trail);
    case In::kEndTag:
      return read_end_tag(text, trail);
    case In::kTag:
      return read_tag(text.front(), at, trail);
    case In::kEquals:
      return read_equals(text.front(), trail);
    case In::kValueStart:
      return read_value_start(text.front(), at, trail);
    case In::kValue:
      return read_value(text, at, trail);
    case In::kMarkup:
      return read_markup(text, at, trail);
  }
  return text.size();
}

std::size_t XmlLexer::read_text(std::string_view text, FlatOffset at, Trail trail) {
  if (in_ == In::kBetween) {
    const auto first = std::find_if_not(text.begin(), text.end(), http::is_space);
    const auto blanks = static_cast<std::size_t>(first - text.begin());
    if (blanks > 0) {
      return blanks;
    }
    if (text.front() != '<') {
      open(In::kText, at, trail);
    }
  }
  const std::size_t size = std::min(text.find('<'), text.size());
  if (in_ == In::kText) {
    hear(text.substr(0, size));
  }
  if (size == text.size()) {
    return size;
  }
  close(at + size, trail);
  in_ = In::kTagStart;
  return size + 1;
}

/// Behind '<' stands a name, '/', '!' or '?'; anything else makes it text.
std::size_t XmlLexer::read_tag_start(char c, FlatOffset at, Trail trail) {
  name_size_ = 0;
  last_ = '\0';
  last_but_one_ = '\0';
  if (c == '/') {
    in_ = In::kEndTag;
    return 1;
  }
  if (is_raw() || http::is_space(c) || ends_name(c) || (c >= '0' && c <= '9')) {
    open(In::kText, at, trail);
    return 0;
  }
  if (c == '!' || c == '?') {
    markup_ = c;
    open(In::kMarkup, at, trail);
    return 1;
  }
  push(trail);
  open(In::kElement, at, trail);
  return 0;
}

std::size_t XmlLexer::read_name(std::string_view text, FlatOffset at, Trail trail) {
  const auto end = std::find_if(text.begin(), text.end(), ends_name);
  const auto size = static_cast<std::size_t>(end - text.begin());
  if (unnamed_ == 0) {
    names_.add_to_name(text.substr(0, size));
  }
  if (size == text.size()) {
    return size;
  }
  const bool is_element = in_ == In::kElement;
  close(at + size, trail);
  in_ = is_element ? In::kTag : In::kEquals;
  is_empty_tag_ = false;
  return size;
}

std::size_t XmlLexer::read_end_tag(std::string_view text, Trail trail) {
  const std::size_t size = std::min(text.find('>'), text.size());
  for (const char c : text.substr(0, size)) {
    if (name_size_ < name_.size() && !http::is_space(c)) {
      name_[name_size_++] = c;
    }
  }
  if (size == text.size()) {
    return size;
  }
  end_element(trail);
  in_ = In::kBetween;
  return size + 1;
}

std::size_t XmlLexer::read_tag(char c, FlatOffset at, Trail trail) {
  if (c == '>') {
    end_start_tag(trail);
    return 1;
  }
  if (c == '<') {  // the tag was never closed
    end_start_tag(trail);
    return 0;
  }
  is_empty_tag_ = c == '/';
  if (c == '/' || c == '=' || http::is_space(c)) {
    return 1;
  }
  push(trail);
  open(In::kAttribute, at, trail);
  return 0;
}

std::size_t XmlLexer::read_equals(char c, Trail trail) {
  if (c == '=') {
    in_ = In::kValueStart;
    return 1;
  }
  if (http::is_space(c)) {
    return 1;
  }
  pop(trail);
  in_ = In::kTag;
  return 0;
}

std::size_t XmlLexer::read_value_start(char c, FlatOffset at, Trail trail) {
  if (http::is_space(c)) {
    return 1;
  }
  if (c == '>') {
    pop(trail);
    in_ = In::kTag;
    return 0;
  }
  quote_ = c == '"' || c == '\'' ? c : '\0';
  open(In::kValue, quote_ == '\0' ? at : at + 1, trail);
  return quote_ == '\0' ? 0 : 1;
}

std::size_t XmlLexer::read_value(std::string_view text, FlatOffset at, Trail trail) {
  const auto end = std::find_if(text.begin(), text.end(), [this](char c) {
    return quote_ == '\0' ? c == '>' || http::is_space(c) : c == quote_;
  });
  const auto size = static_cast<std::size_t>(end - text.begin());
  if (is_labelling_) {
    hear(text.substr(0, size));
  }
  if (size == text.size()) {
    return size;
  }
  close(at + size, trail);
  pop(trail);
  in_ = In::kTag;
  return size + (quote_ == '\0' ? 0 : 1);
}

/// A comment ends with "-->", CDATA with "]]>", a declaration with '>'.
std::size_t XmlLexer::read_markup(std::string_view text, FlatOffset at, Trail trail) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (markup_ == '!' && last_ == '\0' && (c == '[' || c == '-')) {
      markup_ = c;
    }
    const char needed = markup_ == '-' ? '-' : ']';
    const bool is_long = markup_ == '-' || markup_ == '[';
    if (c == '>' && (!is_long || (last_ == needed && last_but_one_ == needed))) {
      close(at + i, trail);
      in_ = In::kBetween;
      return i + 1;
    }
    last_but_one_ = last_;
    last_ = c;
  }
  return text.size();
}

void XmlLexer::open(In in, FlatOffset at, Trail trail) {
  in_ = in;
  begin_ = at;
  is_labelling_ = in == In::kValue && names_attribute();
  if (in == In::kText || is_labelling_) {
    label_ = heard_;
    heard_.clear();
  }
  if (trail.places != nullptr) {
    trail.places->begin_value(at, kind(), trail.names, label());
  }
}

void XmlLexer::close(FlatOffset at, Trail trail) {
  if (trail.places != nullptr && in_ != In::kBetween) {
    trail.places->end_value(at);
  }
}

void XmlLexer::push(Trail trail) noexcept {
  if (trail.names.is_full()) {
    ++unnamed_;
  } else {
    trail.names.push();
  }
}

void XmlLexer::pop(Trail trail) noexcept {
  if (unnamed_ > 0) {
    --unnamed_;
  } else if (trail.names.size() > 0) {
    trail.names.pop();
  }
}

void XmlLexer::end_start_tag(Trail trail) {
  in_ = In::kBetween;
  const std::string_view name =
      names_.size() == 0 || unnamed_ > 0 ? std::string_view() : names_.name(names_.size() - 1);
  const bool is_void = language_ == Language::kHtml &&
                       std::any_of(kVoidElements.begin(), kVoidElements.end(),
                                   [name](std::string_view element) { return http::equals_lower(name, element); });
  if (is_empty_tag_ || is_void) {
    pop(trail);
  }
}

/// Ends the innermost element of that name and what is open within; without one nothing ends.
void XmlLexer::end_element(Trail trail) {
  if (unnamed_ > 0) {
    --unnamed_;
    return;
  }
  const std::string_view name(name_.data(), name_size_);
  for (std::size_t level = names_.size(); level > 0; --level) {
    if (same_name(names_.name(level - 1).substr(0, name_.size()), name)) {
      while (names_.size() >= level) {
        pop(trail);
      }
      return;
    }
  }
}

bool XmlLexer::is_raw() const noexcept {
  if (language_ != Language::kHtml || names_.size() == 0 || unnamed_ > 0) {
    return false;
  }
  const std::string_view name = names_.name(names_.size() - 1);
  return http::equals_lower(name, "script") || http::equals_lower(name, "style");
}

void XmlLexer::hear(std::string_view text) noexcept {
  if (language_ == Language::kHtml) {
    heard_.add(text);
  }
}

/// Whether the innermost name is of an attribute that says what a value beside it is.
bool XmlLexer::names_attribute() const noexcept {
  if (language_ != Language::kHtml || unnamed_ > 0 || names_.size() == 0) {
    return false;
  }
  const std::string_view name = names_.name(names_.size() - 1);
  return http::equals_lower(name, "name") || http::equals_lower(name, "data-label");
}

/// Of the value that is open. `<th>SSN</th><td>…`, `SSN <input value=…`.
std::string_view XmlLexer::label() const noexcept {
  if (language_ != Language::kHtml || (in_ != In::kText && in_ != In::kValue)) {
    return {};
  }
  return in_ == In::kText || is_labelling_ ? label_.view() : heard_.view();
}

void XmlLexer::resume(FlatOffset at, PlaceList& places) {
  const bool is_open =
      in_ == In::kText || in_ == In::kElement || in_ == In::kAttribute || in_ == In::kValue || in_ == In::kMarkup;
  if (is_open) {
    places.resume(at, begin_, kind(), names_, label());
  }
}

}  // namespace gabion::inspect::dlp
