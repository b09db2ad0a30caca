// When a chain of operands and operators is more than words that happen to alternate.
#include <algorithm>

#include "inspect/sqli/grammar.h"

namespace gabion::inspect::sqli {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_blank(char c) noexcept {
  return static_cast<unsigned char>(c) <= ' ';
}

bool is_letter_or_digit(char c) noexcept {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

std::size_t words_in(std::string_view text) noexcept {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : text) {
    words += !is_blank(c) && !inside ? 1 : 0;
    inside = !is_blank(c);
  }
  return words;
}

bool has_blank(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), is_blank);
}

/// A comment with a sentence in it is a dash in prose more often than the end of an attack.
bool is_short(std::string_view comment) noexcept {
  return words_in(comment) <= 1;
}

}  // namespace

/// Whether `token` may follow an operand. Two operands in a row are prose.
bool Grammar::goes_on(const Token& token) const noexcept {
  switch (token.kind) {
    case Kind::kNumber:
    case Kind::kString:
    case Kind::kName:
    case Kind::kVariable:
    case Kind::kConstant:
    case Kind::kJunk:
      return false;
    case Kind::kOpenString:
      return token.text.front() == slot_.quote;
    case Kind::kEnd:
    case Kind::kArithmetic:
    case Kind::kConcat:
    case Kind::kCompare:
    case Kind::kLogical:
    case Kind::kNot:
    case Kind::kOpen:
    case Kind::kClose:
    case Kind::kComma:
    case Kind::kSemicolon:
    case Kind::kComment:
    case Kind::kKeyword:
      return true;
  }
  return false;
}

/// Judges what waited for the next token.
void Grammar::settle(const Token& token) noexcept {
  const Pending pending = pending_;
  pending_ = Pending::kNothing;
  switch (pending) {
    case Pending::kNothing:
      break;
    case Pending::kComparison:
      if (goes_on(token)) {
        settle_comparison(token);
      }
      break;
    case Pending::kTruth:
      if (goes_on(token) && token.kind != Kind::kOpen) {
        find("boolean constant");
      }
      break;
    case Pending::kClause:
      if (goes_on(token) && token.kind != Kind::kOpen) {
        find("clause behind the value");
      }
      break;
    case Pending::kAttackCall:
      if (token.kind != Kind::kEnd && token.kind != Kind::kJunk) {
        find("function call");
      }
      break;
  }
}

void Grammar::settle_comparison(const Token& token) noexcept {
  if (!logical_) {
    if (both_constant_ && equals_ && depth_ > 0 && lead_ != Lead::kBroken && prev_.kind == Kind::kNumber) {
      find("constant comparison");  // if(1=1, (2=3)*4
    }
    return;
  }
  if (strong() || (both_constant_ && same_sides_) || (both_constant_ && lead_ == Lead::kName) ||
      (both_constant_ && token.kind == Kind::kComment)) {
    find("boolean condition");
  }
}

/// prev_ is a name that `token`, a parenthesis, turns into a call.
void Grammar::judge_call(const Token& token) noexcept {
  const bool glued = !token.blank_before;
  const bool behind_operator = operators_ > 0 && (strong() || (glued && lead_ != Lead::kBroken));
  const Word word = prev_.word;
  called_ = true;
  bool matters = false;
  if (word == Word::kAttackCall) {
    matters = strong() || (glued && (lead_ != Lead::kBroken || operators_ > 0));
  } else if (word == Word::kDelayCall) {
    matters = strong() || (glued && tokens_ == 1) || behind_operator;
  } else if (word == Word::kInfoCall || word == Word::kObject || word == Word::kIf || word == Word::kReplace) {
    matters = strong() && operators_ > 0;  // database() and schema() are objects as well
  } else if (word == Word::kOrdinaryCall) {
    matters = strong() && (logical_ || (lead_ == Lead::kLeft && operators_ > 0));
  }
  if (matters) {
    pending_ = Pending::kAttackCall;
  }
}

/// The quote that closed the slot opens a quotation in prose or a literal in code: it stands behind a blank or an
/// opening mark. "--option" and '#fragment' are no comments then.
bool Grammar::opens_quotation() const noexcept {
  constexpr std::string_view openers = "([{=,:;<>/`|";
  std::string_view inside = slot_.inside;
  if (inside.size() > 1 && inside.back() == '\\') {
    inside.remove_suffix(1);  // markup within JSON
  }
  return inside.empty() || is_blank(inside.back()) || openers.find(inside.back()) != kNone;
}

/// The comment behind the slot belongs to a quotation that goes on in it, or to markup in brackets.
bool Grammar::quotes_comment(std::string_view comment) const noexcept {
  if (comment.empty()) {
    return false;
  }
  if (slot_.quote == ']' || slot_.quote == '`') {
    return !is_blank(comment.front());
  }
  const bool glued = !is_blank(comment.front()) && comment.front() != slot_.quote;
  return opens_quotation() && comment.find(slot_.quote) != kNone && (glued || !slot_.inside.empty());
}

void Grammar::judge_comment(const Token& token) noexcept {
  if (place_ == Place::kOperand) {
    return;
  }
  const bool closed_quote = lead_ == Lead::kLeft && slot_.quote != '\0';
  const bool brief = is_short(token.text);
  const bool ends_statement = prev_.kind == Kind::kSemicolon;
  if (closed_quote && only_closes_) {
    if (quotes_comment(token.text)) {
      return;
    }
    if (brief || words_in(slot_.inside) <= 3) {
      find("closes its slot, then comment");
    }
  } else if ((closed_quote && (logical_ || compared_ || ends_statement || (operators_ > 0 && brief))) ||
             (strong() && brief && (logical_ || unmatched_close_ || ends_statement))) {
    find("comment after an expression");
  } else if (lead_ == Lead::kLiteral && tokens_ == 1 && prev_.kind == Kind::kNumber && words_in(token.text) == 0 &&
             !token.blank_before) {
    find("comment after a number");
  }
}

/// The value reopens the literal it closed, behind an operator: '+x+', ' or 'a, '='.
void Grammar::judge_sandwich(const Token& token) noexcept {
  const std::string_view tail = token.text.substr(1);
  const bool tight = (slot_.inside.empty() || !opens_quotation()) && (tail.empty() || !is_blank(tail.front()));
  if (!tight || prev_.kind == Kind::kComma) {
    return;
  }
  const bool whole = slot_.inside.empty() && tail.empty();  // the value begins and ends with the quote
  bool fits = false;
  if (place_ == Place::kOperator || lead_ == Lead::kBroken) {
    fits = whole;
  } else if (operators_ > 1) {
    fits = logical_ || ((called_ || comparing_) && !has_blank(tail)) || tail.empty();
  } else if (logical_ || comparing_) {
    fits = whole || (!has_blank(tail) && (logical_ || !is_letter_or_digit(prev_.text.front())));
  } else {
    fits = whole || (prev_.text == "+" && !token.blank_before && !prev_.blank_before);
  }
  if (fits) {
    find(operators_ > 1 ? "expression between quotes" : "operator between quotes");
  }
}

}  // namespace gabion::inspect::sqli
