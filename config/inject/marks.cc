// Begin, what was, end; and single lines that say something.
#include "config/inject/marks.h"

#include <fmt/format.h>

#include <algorithm>

namespace gabion::config::inject {
namespace {

constexpr std::string_view kBegin = "# gabion:begin";
constexpr std::string_view kBeginOpen = "# gabion:begin-open";    // the line before had no end
constexpr std::string_view kBeginBelow = "# gabion:begin-below";  // the line before is ours
constexpr std::string_view kWas = "# gabion:was|";
constexpr std::string_view kWasOpen = "# gabion:was-open|";  // likewise the line that was
constexpr std::string_view kEnd = "# gabion:end";

std::string_view stripped(std::string_view line) {
  line.remove_prefix(indentation(line));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
    line.remove_suffix(1);
  }
  return line;
}

bool begins(std::string_view line, std::string_view mark) {
  return line.substr(0, mark.size()) == mark;
}

/// A line that only says something. Other comments that begin like ours are the user's.
bool is_said(std::string_view content) {
  constexpr std::string_view kSaid[] = {"# gabion:note ", "# gabion:skipped ", "# gabion:not-injected "};
  return std::any_of(std::begin(kSaid), std::end(kSaid), [&](std::string_view said) { return begins(content, said); });
}

bool is_ours(std::string_view content) {
  return content == kBegin || content == kBeginOpen || content == kBeginBelow || content == kEnd ||
         begins(content, kWas) || begins(content, kWasOpen) || is_said(content);
}

/// What readers of YAML 1.1 take for the end of a line and others do not, and control characters.
void blank_breaks(std::string& line) {
  for (const std::string_view wide : {"\xE2\x80\xA8", "\xE2\x80\xA9", "\xC2\x85"}) {
    for (std::size_t at = line.find(wide); at != std::string::npos; at = line.find(wide, at)) {
      line.replace(at, wide.size(), " ");
    }
  }
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, ' ');
}

bool has_end(std::string_view line) {
  return !line.empty() && line.back() == '\n';
}

std::string_view line_end_of(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end != std::string_view::npos && end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

/// Writes a text with edits, line by line.
class Writer {
 public:
  explicit Writer(std::string_view text) : lines_(split_lines(text)), end_(line_end_of(text)) {}

  void copy_to(std::size_t line) {
    for (; next_ < line; ++next_) {
      out_ += lines_[next_];
    }
  }

  void begin(const TextEdit& edit) {
    const bool open = !out_.empty() && !has_end(out_);
    out_ += open ? end_ : "";
    if (!edit.above.empty()) {
      put(0, edit.above);
    }
    put(edit.column, open ? kBeginOpen : edit.above.empty() ? kBegin : kBeginBelow);
  }

  void was(std::size_t column, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, ++next_) {
      const std::string_view line = lines_[next_];
      out_ += fmt::format("{}{}{}{}", std::string(column, ' '), has_end(line) ? kWas : kWasOpen, line,
                          has_end(line) ? "" : end_);
    }
  }

  void put(std::size_t column, std::string_view line) {
    out_ += fmt::format("{}{}{}", std::string(column, ' '), line, end_);
  }
  void end(std::size_t column) { put(column, kEnd); }

  [[nodiscard]] std::size_t size() const { return lines_.size(); }
  [[nodiscard]] std::string finish() {
    copy_to(lines_.size());
    return std::move(out_);
  }

 private:
  std::vector<std::string_view> lines_;
  std::string_view end_;
  std::size_t next_ = 0;
  std::string out_;
};

bool is_comment(const TextEdit& edit) {
  return edit.lines.size() == 1 && edit.replaced == 0 && begins(stripped(edit.lines.front()), kMark);
}

void drop_line_end(std::string& text) {
  if (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  if (!text.empty() && text.back() == '\r') {
    text.pop_back();
  }
}

}  // namespace

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::size_t indentation(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool is_mark(std::string_view line) {
  return is_ours(stripped(line));
}

std::string with_edits(std::string_view text, const std::vector<TextEdit>& edits) {
  Writer writer(text);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const TextEdit& edit = edits[i];
    writer.copy_to(edit.at);
    if (is_comment(edit) && edit.at < writer.size()) {
      writer.put(0, edit.lines.front());
      continue;
    }
    writer.begin(edit);
    writer.was(edit.column, edit.replaced);
    const auto joins = [&](const TextEdit& next) {
      return edit.replaced == 0 && next.replaced == 0 && next.at == edit.at && next.column == edit.column &&
             is_comment(next) == is_comment(edit);
    };
    const auto put_all = [&writer](const TextEdit& each) {
      for (const std::string& line : each.lines) {
        writer.put(0, line);
      }
    };
    put_all(edit);
    for (; i + 1 < edits.size() && joins(edits[i + 1]); ++i) {
      put_all(edits[i + 1]);
    }
    writer.end(edit.column);
  }
  return writer.finish();
}

TextEdit comment(std::size_t at, std::string_view word, std::string_view text) {
  std::string line = fmt::format("{}{} {}", kMark, word, text);
  blank_breaks(line);
  return {at, 0, 0, {std::move(line)}, ""};
}

Result<std::string> without_marks(std::string_view text) {
  std::string out;
  bool inside = false;
  std::size_t number = 0;
  const auto misplaced = [&number] {
    return Error{"a mark of an injection without its other end", fmt::format("line {}", number)};
  };
  for (const std::string_view line : split_lines(text)) {
    ++number;
    const std::string_view content = stripped(line);
    const bool open = begins(content, kWasOpen);
    if (!is_ours(content)) {
      out += inside ? std::string_view() : line;
    } else if (begins(content, kBegin)) {
      if (inside) {
        return misplaced();
      }
      inside = true;
      if (begins(content, kBeginOpen)) {
        drop_line_end(out);
      } else if (begins(content, kBeginBelow)) {
        drop_line_end(out);
        out.erase(out.rfind('\n') + 1);  // npos + 1 is 0
      }
    } else if (open || begins(content, kWas)) {
      if (!inside) {
        return misplaced();
      }
      const std::string_view was = open ? kWasOpen : kWas;
      out += (open ? content : line.substr(indentation(line))).substr(was.size());
    } else if (content == kEnd) {
      if (!inside) {
        return misplaced();
      }
      inside = false;
    }  // else one of the lines that only say something
  }
  if (inside) {
    return misplaced();
  }
  return out;
}

std::string with_blank_marks(std::string_view text) {
  std::string out;
  for (const std::string_view line : split_lines(text)) {
    if (is_mark(line)) {
      out += fmt::format("{}#{}", std::string(indentation(line), ' '), has_end(line) ? "\n" : "");
    } else {
      out += line;
    }
  }
  return out;
}

}  // namespace gabion::config::inject
