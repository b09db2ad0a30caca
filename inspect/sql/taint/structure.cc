// Looks at the tokens that a part of a statement touches.
#include "inspect/sql/taint/structure.h"

#include <algorithm>

#include "inspect/sql/taint/candidate.h"

namespace gabion::inspect::sql::taint {
/// Tokens of one statement and the run of them that the part touches.
class Part {
 public:
  Part(PartJudge& of, std::uint32_t begin, std::uint32_t end) noexcept
      : of_(of), text_(of.text_), tokens_(of.tokens_), begin_(begin), end_(end) {
    const auto first = std::partition_point(tokens_.begin(), tokens_.end(),
                                            [begin](const Token& token) { return token.end <= begin; });
    const auto last =
        std::partition_point(first, tokens_.end(), [end](const Token& token) { return token.begin < end; });
    first_ = static_cast<std::size_t>(first - tokens_.begin());
    run_ = {first, last};
    of.work_ += run_.size();
  }

  [[nodiscard]] std::size_t size() const noexcept { return run_.size(); }
  [[nodiscard]] bool is_structure() const;
  [[nodiscard]] bool is_sort_word(const Token& token) const noexcept;
  [[nodiscard]] bool is_word(const Token& token, std::string_view word) const noexcept {
    const std::string_view found = text(token);
    return (token.kind == Token::Kind::kKeyword || token.kind == Token::Kind::kReserved) &&
           std::equal(found.begin(), found.end(), word.begin(), word.end(),
                      [](char a, char b) { return fold(a) == b; });
  }

 private:
  [[nodiscard]] bool breaks_token() const noexcept;
  [[nodiscard]] bool is_number_list() const noexcept;
  [[nodiscard]] bool is_sort_list() const;
  [[nodiscard]] bool is_words() const noexcept;
  [[nodiscard]] bool is_whole() const noexcept { return run_.front().begin >= begin_ && run_.back().end <= end_; }
  [[nodiscard]] std::string_view text(const Token& token) const noexcept {
    return text_.substr(token.begin, token.end - token.begin);
  }
  [[nodiscard]] static bool is_comment(const Token& token) noexcept {
    return token.kind == Token::Kind::kLineComment || token.kind == Token::Kind::kBlockComment;
  }
  [[nodiscard]] bool is_number(const Token& token) const noexcept {
    const char first = text_[token.begin];
    return token.kind == Token::Kind::kConstant && ((first >= '0' && first <= '9') || first == '.');
  }
  [[nodiscard]] bool is_literal(const Token& token) const noexcept {
    return token.kind == Token::Kind::kConstant && !is_number(token);
  }
  PartJudge& of_;
  std::string_view text_;
  std::span<const Token> tokens_;
  std::uint32_t begin_;
  std::uint32_t end_;
  std::size_t first_ = 0;
  std::span<const Token> run_;
};

bool Part::is_structure() const {
  if (run_.size() <= 1) {
    return run_.size() == 1 && breaks_token();
  }
  return !is_number_list() && !is_words() && !is_sort_list();
}

/// It writes some of what opens or closes a comment, or opens a literal that it does not end. Quotes alone do not: half
/// of them may be escapes.
bool Part::breaks_token() const noexcept {
  constexpr std::uint32_t kOpener = 2;  // -- or /*
  const Token& token = run_.front();
  const std::string_view own = text_.substr(begin_, end_ - begin_);
  if (is_comment(token)) {
    return begin_ < token.begin + kOpener || (token.kind == Token::Kind::kBlockComment && token.end <= end_);
  }
  return is_literal(token) && begin_ <= token.begin && end_ < token.end &&
         own.find_first_not_of('\'') != std::string_view::npos;
}

/// [+-]number [, [+-]number]…, all of it the part's own.
bool Part::is_number_list() const noexcept {
  if (!is_whole()) {
    return false;
  }
  bool after_number = false;
  bool after_sign = false;
  for (const Token& token : run_) {
    const std::string_view sign = text(token);
    if (is_number(token) && !after_number) {
      after_number = true;
      after_sign = false;
    } else if (sign == "," && after_number) {
      after_number = false;
    } else if ((sign == "-" || sign == "+") && !after_number && !after_sign) {
      after_sign = true;
    } else {
      return false;
    }
  }
  // A sign in front of ours would make it another operator, or a comment (which is one token with it).
  const bool follows_sign = first_ != 0 && tokens_[first_ - 1].end == begin_ && text(run_.front()).size() == 1 &&
                            (text(tokens_[first_ - 1]) == "-" || text(tokens_[first_ - 1]) == "+") &&
                            (text(run_.front()) == "-" || text(run_.front()) == "+");
  return after_number && !follows_sign;
}

/// No quoted names: a quote that a client wrote is structure.
bool Part::is_words() const noexcept {
  return std::all_of(run_.begin(), run_.end(), [this](const Token& token) {
    const bool is_plain_name =
        token.kind == Token::Kind::kIdentifier && text(token).find('"') == std::string_view::npos;
    return is_plain_name || is_number(token);
  });
}

bool Part::is_sort_word(const Token& token) const noexcept {
  switch (token.kind) {
    case Token::Kind::kIdentifier:
      return text(token).find('"') == std::string_view::npos;
    case Token::Kind::kKeyword:
      return true;
    case Token::Kind::kConstant:
      return is_number(token);
    case Token::Kind::kReserved:
      return is_word(token, "asc") || is_word(token, "desc");
    case Token::Kind::kOther:
      return text(token) == "," || text(token) == ".";
    case Token::Kind::kParameter:
    case Token::Kind::kLineComment:
    case Token::Kind::kBlockComment:
      return false;
  }
  return false;
}

/// Such tokens only, back to ORDER BY or GROUP BY; quoted names are none, for the reason of is_words().
bool Part::is_sort_list() const {
  return is_whole() &&
         std::all_of(run_.begin(), run_.end(), [this](const Token& token) { return is_sort_word(token); }) &&
         of_.is_sorted_behind(first_);
}

bool PartJudge::is_sorted_behind(std::size_t token) {
  if (sorted_.empty()) {
    const Part any(*this, 0, 0);
    sorted_.resize(tokens_.size() + 1);
    for (std::size_t i = 1; i < sorted_.size(); ++i) {
      const Token& before = tokens_[i - 1];
      const bool is_by = any.is_word(before, "by");
      const bool begins =
          is_by && i >= 2 && (any.is_word(tokens_[i - 2], "order") || any.is_word(tokens_[i - 2], "group"));
      sorted_[i] = begins || (!is_by && sorted_[i - 1] && any.is_sort_word(before));
    }
    work_ += tokens_.size();
  }
  return sorted_[token];
}

Covered PartJudge::judge(std::uint32_t begin, std::uint32_t end) {
  const Part part(*this, begin, end);
  return {part.is_structure() ? Covered::What::kStructure : Covered::What::kContained,
          static_cast<std::uint32_t>(part.size())};
}

}  // namespace gabion::inspect::sql::taint
