// A tokeniser after HTML's own (13.2.5 of the living standard), lenient where old browsers were.
#include "inspect/xss/page.h"

#include "inspect/xss/markup.h"

namespace gabion::inspect::xss {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_blank(char c) noexcept {
  return static_cast<unsigned char>(c) <= ' ';
}
bool is_name_start(char c) noexcept {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

}  // namespace

Page::Page(std::string_view value, Start start) noexcept : value_(value), start_(start) {}

std::string_view Page::judge() noexcept {
  switch (start_) {
    case Start::kText:
      return judge_text();
    case Start::kUnquoted:
      while (at_ < value_.size() && !is_blank(value_[at_]) && value_[at_] != '>') {
        ++at_;
      }
      break;
    case Start::kDouble:
    case Start::kSingle:
    case Start::kBackTick: {
      const char quote = start_ == Start::kDouble ? '"' : start_ == Start::kSingle ? '\'' : '`';
      const std::size_t end = value_.find(quote);
      if (end == kNone) {
        return {};
      }
      at_ = end + 1;
      break;
    }
  }
  supposed_ = true;
  const std::string_view reason = judge_attributes();
  supposed_ = false;
  return reason.empty() ? judge_text() : reason;
}

std::string_view Page::judge_text() noexcept {
  while (at_ < value_.size()) {
    const std::size_t tag = value_.find('<', at_);
    if (tag == kNone) {
      break;
    }
    at_ = tag + 1;
    const std::string_view reason = judge_markup();
    if (!reason.empty()) {
      return reason;
    }
  }
  return {};
}

/// Behind '<'.
std::string_view Page::judge_markup() noexcept {
  while (at_ < value_.size() && value_[at_] == '\0') {
    ++at_;
  }
  if (at_ >= value_.size()) {
    return {};
  }
  const char first = value_[at_];
  if (first == '!' || first == '?' || first == '%') {
    return judge_declaration();
  }
  if (first == '/') {
    ++at_;
    return equal(take_until(" \t\r\n\f\v/>"), "script") ? "end of a script" : std::string_view{};
  }
  if (!is_name_start(first)) {
    return {};
  }
  const std::string_view reason = judge_element();
  return reason.empty() ? judge_attributes() : reason;
}

std::string_view Page::judge_elements() noexcept {
  std::string_view reason;
  for (std::size_t tag = value_.find('<'); tag != kNone && reason.empty(); tag = value_.find('<', at_)) {
    at_ = tag + 1;
    if (at_ < value_.size() && (is_name_start(value_[at_]) || value_[at_] == '\0')) {
      reason = judge_element();
    }
  }
  return reason;
}

/// At the name of an element.
std::string_view Page::judge_element() noexcept {
  constexpr std::string_view active = "active element";
  const std::string_view name = take_until(" \t\r\n\f\v/><");
  const bool bare = at_ < value_.size() && (value_[at_] == '>' || value_[at_] == '<');
  switch (element_of(name)) {
    case Element::kOrdinary:
      return {};
    case Element::kActive:
      return active;
    case Element::kLoading:
      return bare ? std::string_view{} : active;
    case Element::kStyle:
      return bare && !style_has_text() ? std::string_view{} : active;
  }
  return {};
}

bool Page::style_has_text() noexcept {
  if (last_style_mark_ == 0) {
    last_style_mark_ = value_.find_last_of("{@") + 2;  // npos + 2 is 1: before any style
  }
  return last_style_mark_ > at_ + 1;
}

/// Behind '<' at '!', '?' or '%': what makes an XML reader or an old browser run something.
std::string_view Page::judge_declaration() noexcept {
  const std::string_view rest = value_.substr(at_ + 1, 16);
  ++at_;
  if (contains(rest.substr(0, 6), "import") || equal(rest.substr(0, 6), "entity") ||
      equal(rest.substr(0, 7), "attlist") || equal(rest.substr(0, 10), "xml-styles") ||
      equal(rest.substr(0, 4), "xml:") || equal(rest.substr(0, 5), "--#ex") || equal(rest.substr(0, 5), "--[if")) {
    return "active declaration";
  }
  return {};
}

std::string_view Page::take_until(std::string_view stops) noexcept {
  const std::size_t begin = at_;
  while (at_ < value_.size() && stops.find(value_[at_]) == kNone) {
    ++at_;
  }
  return value_.substr(begin, at_ - begin);
}

void Page::skip_blanks() noexcept {
  while (at_ < value_.size() && (is_blank(value_[at_]) || value_[at_] == '/')) {
    ++at_;
  }
}

/// Behind '=' and blanks: quoted, or up to a blank or '>'.
std::string_view Page::take_value() noexcept {
  while (at_ < value_.size() && is_blank(value_[at_])) {
    ++at_;
  }
  if (at_ >= value_.size()) {
    return {};
  }
  const char quote = value_[at_];
  if (quote != '"' && quote != '\'' && quote != '`') {
    return take_until(" \t\r\n\f\v>");
  }
  const std::size_t begin = ++at_;
  const std::size_t end = value_.find(quote, begin);
  at_ = end == kNone ? value_.size() : end + 1;
  return value_.substr(begin, end == kNone ? kNone : end - begin);
}

/// Inside a tag, up to its '>'. An unclosed tag counts: the page closes it.
std::string_view Page::judge_attributes() noexcept {
  while (true) {
    skip_blanks();
    if (at_ >= value_.size() || value_[at_] == '<') {
      return {};
    }
    if (value_[at_] == '>') {
      ++at_;
      return {};
    }
    if (value_[at_] == '"' || value_[at_] == '\'' || value_[at_] == '`' || value_[at_] == '=') {
      ++at_;
      continue;
    }
    const std::string_view name = take_until(" \t\r\n\f\v/>=\"'`<");
    const std::size_t behind = at_;
    while (at_ < value_.size() && is_blank(value_[at_])) {
      ++at_;
    }
    if (at_ >= value_.size() || value_[at_] != '=') {
      if (!supposed_ && is_garbled_handler(name)) {
        return "event handler";
      }
      at_ = behind;
      continue;
    }
    ++at_;
    const std::string_view reason = judge_attribute(name, take_value());
    if (!reason.empty()) {
      return reason;
    }
  }
}

std::string_view Page::judge_attribute(std::string_view name, std::string_view value) const noexcept {
  if (is_handler(name)) {
    if (!supposed_ || (is_known_handler(name) && !value.empty() && value.front() != '=')) {
      return "event handler";
    }
    if (start_ != Start::kUnquoted && value.find_first_of("(`;.") != kNone) {
      return "event handler";
    }
  }
  if (!supposed_ && is_garbled_handler(name)) {
    return "event handler";
  }
  if (equal(name, "attributename") && (is_handler(value) || equal(value, "href"))) {
    return "animated attribute";
  }
  if (is_script_url(value)) {
    return "script URL";
  }
  if (equal(name, "style") && is_active_style(value)) {
    return "active style";
  }
  if (equal(name, "srcdoc") || equal(name, "datasrc") || equal(name, "datafld") || equal(name, "formaction")) {
    return supposed_ && value.empty() ? std::string_view{} : "active attribute";
  }
  return {};
}

}  // namespace gabion::inspect::xss
