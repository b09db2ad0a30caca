// Continuation, comments and quoting.
#include "inspect/waf/seclang/lines.h"

#include <fmt/format.h>

#include <algorithm>

namespace gabion::inspect::waf::seclang {
namespace {

bool begins_with(std::string_view text, std::string_view name) {
  return same_name(text.substr(0, name.size()), name) && text.size() >= name.size();
}

bool is_comment(std::string_view line) {
  const std::string_view visible = trimmed(line);
  return !visible.empty() && visible.front() == '#';
}

bool continues(std::string_view line) {
  return !line.empty() && line.back() == '\\';
}

bool is_commented_rule(std::string_view line) {
  std::string_view inside = trimmed(line);
  inside.remove_prefix(1);
  inside = trimmed(inside);
  return continues(line) && (begins_with(inside, "SecRule") || begins_with(inside, "SecAction"));
}

bool begins_directive(std::string_view line) {
  const std::string_view visible = trimmed(line);
  return begins_with(visible, "Sec") || begins_with(visible, "Include");
}

class WordReader {
 public:
  WordReader(std::string_view text, Remarks& remarks) : rest_(text), remarks_(remarks) {}

  std::vector<std::string> read() {
    std::vector<std::string> words;
    while (skip_blanks()) {
      const char first = rest_.front();
      words.push_back(first == '"' || first == '\'' ? read_quoted() : read_bare());
    }
    return words;
  }

 private:
  bool skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
    return !rest_.empty();
  }

  /// Backslashes go in pairs: a quote after an even number of them ends the word.
  std::string read_quoted() {
    const char quote = rest_.front();
    std::string word;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == quote) {
        end_quoted(at + 1);
        return word;
      }
      if (rest_[at] == '\\' && at + 1 < rest_.size()) {
        word += rest_[at + 1] == quote ? "" : "\\";
        ++at;
      }
      word += rest_[at];
    }
    remarks_.errors.push_back(fmt::format("the quote before {} is never closed", quoted(rest_.substr(1))));
    rest_ = {};
    return word;
  }

  void end_quoted(std::size_t size) {
    rest_.remove_prefix(size);
    if (!rest_.empty() && !is_blank(rest_.front())) {
      remarks_.errors.push_back(fmt::format("{} stands right after a closing quote", quoted(rest_)));
    }
  }

  std::string read_bare() {
    std::size_t at = 0;
    while (at < rest_.size() && !is_blank(rest_[at])) {
      const std::size_t closing = rest_.substr(at, 2) == ":'" ? rest_.find('\'', at + 2) : std::string_view::npos;
      at = closing == std::string_view::npos ? at + 1 : closing + 1;
    }
    std::string word(rest_.substr(0, at));
    rest_.remove_prefix(at);
    return word;
  }

  std::string_view rest_;
  Remarks& remarks_;
};

}  // namespace

DirectiveReader::DirectiveReader(std::string_view text) : rest_(text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (rest_.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    rest_.remove_prefix(kByteOrderMark.size());
  }
}

std::string_view DirectiveReader::take_line() {
  const std::size_t end = std::min(rest_.find('\n'), rest_.size());
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  ++line_;
  return line;
}

/// REQUIRES: the line taken last is a comment that continues.
void DirectiveReader::skip_commented_rule() {
  bool goes_on = true;
  while (goes_on && !rest_.empty()) {
    const std::string_view ahead = rest_.substr(0, rest_.find('\n'));
    if (begins_directive(ahead)) {
      return;
    }
    goes_on = continues(take_line());
  }
}

std::optional<Directive> DirectiveReader::next() {
  while (!rest_.empty()) {
    std::string_view line = take_line();
    if (is_comment(line)) {
      if (is_commented_rule(line)) {
        skip_commented_rule();
      }
      continue;
    }
    Directive directive{line_, {}};
    while (continues(line) && !rest_.empty()) {
      directive.text += line.substr(0, line.size() - 1);
      do {
        line = take_line();
      } while (is_comment(line) && !rest_.empty());
    }
    directive.text += is_comment(line) && !directive.text.empty() ? std::string_view() : line;
    if (!trimmed(directive.text).empty()) {
      return directive;
    }
  }
  return std::nullopt;
}

std::vector<std::string> words_of(std::string_view directive, Remarks& remarks) {
  return WordReader(directive, remarks).read();
}

}  // namespace gabion::inspect::waf::seclang
