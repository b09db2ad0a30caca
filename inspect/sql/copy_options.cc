// How a COPY … TO STDOUT writes its rows: see copy_options.h.
#include "inspect/sql/copy_options.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "inspect/sql/tokens.h"

namespace gabion::inspect::sql {
namespace {

using Kind = Token::Kind;

std::string lower(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return folded;
}

/// gram.y, CopyStmt. Walks over the tokens once; what it does not know leaves `is_plain` false.
class CopyReader {
 public:
  CopyReader(std::string_view text, const std::vector<Token>& tokens) : text_(text) {
    std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(tokens_), [](const Token& token) {
      return token.kind != Kind::kLineComment && token.kind != Kind::kBlockComment;
    });
  }

  CopyOptions run() {
    made_.is_plain = take("copy") && read_source() && take("to") && take("stdout") && read_options();
    return std::move(made_);
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ == tokens_.size() || (word() == ";" && at_ + 1 == tokens_.size()); }
  [[nodiscard]] std::string_view raw() const {
    return at_ < tokens_.size() ? text_.substr(tokens_[at_].begin, tokens_[at_].end - tokens_[at_].begin)
                                : std::string_view();
  }
  [[nodiscard]] std::string word() const { return lower(raw()); }
  bool take(std::string_view wanted) {
    const bool is_there = at_ < tokens_.size() && word() == wanted;
    at_ += is_there ? 1 : 0;
    return is_there;
  }

  /// A name as the server folds it. Nothing: it is none, or is written with escapes.
  [[nodiscard]] std::optional<std::string> take_name() {
    const std::string_view text = raw();
    const bool is_quoted = text.size() > 2 && text.front() == '"';
    const bool is_word = !text.empty() && at_ < tokens_.size() &&
                         (tokens_[at_].kind == Kind::kIdentifier || tokens_[at_].kind == Kind::kKeyword ||
                          tokens_[at_].kind == Kind::kReserved);
    const bool has_escapes = text.size() > 2 && text[1] == '&';
    if ((!is_quoted && !is_word) || has_escapes) {
      return std::nullopt;
    }
    ++at_;
    if (!is_quoted) {
      return lower(text);
    }
    std::string name;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      name.push_back(text[i]);
      i += text[i] == '"' ? 1 : 0;
    }
    return name;
  }

  bool skip_brackets() {
    std::size_t depth = 0;
    do {
      depth += raw() == "(" ? 1 : 0;
      depth -= raw() == ")" ? 1 : 0;
      ++at_;
    } while (depth != 0 && at_ < tokens_.size());
    return depth == 0;
  }

  bool read_source() {
    if (raw() == "(") {
      return skip_brackets();
    }
    if (word() == "binary" && at_ + 1 < tokens_.size() && text_at(at_ + 1) != "to" && text_at(at_ + 1) != "." &&
        text_at(at_ + 1) != "(") {
      made_.format = CopyOptions::Format::kBinary;
      ++at_;
    }
    do {
      if (!take_name()) {
        return false;
      }
    } while (take("."));
    return !take("(") || read_names(made_.columns);
  }

  [[nodiscard]] std::string text_at(std::size_t index) const {
    return lower(text_.substr(tokens_[index].begin, tokens_[index].end - tokens_[index].begin));
  }

  /// Behind the opening bracket, to the closing one.
  bool read_names(std::vector<std::string>& names) {
    do {
      auto name = take_name();
      if (!name) {
        return false;
      }
      names.push_back(*std::move(name));
    } while (take(","));
    return take(")");
  }

  bool read_options() {
    take("with");
    if (take("(")) {
      do {
        if (!read_option()) {
          return false;
        }
      } while (take(","));
      return take(")") && at_end();
    }
    while (!at_end()) {
      if (!read_old_option()) {
        return false;
      }
    }
    return true;
  }

  bool read_format(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, CopyOptions::Format>, 3> kFormats = {
        {{"text", CopyOptions::Format::kText},
         {"csv", CopyOptions::Format::kCsv},
         {"binary", CopyOptions::Format::kBinary}}};
    const auto known =
        std::find_if(kFormats.begin(), kFormats.end(), [&name](const auto& one) { return one.first == name; });
    if (known == kFormats.end()) {
      return false;
    }
    made_.format = known->second;
    return true;
  }

  bool read_option() {
    const auto name = take_name();
    if (!name) {
      return false;
    }
    if (*name == "force_quote") {  // what is quoted is read all the same
      return raw() == "(" ? skip_brackets() : take("*");
    }
    std::string value = word();
    if (value == "," || value == ")") {
      value.clear();
    } else {
      ++at_;
    }
    std::erase_if(value, [](char c) { return c == '\'' || c == '"'; });
    if (*name == "format") {
      return read_format(value);
    }
    if (*name == "header") {
      const bool is_on = value.empty() || value == "true" || value == "on" || value == "1";
      made_.header = is_on ? CopyOptions::Header::kFirstLine : CopyOptions::Header::kNone;
      return is_on || value == "false" || value == "off" || value == "0";
    }
    return *name == "encoding" && (value == "utf8" || value == "utf-8");
  }

  bool read_old_option() {
    if (take("binary")) {
      return read_format("binary");
    }
    if (take("csv")) {
      return read_format("csv");
    }
    if (take("header")) {
      made_.header = CopyOptions::Header::kFirstLine;
      return true;
    }
    if (take("force") && take("quote")) {
      if (take("*")) {
        return true;
      }
      do {
        if (!take_name()) {
          return false;
        }
      } while (take(","));
      return true;
    }
    return false;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  CopyOptions made_;
};

}  // namespace

CopyOptions read_copy_options(std::string_view statement) {
  std::vector<Token> tokens;
  if (statement.find('\0') != std::string_view::npos || !scan_tokens(statement, tokens)) {
    return {};
  }
  return CopyReader(statement, tokens).run();
}

}  // namespace gabion::inspect::sql
